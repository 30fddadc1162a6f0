// The state of the page: which mode, which seed, which step, which inputs; and all numbers that follow.

class Model {
  constructor(data) {
    this.data = data;
    this.mode = data.mode;
    this.sweeps = { forward: 0, reverse: 0 };
    this.entries = { forward: 0, reverse: 0 };
    this.stop = 0;
    this.inputs = new Map(data.inputs.map((input) => [input.place, decoded(input.value)]));
    this.byStep = new Map(data.primal.map((row) => [row.step, row]));
    this.compute();
  }

  get fixed() {
    return this.data.fixed !== null;
  }

  get sweep() {
    return this.data.sweeps[this.mode][this.sweeps[this.mode]];
  }

  get entry() {
    return this.entries[this.mode];
  }

  shapeAt(place) {
    return this.data.instructions[place].shape;
  }

  // All numbers anew: the seed of each sweep is one in one entry.
  compute() {
    if (this.fixed) {
      this.values = this.data.fixed.map((value) => value && decoded(value));
      return;
    }
    const given = new Map(this.inputs);
    for (const mode of ["forward", "reverse"]) {
      this.data.sweeps[mode].forEach((sweep, i) => {
        const seed = filled(this.shapeAt(sweep.place), 0);
        const entry = i === this.sweeps[mode] ? this.entries[mode] : 0;
        if (seed.data.length > 0) seed.data[entry] = 1;
        given.set(sweep.place, seed);
      });
    }
    this.values = run(this.data.instructions, given);
  }

  setInput(place, entry, number) {
    const array = this.inputs.get(place);
    array.data[entry] = number;
    this.compute();
  }

  setSeed(sweep, entry) {
    this.sweeps[this.mode] = sweep;
    this.entries[this.mode] = entry;
    this.compute();
  }

  // The rows in the order in which the mode computes them.
  get stops() {
    const { rows } = this.sweep;
    if (this.mode === "forward") return rows;
    return rows.filter((row) => row.varies || row.place !== null).reverse();
  }

  get current() {
    return this.stop === 0 ? null : this.stops[this.stop - 1];
  }

  get last() {
    return this.stops.length;
  }

  // The place of a step among the stops, from one; 0 for a step that is none.
  stopOf(step) {
    return this.stops.findIndex((row) => row.step === step) + 1;
  }

  isReached(step) {
    const stop = this.stopOf(step);
    return stop > 0 && stop <= this.stop;
  }

  primal(step) {
    const row = this.byStep.get(step);
    return this.text(row.place);
  }

  primalShown(step) {
    return this.mode === "reverse" || this.isReached(step);
  }

  text(place, digits = 6) {
    return numberText(this.values[place], digits, this.data.instructions[place].dtype);
  }

  // The derivative in a row: a number or an array, zero where nothing depends on it; null if it is held constant.
  derivative(row) {
    if (row.place !== null) return this.values[row.place];
    return row.varies ? filled(this.shapeAt(this.byStep.get(row.step).place), 0) : null;
  }

  // The contributions with numbers put in: 1·5 + 1·(−0.416147); empty where that says nothing.
  substituted(row) {
    const parts = row.terms.map((term) => this.substitutedTerm(row, term));
    if (parts.length === 0 || parts.includes("")) return "";
    return parts.reduce((sum, part) => {
      if (sum === "") return part;
      return part.startsWith(MINUS) ? `${sum} ${MINUS} ${part.slice(1)}` : `${sum} + ${part}`;
    }, "");
  }

  substitutedTerm(row, term) {
    if (term.via === null) return numberText(this.values[term.place]);
    const above = this.rowOf(term.via);
    const value = above && this.derivative(above);
    if (!value) return "";
    if (term.factor === null) return row.terms.length > 1 ? numberText(this.values[term.place]) : "";
    if (term.constant === 1) return numberText(value);
    if (term.constant === -1) return numberText(negated(value));
    const factor = numberText(this.values[term.factor]);
    const grouped = factor.startsWith(MINUS) ? `(${factor})` : factor;
    const sign = value.shape.length > 0 ? " \u2299 " : "\u00b7";
    return `${numberText(value)}${sign}${grouped}`;
  }

  rowOf(step) {
    return this.sweep.rows.find((row) => row.step === step);
  }
}
