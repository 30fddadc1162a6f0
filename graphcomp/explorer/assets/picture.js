// The graph: boxes and arrows at the places that Graphviz found, filled with the numbers of the moment.

const PAD = 8;

// How far the picture may be scaled to fit the page; below that it scrolls.
const SMALLEST = 0.8;
const LARGEST = 1.35;

class Picture {
  constructor(model, host, onChoose) {
    this.model = model;
    this.host = host;
    this.onChoose = onChoose;
    this.narrow = window.matchMedia("(max-width: 640px)");
    this.narrow.addEventListener("change", () => {
      this.build();
      this.update(this.hides);
    });
    this.hides = () => false;
    this.build();
  }

  build() {
    const { data } = this.model;
    const scene = data.scenes[this.narrow.matches ? "TB" : "LR"];
    const [width, height] = [scene.width + 2 * PAD, scene.height + 2 * PAD];
    this.svg = drawn("svg", {
      viewBox: `${-PAD} ${-PAD} ${width} ${height}`,
      role: "img",
      "aria-label": `Graph of ${data.name}; the table below says the same`,
    });
    this.arrows = scene.arrows.map((arrow) => this.arrow(arrow));
    this.boxes = scene.boxes.map((box) => this.box(box, scene.room));
    this.svg.append(...this.arrows.map((one) => one.group), ...this.boxes.map((one) => one.group));
    this.svg.style.minWidth = `${SMALLEST * width}px`;
    this.svg.style.maxWidth = `${LARGEST * width}px`;
    this.host.replaceChildren(this.svg);
  }

  box(box, room) {
    const row = this.model.byStep.get(box.name);
    const input = this.model.data.inputs.find((one) => one.step === box.name);
    const kind = row.outputs.length > 0 ? "output" : input === undefined ? "operation" : input.varies ? "input" : "constant";
    const frame = (inset, radius) => drawn("rect", {
      class: "frame",
      x: box.x - box.width / 2 + inset,
      y: box.y - box.height / 2 + inset,
      width: box.width - 2 * inset,
      height: box.height - 2 * inset,
      rx: radius,
    });
    const radius = kind === "input" ? box.height / 2 : kind === "constant" ? 0 : 8;
    const shown = row.definition === "" ? row.symbol : `${row.symbol} = ${row.definition}`;
    const columns = Math.round((box.width - 2 * room.margin) / room.character);
    const fits = [...shown.normalize("NFC")].length <= columns + 1;
    const line = (which, place) => drawn("text", {
      class: which, x: box.x, y: box.y + (place - 1) * room.line + 4.5, "text-anchor": "middle",
    });
    const [definition, value, derivative] = ["definition", "value", "derivative"].map(line);
    definition.textContent = fits ? shown : row.symbol;
    const group = drawn("g", { id: `node-${box.name}`, class: `node ${kind}` },
      drawn("title", {}, shown), frame(0, radius));
    if (kind === "output") group.append(frame(4, 5));
    group.append(definition, value, derivative);
    group.addEventListener("click", () => this.onChoose(box.name));
    return { name: box.name, group, value, derivative, columns };
  }

  arrow(arrow) {
    const group = drawn("g", { class: "arrow" },
      drawn("path", { class: "line", d: arrow.path }),
      drawn("path", { class: "head to", d: headAt(arrow.end) }),
      drawn("path", { class: "head back", d: headAt([arrow.start[1], arrow.start[0]]) }));
    const made = { ...arrow, group };
    if (arrow.label !== undefined) {
      const [x, y] = arrow.label;
      made.partial = drawn("text", { class: "partial", x, y: y - 3, "text-anchor": "middle" });
      made.number = drawn("text", { class: "number", x, y: y + 12, "text-anchor": "middle" });
      group.append(made.partial, made.number);
    }
    return made;
  }

  // A number or array in the room that a box has; an array without room by its shape.
  fitted(array, columns, dtype) {
    const texts = [6, 4, 3, 2].map((digits) => numberText(array, digits, dtype));
    const fitting = texts.find((text) => text.length <= columns);
    if (fitting !== undefined) return fitting;
    return array.shape.length === 0 ? texts.at(-1) : `${array.shape.join("\u00d7")} array`;
  }

  update(hides) {
    this.hides = hides;
    const { model } = this;
    this.svg.classList.toggle("reverse", model.mode === "reverse");
    for (const box of this.boxes) this.updateBox(box);
    for (const arrow of this.arrows) this.updateArrow(arrow);
  }

  updateBox({ name, group, value, derivative, columns }) {
    const { model } = this;
    const row = model.rowOf(name);
    const { place } = model.byStep.get(name);
    const { dtype } = model.data.instructions[place];
    const reached = model.isReached(name);
    group.classList.toggle("current", model.current?.step === name);
    group.classList.toggle("reached", reached);
    value.textContent = model.primalShown(name) ? this.fitted(model.values[place], columns, dtype) : "";
    const slope = model.derivative(row);
    const room = columns - row.symbol.length - 2;
    derivative.textContent = "";
    if (reached && slope !== null) {
      derivative.textContent = `${row.symbol} = ${this.hides(row) ? "?" : this.fitted(slope, room)}`;
    }
  }

  updateArrow({ tail, head, group, partial, number }) {
    const { model } = this;
    const [to, via] = model.mode === "reverse" ? [tail, head] : [head, tail];
    const row = model.rowOf(to);
    const term = row?.terms.find((one) => one.via === via);
    const carried = term !== undefined && model.isReached(to);
    group.classList.toggle("carries", carried && model.current?.step === to);
    group.classList.toggle("carried", carried);
    group.classList.toggle("idle", term === undefined);
    if (partial === undefined) return;
    partial.textContent = term?.partial ?? "";
    number.textContent = "";
    if (carried) number.textContent = this.hides(row) ? "?" : this.fitted(model.values[term.place], 10);
  }
}

// An arrowhead at the second point, coming from the first.
function headAt([[fromX, fromY], [x, y]]) {
  const length = Math.hypot(x - fromX, y - fromY) || 1;
  const [dx, dy] = [(x - fromX) / length, (y - fromY) / length];
  const [backX, backY] = [x - 8 * dx, y - 8 * dy];
  return `M${x},${y}L${backX - 3.6 * dy},${backY + 3.6 * dx}L${backX + 3.6 * dy},${backY - 3.6 * dx}Z`;
}
