// Numbers and arrays as text, as the printed traces have them, and text as numbers.

const MINUS = "\u2212";
const MOST_ENTRIES = 8;
const MOST_ROWS = 4;
const DIGITS = [[4, 6], [12, 4], [Infinity, 3]];

// A number in so many significant digits, without zeros at the end: C's %g.
function general(x, digits) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "\u221e" : "-\u221e";
  if (x === 0) return Object.is(x, -0) ? "-0" : "0";
  const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  if (power >= -4 && power < digits) {
    const fixed = x.toFixed(Math.max(0, digits - 1 - power));
    return fixed.includes(".") ? fixed.replace(/\.?0+$/, "") : fixed;
  }
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return `${short}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}

function scalarText(x, digits, dtype) {
  if (dtype === "bool") return x !== 0 ? "true" : "false";
  const whole = Number.isInteger(x) && (Math.abs(x) < 1e9 || (dtype ?? "").includes("int"));
  return (whole ? String(x) : general(x, digits)).replaceAll("-", MINUS);
}

// The indices that are printed of so many: all, or the first ones and the last.
function shownIndices(count, limit) {
  const all = Array.from({ length: count }, (_, i) => i);
  return count <= limit ? all : [...all.slice(0, limit - 2), count - 1];
}

function listed(texts, whole, separator) {
  const parts = whole ? texts : [...texts.slice(0, -1), "\u2026", texts.at(-1)];
  return `[${parts.join(separator)}]`;
}

function numberText(x, digits = 6, dtype = "float64") {
  if (x.shape.length === 0) return scalarText(x.data[0], digits, dtype);
  const most = Math.min(digits, DIGITS.find(([size]) => x.data.length <= size)[1]);
  const fits = x.shape.at(-1) <= MOST_ENTRIES && x.shape.slice(0, -1).every((dim) => dim <= MOST_ROWS);
  const size = x.shape.length > 1 ? x.shape.join("\u00d7") : `${x.shape[0]} entries`;
  return arrayText(x, most, dtype) + (fits ? "" : ` (${size})`);
}

function arrayText(x, digits, dtype) {
  const [count, ...rest] = x.shape;
  const size = sizeOf(rest);
  const part = (i) => ({ shape: rest, data: x.data.slice(i * size, (i + 1) * size) });
  if (rest.length === 0) {
    const indices = shownIndices(count, MOST_ENTRIES);
    return listed(indices.map((i) => scalarText(x.data[i], digits, dtype)), indices.length === count, " ");
  }
  const rows = shownIndices(count, MOST_ROWS);
  const texts = rows.map((i) => arrayText(part(i), digits, dtype));
  if (rest.length > 1) return listed(texts, rows.length === count, " ");
  return listed(texts.map((text) => text.slice(1, -1)), rows.length === count, "; ");
}

// A number as somebody types it: 1, -0.5, 1e-3, with a typographic minus too; NaN if it is none.
function parsedNumber(text) {
  const plain = text.trim().replaceAll(MINUS, "-").replace(/^([^.]*),([^,]*)$/, "$1.$2");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

// Numbers separated by blanks, commas or semicolons, in brackets or not; null if one is none.
function parsedNumbers(text) {
  const parts = text.replace(/[[\]()]/g, " ").split(/[\s,;]+/).filter((part) => part !== "");
  const numbers = parts.map(parsedNumber);
  return numbers.length === 0 || numbers.some(Number.isNaN) ? null : numbers;
}

function negated(x) {
  return { shape: x.shape, data: x.data.map((entry) => -entry) };
}
