// The trace as a table: a row for each step, in full what the picture shows.

// Longer equations and arrays are broken into lines.
const LONG = 26;

class Table {
  constructor(model, host, onChoose) {
    this.model = model;
    this.host = host;
    this.onChoose = onChoose;
  }

  build() {
    const { model } = this;
    const forward = model.mode === "forward";
    const heads = ["primal \u2193", "value", forward ? "tangent \u2193" : "adjoint \u2191", "value", ""];
    this.rows = model.data.primal.map((primal) => this.row(primal));
    const caption = forward
      ? `Values and tangents, seed ${model.sweep.symbol} = ${this.seedText()}`
      : `Values and adjoints, seed ${model.sweep.symbol} = ${this.seedText()}; the adjoints are found from the last row up`;
    this.host.replaceChildren(element("table", {},
      element("caption", {}, formula(caption)),
      element("thead", {}, element("tr", {}, ...heads.map((head) =>
        head === "" ? element("td") : element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...this.rows.map((one) => one.line))));
  }

  seedText() {
    return numberText(this.model.values[this.model.sweep.place]);
  }

  row(primal) {
    const { model } = this;
    const row = model.rowOf(primal.step);
    const text = primal.definition === "" ? primal.symbol : `${primal.symbol} = ${primal.definition}`;
    const stops = model.stopOf(primal.step) > 0;
    const head = stops ? element("button", { type: "button" }, formula(text)) : formula(text);
    if (stops) head.addEventListener("click", () => this.onChoose(primal.step));
    const value = element("td", { class: "value" });
    const long = row.equation.length > LONG ? " long" : "";
    const derivative = element("td", { class: `derivative${long}` });
    const number = element("td", { class: "slope" });
    const note = element("td", { class: "note" });
    const line = element("tr", { id: `row-${primal.step}` },
      element("th", { scope: "row" }, head), value, derivative, number, note);
    return { primal, row, line, value, derivative, number, note };
  }

  update(hides) {
    const { model } = this;
    for (const one of this.rows) {
      const { primal, row } = one;
      const reached = model.isReached(primal.step);
      const current = model.current?.step === primal.step;
      one.line.classList.toggle("reached", reached);
      if (current) one.line.setAttribute("aria-current", "step");
      else one.line.removeAttribute("aria-current");
      one.value.replaceChildren(model.primalShown(primal.step) ? formula(model.primal(primal.step)) : "");
      const slope = model.derivative(row);
      const equation = row.equation === "" ? row.symbol : `${row.symbol} = ${row.equation}`;
      one.derivative.replaceChildren(slope === null ? "" : formula(equation));
      one.number.replaceChildren(this.numberCell(reached, slope, hides(row)));
      for (const cell of [one.value, one.number]) {
        cell.classList.toggle("long", cell.textContent.length > 2 * LONG);  // seen and heard
      }
      one.note.replaceChildren(this.note(row, slope));
    }
  }

  numberCell(reached, slope, hidden) {
    if (slope === null || !reached) return "";
    return hidden ? element("span", { class: "unknown" }, "?") : formula(numberText(slope));
  }

  note(row, slope) {
    if (slope === null) return this.model.byStep.get(row.step).input ? "held constant" : "";
    const notes = [];
    if (row.seed) notes.push("seed");
    if (row.result && !row.seed) notes.push(row.result);
    if (row.terms.length > 1) notes.push(`\u03a3 of ${row.terms.length}`);
    if (row.place === null) notes.push("zero");
    return formula(notes.join(", "));
  }
}
