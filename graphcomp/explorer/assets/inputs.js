// The inputs, to be edited in place.

const MOST_FIELDS = 36;

class Inputs {
  constructor(model, onChange) {
    this.model = model;
    this.onChange = onChange;
    this.error = byId("input-error");
    byId("inputs").replaceChildren(...model.data.inputs.map((input) => this.group(input)));
    byId("inputs").addEventListener("submit", (event) => event.preventDefault());
  }

  group(input) {
    const { shape, data } = this.model.inputs.get(input.place);
    const editable = !this.model.fixed && data.length <= MOST_FIELDS && shape.length <= 2;
    if (!editable) {
      return element("div", { class: "input" },
        formula(`${input.symbol} = ${this.model.text(input.place)}`));
    }
    if (shape.length === 0) {
      const field = this.field(input, 0, input.name);
      field.id = `field-${input.name}`;
      field.removeAttribute("aria-label");
      return element("div", { class: "input" },
        element("label", { for: field.id }, formula(`${input.symbol} =`)), field);
    }
    const columns = shape.length === 1 ? shape[0] : shape[1];
    const fields = data.map((_, entry) => {
      const place = shape.length === 1 ? `${entry + 1}` : `row ${Math.floor(entry / columns) + 1}, column ${(entry % columns) + 1}`;
      return this.field(input, entry, `${input.name}, entry ${place}`);
    });
    const grid = element("div", { class: "grid" }, ...fields);
    grid.style.gridTemplateColumns = `repeat(${columns}, minmax(2.6rem, 4.6rem))`;
    return element("fieldset", { class: "input" },
      element("legend", {}, formula(input.symbol), ` (${shape.join("\u00d7")})`), grid);
  }

  field(input, entry, label) {
    const digits = input.dtype === "float32" ? 7 : 15;
    const value = scalarText(this.model.inputs.get(input.place).data[entry], digits);
    const field = element("input", {
      type: "text", inputmode: "decimal", value, "aria-label": label, size: 6, spellcheck: "false",
    });
    field.addEventListener("input", () => this.edited(input, entry, field, label));
    return field;
  }

  edited(input, entry, field, label) {
    const number = parsedNumber(field.value);
    const problem = this.problem(number, input.dtype);
    field.setAttribute("aria-invalid", String(problem !== ""));
    this.error.textContent = problem === "" ? "" : `${label}: ${problem}`;
    if (problem !== "") return;
    const cast = CASTS.get(input.dtype);
    this.model.setInput(input.place, entry, cast === undefined ? number : cast(number));
    this.onChange();
  }

  problem(number, dtype) {
    if (Number.isNaN(number)) return "not a number; the last one that was stays in force";
    if (dtype === "bool" && number !== 0 && number !== 1) return "0 or 1 is needed here";
    if (dtype.includes("int") && !Number.isInteger(number)) return "a whole number is needed here";
    return "";
  }
}
