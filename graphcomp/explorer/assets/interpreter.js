// Runs the instructions of the page. They are data: an op that is not in the table does not run.

// What JSON has no number for is written as text.
function decoded(value) {
  if (Array.isArray(value)) return value.map(decoded);
  if (value !== null && typeof value === "object") {
    return { shape: value.shape, data: value.data.map(Number) };
  }
  return ["NaN", "Infinity", "-Infinity"].includes(value) ? Number(value) : value;
}

function decodedParams(params) {
  return Object.fromEntries(Object.entries(params ?? {}).map(([name, value]) => [name, decoded(value)]));
}

// Integers have neither infinity nor NaN: NumPy makes 0 of x // 0.
function whole(x) {
  return Number.isFinite(x) ? Math.trunc(x) : 0;
}

const CASTS = new Map([
  ["float32", Math.fround],
  ["bool", (x) => Number(x !== 0)],
  ...["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"].map((name) => [name, whole]),
]);

// The value of every instruction; `given` holds those of the inputs and seeds, by place.
function run(instructions, given) {
  const values = [];
  instructions.forEach((one, place) => {
    if (given.has(place)) {
      values.push(given.get(place));
      return;
    }
    const op = OPS.get(one.op);
    if (op === undefined) throw new Error(`no value, and no such op: ${one.op}`);
    const args = (one.args ?? []).map((i) => values[i]);
    const result = op(args, decodedParams(one.params));
    const cast = CASTS.get(one.dtype);
    values.push(cast === undefined ? result : { shape: result.shape, data: result.data.map(cast) });
  });
  return values;
}
