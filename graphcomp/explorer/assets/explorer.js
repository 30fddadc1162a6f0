// The page as a whole: what the buttons do, and what follows from it.

class Explorer {
  constructor(data) {
    this.model = new Model(data);
    const choose = (step) => {
      if (this.model.stopOf(step) > 0) this.go(this.model.stopOf(step));
    };
    this.picture = new Picture(this.model, byId("picture"), choose);
    this.table = new Table(this.model, byId("trace"), choose);
    this.explanation = new Explanation(this.model);
    this.prediction = new Prediction(this.model, () => this.refresh());
    this.inputs = new Inputs(this.model, () => this.edited());
    this.timer = null;
    byId("formula").append(formula(data.title));
    this.notice();
    this.listen();
    this.follow();
  }

  notice() {
    const { missing } = this.model.data;
    if (missing.length === 0) return;
    byId("notice").hidden = false;
    byId("notice").textContent = `This page can't compute ${listing(missing)} by itself: the numbers are those of the inputs below, and can't be edited.`;
  }

  listen() {
    const on = (id, action) => byId(id).addEventListener("click", action);
    on("first", () => this.go(0));
    on("back", () => this.go(this.model.stop - 1));
    on("next", () => this.forward());
    on("last", () => this.go(this.model.last));
    on("play", () => this.togglePlay());
    on("predict", () => this.togglePrediction());
    on("help-button", () => this.help());
    for (const tab of document.querySelectorAll("[role=tab]")) {
      tab.addEventListener("click", () => this.setMode(tab.dataset.mode));
    }
    listenToTabs(byId("tabs"), (mode) => this.setMode(mode));
    byId("jump").addEventListener("change", (event) => this.go(Number(event.target.value)));
    byId("seed").addEventListener("change", (event) => {
      const [sweep, entry] = event.target.value.split(" ").map(Number);
      this.model.setSeed(sweep, entry);
      this.prediction.restart();
      this.rebuild(Math.min(this.model.stop, this.model.last));
    });
    byId("speed").addEventListener("change", () => {
      if (this.timer !== null) this.play();
    });
    window.addEventListener("hashchange", () => this.follow());
    listenToKeys({
      ArrowRight: () => this.forward(),
      ArrowLeft: () => this.go(this.model.stop - 1),
      Home: () => this.go(0),
      End: () => this.go(this.model.last),
      " ": () => this.togglePlay(),
      g: () => byId("jump").focus(),
      f: () => this.setMode("forward"),
      r: () => this.setMode("reverse"),
      p: () => this.togglePrediction(),
      "?": () => this.help(),
      Escape: () => {
        this.pause();
        if (document.activeElement === byId("guess-field")) document.activeElement.blur();
      },
    }, () => byId("keys-on").checked);
  }

  // The step that the address names: #reverse/w3.
  follow() {
    const [mode, step] = fragmentParts();
    const known = mode === "forward" || mode === "reverse";
    if (known) this.model.mode = mode;
    this.model.stop = 0;
    this.rebuild(known && step !== undefined ? this.model.stopOf(step) : 0);
  }

  setMode(mode) {
    if (mode === this.model.mode) return;
    this.pause();
    this.model.mode = mode;
    this.rebuild(0);
  }

