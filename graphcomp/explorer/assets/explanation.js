// What happens in the current step, in words and with numbers.

class Explanation {
  constructor(model) {
    this.model = model;
    this.title = byId("step-title");
    this.host = byId("step-text");
  }

  get kind() {
    return this.model.mode === "forward" ? "tangent" : "adjoint";
  }

  update(hides) {
    const { model } = this;
    const row = model.current;
    if (row === null) {
      this.title.textContent = model.mode === "forward"
        ? "Forward mode: from the inputs to the output"
        : "Reverse mode: from the output back to the inputs";
      this.host.replaceChildren(...this.opening().map((text) => element("p", {}, text)));
      return;
    }
    const { symbol } = model.byStep.get(row.step);
    this.title.replaceChildren(`Step ${model.stop} of ${model.last}: ${this.kind} of `, formula(symbol));
    this.host.replaceChildren(
      element("dl", { class: "equations" }, ...this.equations(row, hides(row))),
      ...this.remarks(row, hides(row)).map((text) => element("p", { class: "remark" }, text)),
    );
  }

  opening() {
    const { model } = this;
    const { of, symbol } = model.sweep;
    if (model.mode === "forward") {
      return [
        `Values and tangents are computed together, in the order of the arrows. The tangent ${symbol} of the seeded input is 1: it moves with speed 1, and all other inputs rest.`,
        `Each step finds from the tangents of its operands how fast it moves itself; the last tangent is the derivative by ${of}.`,
      ];
    }
    return [
      `All values are known. Now the question is how ${of} depends on each step. Its own adjoint ${symbol} is 1: the seed.`,
      "Each adjoint is passed back along the arrows, times the local partial; where several arrows leave a step, what comes back adds up. The adjoints of the inputs are the derivatives.",
    ];
  }

  // The rule, the same with numbers, and the result, line by line.
  equations(row, hidden) {
    const { model } = this;
    const primal = model.byStep.get(row.step);
    const lines = [primal.definition, model.primal(row.step)].filter((text) => text !== "")
      .map((text, i) => [i === 0 ? primal.symbol : "", text, "value"]);
    const slope = model.derivative(row);
    if (slope !== null) {
      const result = hidden ? "?" : numberText(slope);
      const texts = [row.chain, row.equation, hidden ? "" : model.substituted(row), result];
      const different = texts.filter((text, i) => text !== "" && texts.indexOf(text) === i);
      different.forEach((text, i) => {
        const kind = i === different.length - 1 ? `${this.kind} result` : this.kind;
        lines.push([i === 0 ? row.symbol : "", text, kind]);
      });
    }
    return lines.map(([symbol, text, kind]) =>
      element("div", { class: kind },
        element("dt", {}, symbol === "" ? element("span", { class: "hidden" }, "which") : formula(symbol)),
        element("dd", {}, formula(`= ${text}`))));
  }

  remarks(row, hidden) {
    const { model } = this;
    const symbolOf = (step) => model.byStep.get(step).symbol;
    const primal = model.byStep.get(row.step);
    if (model.derivative(row) === null) {
      return [primal.input ? "This input is held constant." : "This step does not depend on what varies."];
    }
    const remarks = [];
    if (row.place === null) {
      remarks.push(model.mode === "forward"
        ? "Nothing that this step depends on moves, so it rests."
        : `No arrow leads from here to ${model.sweep.of}, so the adjoint is zero.`);
    }
    if (row.seed) {
      remarks.push(model.mode === "forward"
        ? "The seed: this input moves with speed 1."
        : `The seed: ${model.sweep.of} changes with itself one to one.`);
    }
    if (row.terms.length > 1 && model.mode === "reverse") {
      const users = row.terms.filter((term) => term.via !== null).map((term) => symbolOf(term.via));
      remarks.push(`${primal.symbol} is used by ${listing(users)}: what comes back from each adds up.`);
      remarks.push(...this.contributions(row, hidden, symbolOf));
    } else if (row.terms.length > 1) {
      const parts = row.terms.map((term) => symbolOf(term.via));
      const count = parts.length > 2 ? "all" : "both";
      remarks.push(`${listing(parts)} ${count} move this step: what each brings adds up.`);
    }
    remarks.push(...row.notes.map((note) => `${note[0].toUpperCase()}${note.slice(1)}.`));
    if (row.result && !row.seed) {
      const closed = row.closed && !hidden ? `, in closed form ${row.closed}` : "";
      remarks.push(`This is ${row.result}${closed}.`);
    }
    return remarks;
  }

  contributions(row, hidden, symbolOf) {
    if (hidden) return [];
    return row.terms.filter((term) => term.via !== null).map((term) =>
      `By way of ${symbolOf(term.via)}: ${term.text} = ${this.model.text(term.place)}`);
  }

  // The outputs, for those who listen while they edit an input.
  outcome() {
    const { model } = this;
    const outputs = model.data.primal.filter((row) => row.outputs.length > 0);
    return spoken(outputs.map((row) => `${row.outputs[0]} = ${model.primal(row.step)}`).join(", "));
  }

  // The step in one sentence, for those who listen.
  sentence(hidden) {
    const { model } = this;
    const row = model.current;
    if (row === null) return `${this.title.textContent}. ${model.last} steps.`;
    const primal = model.byStep.get(row.step);
    const head = `Step ${model.stop} of ${model.last}. ${primal.symbol} = ${model.primal(row.step)}.`;
    const slope = model.derivative(row);
    if (slope === null) return spoken(`${head} held constant`);
    const rule = row.equation === "" ? "" : ` = ${row.equation}`;
    const result = hidden ? "to be predicted" : numberText(slope);
    return spoken(`${head} ${row.symbol}${rule} = ${result}`);
  }
}

function listing(parts) {
  if (parts.length < 2) return parts.join("");
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
