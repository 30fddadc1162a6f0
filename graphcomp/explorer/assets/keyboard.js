// Keys. Those of single letters can be switched off in the help, and never act while somebody types.

function typing(target) {
  return target.closest?.("input, select, textarea, dialog") !== null;
}

// A part of the page that scrolls keeps the keys by which it scrolls.
function scrolling(target, key) {
  const sideways = target.scrollWidth > target.clientWidth;
  const over = sideways || target.scrollHeight > target.clientHeight;
  return target.classList.contains("scroll") && (key.startsWith("Arrow") ? sideways : over);
}

function listenToKeys(actions, lettersOn) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") {
      actions.Escape();
      return;
    }
    if (typing(event.target)) return;
    const scrolls = /^(Arrow|Home|End| )/.test(event.key) && scrolling(event.target, event.key);
    if (scrolls) return;
    if (event.key === " " && event.target.closest?.("button") !== null) return;
    const letter = event.key.length === 1;
    const action = actions[letter ? event.key.toLowerCase() : event.key];
    if (action === undefined || (letter && !lettersOn())) return;
    event.preventDefault();
    action();
  });
}

// The arrow keys move between tabs that have the focus.
function listenToTabs(tabs, choose) {
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const all = [...tabs.querySelectorAll("[role=tab]")];
    const place = all.indexOf(event.target);
    if (step === undefined || place < 0) return;
    event.preventDefault();
    const next = all[(place + step + all.length) % all.length];
    choose(next.dataset.mode);
    next.focus();
  });
}
