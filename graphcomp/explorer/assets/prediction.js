// "Predict first": a number is hidden until somebody has guessed it, or asked for it.

// How close a guess must be: to one part in a hundred, as a pocket calculator and a tired head allow.
const RELATIVE = 0.01;
const ABSOLUTE = 5e-4;

function isClose(guess, value) {
  if (Number.isNaN(value)) return false;
  if (!Number.isFinite(value)) return guess === value;
  return Math.abs(guess - value) <= Math.max(ABSOLUTE, RELATIVE * Math.abs(value));
}

class Prediction {
  constructor(model, onAnswer) {
    this.model = model;
    this.onAnswer = onAnswer;
    this.on = false;
    this.form = byId("guess");
    this.field = byId("guess-field");
    this.feedback = byId("guess-feedback");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.check();
    });
    byId("guess-show").addEventListener("click", () => this.show());
    this.restart();
  }

  restart() {
    this.answered = new Set();
    this.failed = false;
    this.right = 0;
    this.asked = 0;
  }

  toggle() {
    this.on = !this.on;
    this.restart();
  }

  // Whether the number in a row has yet to be guessed.
  hides(row) {
    return this.on && row === this.model.current && this.asks(row) && !this.answered.has(this.key(row));
  }

  asks(row) {
    return row.place !== null && !row.seed && this.model.derivative(row).data.length <= MOST_FIELDS;
  }

  key(row) {
    return `${this.model.mode} ${this.model.sweep.name} ${this.model.entry} ${row.step}`;
  }

  enter() {
    this.failed = false;
    this.field.value = "";
    this.feedback.textContent = "";
    this.feedback.className = "";
    this.update();
  }

  // The field takes the focus where there is something to guess.
  invite() {
    if (!this.field.disabled && !this.form.hidden) this.field.focus({ preventScroll: true });
  }

  update() {
    const row = this.model.current;
    const open = row !== null && this.hides(row);
    this.form.hidden = !this.on || row === null || !this.asks(row);
    if (!this.form.hidden) {
      const { shape } = this.model.derivative(row);
      const how = shape.length === 0 ? "" : `, ${sizeOf(shape)} numbers, row by row`;
      byId("guess-label").replaceChildren("Your guess for ", formula(row.symbol), how);
    }
    for (const id of ["guess-field", "guess-check", "guess-show"]) byId(id).disabled = !open;
    byId("score").textContent = this.asked === 0 ? "" : `${this.right} of ${this.asked} right at the first guess`;
  }

  check() {
    const row = this.model.current;
    if (row === null || !this.hides(row)) return;
    const { data } = this.model.derivative(row);
    const guess = parsedNumbers(this.field.value);
    if (guess === null || guess.length !== data.length) {
      const wanted = data.length === 1 ? "one number" : `${data.length} numbers`;
      this.say("wrong", `Write ${wanted}, such as ${data.map((_, i) => (i % 2 ? "1" : "\u22120.5")).join(" ")}.`);
      return;
    }
    const places = guess.map((number, i) => (isClose(number, data[i]) ? 0 : i + 1)).filter((place) => place > 0);
    if (places.length === 0) {
      this.settle(row, !this.failed, "right", "Right.");
      return;
    }
    this.failed = true;
    this.say("wrong", this.hint(guess, data, places));
  }

  hint(guess, data, places) {
    if (data.length > 1) return `Not yet: look at number ${listing(places.map(String))} again.`;
    if (data[0] !== 0 && isClose(-guess[0], data[0])) return "Nearly: look at the sign.";
    return "Not yet. Put the numbers into the rule above, or let it be shown.";
  }

  show() {
    const row = this.model.current;
    if (row === null || !this.hides(row)) return;
    this.settle(row, false, "shown", `It is ${numberText(this.model.derivative(row))}.`);
  }

  settle(row, right, kind, text) {
    this.answered.add(this.key(row));
    this.asked += 1;
    this.right += Number(right);
    this.say(kind, text);
    this.onAnswer();
    const next = byId("next");
    (next.disabled ? byId("step-title") : next).focus({ preventScroll: true });
  }

  say(kind, text) {
    this.feedback.className = kind;
    this.feedback.textContent = text;
  }
}
