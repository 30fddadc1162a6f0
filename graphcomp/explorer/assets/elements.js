// Elements and texts. Texts are always set as texts, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function byId(id) {
  return document.getElementById(id);
}

function assigned(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function element(tag, attributes = {}, ...children) {
  return assigned(document.createElement(tag), attributes, children);
}

function drawn(tag, attributes = {}, ...children) {
  return assigned(document.createElementNS(SVG, tag), attributes, children);
}

const SPOKEN = [
  [/(\p{L}+)\u0304([\d_]*)/gu, "$1$2 bar"],
  [/(\p{L}+)\u0307([\d_]*)/gu, "$1$2 dot"],
  [/\u2202(\S+?)\/\u2202(\S+)/gu, "partial $1 by $2"],
  [/\u00b7|\u2299/gu, " times "],
  [/\u2212/gu, " minus "],
  [/\u00b2/gu, " squared"],
  [/\u00b3/gu, " cubed"],
  [/\u1d40/gu, " transposed"],
  [/=/gu, " equals "],
  [/\s+/gu, " "],
];

// A formula in words, for those who hear it: "w3 bar equals w4 bar times exp(w3)".
function spoken(text) {
  const plain = text.normalize("NFD").replace(/[\u2080-\u2089]/gu, (digit) =>
    String(digit.codePointAt(0) - 0x2080));
  return SPOKEN.reduce((said, [sign, words]) => said.replace(sign, words), plain).trim();
}

// A formula, to be seen and to be heard.
function formula(text, kind = "") {
  return element("span", { class: `formula ${kind}`.trim() },
    element("span", { "aria-hidden": "true" }, text),
    element("span", { class: "hidden" }, spoken(text)));
}