  // Everything that depends on mode and seed, then the step.
  rebuild(stop) {
    const { model } = this;
    for (const tab of document.querySelectorAll("[role=tab]")) {
      const chosen = tab.dataset.mode === model.mode;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) byId("panel").setAttribute("aria-labelledby", tab.id);
    }
    document.body.dataset.mode = model.mode;
    byId("seed-label").textContent = model.mode === "forward" ? "Seed: input" : "Seed: output";
    byId("seed").replaceChildren(...this.seedOptions());
    byId("jump").replaceChildren(
      element("option", { value: 0 }, "start"),
      ...model.stops.map((row, i) => element("option", { value: i + 1 }, `${i + 1}: ${row.symbol}`)),
    );
    byId("legend").replaceChildren(...this.legend());
    this.table.build();
    this.show(stop);
  }

  seedOptions() {
    const { model } = this;
    return model.data.sweeps[model.mode].flatMap((sweep, i) => {
      const shape = model.shapeAt(sweep.place);
      const count = model.fixed ? 1 : Math.min(Math.max(sizeOf(shape), 1), MOST_FIELDS);
      return Array.from({ length: count }, (_, entry) => {
        const chosen = i === model.sweeps[model.mode] && entry === model.entry;
        const text = shape.length === 0 ? sweep.of : `${sweep.of}, entry ${entryName(shape, entry)}`;
        return element("option", { value: `${i} ${entry}`, selected: chosen ? "" : null }, text);
      });
    });
  }

  legend() {
    const forward = this.model.mode === "forward";
    return [
      element("span", { class: "value" }, "values"),
      forward ? " and " : " flow along the arrows, ",
      element("span", { class: "slope" }, forward ? "tangents" : "adjoints"),
      forward ? " flow along the arrows together" : " flow back",
    ];
  }

  go(stop) {
    if (stop < 0 || stop > this.model.last) return;
    this.show(stop);
  }

  // The next step; one whose number has yet to be guessed is shown first.
  forward() {
    const { model, prediction } = this;
    if (model.current !== null && prediction.hides(model.current)) prediction.show();
    else this.go(model.stop + 1);
  }

  show(stop) {
    const { model } = this;
    const moved = stop !== model.stop;
    model.stop = stop;
    this.prediction.enter();
    this.refresh();
    const row = model.current;
    if (moved || window.location.hash !== "") this.rememberInAddress(row);
    byId("live").textContent = this.explanation.sentence(row !== null && this.prediction.hides(row));
    if (row !== null && moved) this.intoView(row.step);
    if (moved) this.prediction.invite();
    if (stop === model.last) this.pause();
  }

  rememberInAddress(row) {
    const { mode } = this.model;
    const hash = row === null ? `#${mode}` : `#${mode}/${encodeURIComponent(row.step)}`;
    try {
      window.history.replaceState(null, "", hash);
    } catch {
      // Some browsers refuse after a hundred changes in half a minute; the page works without.
    }
  }

  // The current box and row, inside the parts that scroll; the page itself stays where it is.
  intoView(step) {
    for (const [host, id] of [["picture", `node-${step}`], ["trace", `row-${step}`]]) {
      const [outer, inner] = [byId(host), byId(id)].map((one) => one.getBoundingClientRect());
      byId(host).scrollLeft += host === "picture" ? inner.left + inner.width / 2 - outer.left - outer.width / 2 : 0;
      byId(host).scrollTop += inner.top + inner.height / 2 - outer.top - outer.height / 2;
    }
  }

  edited() {
    this.prediction.restart();
    this.table.build();
    this.prediction.enter();
    this.refresh();
    byId("live").textContent = this.explanation.outcome();
  }

  refresh() {
    const { model } = this;
    const hides = (row) => this.prediction.hides(row);
    this.picture.update(hides);
    this.table.update(hides);
    this.explanation.update(hides);
    this.prediction.update();
    byId("jump").value = String(model.stop);
    byId("first").disabled = model.stop === 0;
    byId("back").disabled = model.stop === 0;
    byId("last").disabled = model.stop === model.last;
    byId("next").disabled = model.stop === model.last && !(model.current !== null && hides(model.current));
    byId("play").disabled = this.prediction.on;
    byId("play").textContent = this.timer === null ? "Play" : "Pause";
    byId("predict").setAttribute("aria-pressed", String(this.prediction.on));
  }

  togglePrediction() {
    this.pause();
    this.prediction.toggle();
    this.prediction.enter();
    this.refresh();
    this.prediction.invite();
  }

  togglePlay() {
    if (this.timer === null) this.play();
    else this.pause();
  }

  play() {
    if (this.prediction.on) return;
    this.pause();
    const start = this.model.stop === this.model.last ? 0 : this.model.stop + 1;
    this.timer = window.setInterval(() => this.go(this.model.stop + 1), Number(byId("speed").value));
    this.go(start);
    this.refresh();
  }

  pause() {
    if (this.timer === null) return;
    window.clearInterval(this.timer);
    this.timer = null;
    this.refresh();
  }

  help() {
    this.pause();
    if (!byId("help").open) byId("help").showModal();
  }
}

// What the address says after its #; nothing if it is mangled.
function fragmentParts() {
  try {
    return decodeURIComponent(window.location.hash.slice(1)).split("/");
  } catch {
    return [];
  }
}

function entryName(shape, entry) {
  const index = [];
  let rest = entry;
  for (const size of [...shape].reverse()) {
    index.unshift((rest % size) + 1);
    rest = Math.floor(rest / size);
  }
  return index.join(", ");
}

new Explorer(JSON.parse(byId("data").textContent));
