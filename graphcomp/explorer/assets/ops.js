// The ops that the page can compute, by the names of their records. What they mean is NumPy's matter:
// the tests compare each with the reference interpreter.

const LN2 = Math.LN2;

function sigmoidSlope(x) {
  const small = Math.exp(-Math.abs(x));
  return small / (1 + small) ** 2;
}

function sigmoid(x) {
  return Math.exp(Math.min(x, 0)) / (1 + Math.exp(-Math.abs(x)));
}

function sigmoidDifference(x, y) {
  return sigmoid(x === y && Math.abs(x) === Infinity ? 0 : x - y);
}

function logaddexp(x, y) {
  if (x === y) return x + LN2;
  const gap = x - y;
  return gap > 0 ? x + Math.log1p(Math.exp(-gap)) : y + Math.log1p(Math.exp(gap));
}

function logit(x) {
  const far = 2 * (x - 0.5);
  if (Math.abs(far) < 0.5) return Math.log1p(far) - Math.log1p(-far);
  return Math.log(x) - Math.log1p(-x);
}

// JavaScript has NaN for 1 ** NaN and (-1) ** Infinity, where C and NumPy have 1.
function power(x, y) {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1;
  return x ** y;
}

function floorMod(x, y) {
  const rest = x % y;
  if (Number.isNaN(rest)) return rest;
  if (rest === 0) return y < 0 ? -0 : 0;
  return rest < 0 !== y < 0 ? rest + y : rest;
}

function floorDivide(x, y) {
  if (y === 0) return x / y;
  const rest = x % y;
  const quotient = (x - rest) / y - Number(rest !== 0 && rest < 0 !== y < 0);
  const floor = Math.floor(quotient);
  return quotient - floor > 0.5 ? floor + 1 : floor;
}

function roundHalfEven(x) {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5 || !Number.isFinite(x)) return Number.isFinite(x) ? floor : x;
  return rest > 0.5 || floor % 2 !== 0 ? floor + 1 : floor;
}

function largest(line) {
  return line.reduce((best, x) => (Number.isNaN(x) || x > best ? x : best), -Infinity);
}

function smallest(line) {
  return line.reduce((best, x) => (Number.isNaN(x) || x < best ? x : best), Infinity);
}

function total(line) {
  return line.reduce((sum, x) => sum + x, 0);
}

function firstPlace(line, ahead) {
  const nan = line.findIndex(Number.isNaN);
  return nan >= 0 ? nan : line.reduce((best, x, i) => (ahead(x, line[best]) ? i : best), 0);
}

// The entries below the largest one, which counts as 0 even where it is infinite.
function below(line) {
  const top = largest(line);
  return [top, line.map((x) => (x === top ? 0 : x - top))];
}

function logsumexp(line) {
  const [top, rest] = below(line);
  const ties = Math.max(line.filter((x) => x === top).length, 1);
  const others = total(rest.map((x, i) => (line[i] === top ? 0 : Math.exp(x))));
  return top + (Math.log(ties) + Math.log1p(others / ties));
}

function norm(line) {
  const top = largest(line.map(Math.abs));
  if (top === 0 || !Number.isFinite(top)) return top;
  return top * Math.sqrt(total(line.map((x) => (x / top) ** 2)));
}

function overAxes(fold) {
  return ([x], { axes, keepdims }) => reduced(x, axes, keepdims ?? false, fold);
}

// The same shape again: every entry from its line along the axes.
function withinAxes(f) {
  return ([x], { axes }) => {
    const line = reduced(x, axes, true, (data) => f(data));
    const read = stretchedReader(line);
    return generate(x.shape, (index) => read(index)(x.data[placeOf(index, stridesOf(x.shape))]));
  };
}

function running(line, start, step, before) {
  let value = start;
  return line.map((x) => {
    const earlier = value;
    value = step(value, x);
    return before ? earlier : value;
  });
}

function backwards(line, reverse, f) {
  return reverse ? f([...line].reverse()).reverse() : f(line);
}

function othersOf(line) {
  const before = running(line, 1, (a, b) => a * b, true);
  const after = backwards(line, true, (turned) => running(turned, 1, (a, b) => a * b, true));
  return before.map((x, i) => x * after[i]);
}

function matmul(a, b) {
  const left = a.shape.length === 1 ? { shape: [1, ...a.shape], data: a.data } : a;
  const right = b.shape.length === 1 ? { shape: [...b.shape, 1], data: b.data } : b;
  const [m, n] = left.shape.slice(-2);
  const k = right.shape.at(-1);
  const batch = left.shape.length > 2 ? left.shape.slice(0, -2) : right.shape.slice(0, -2);
  const [stepLeft, stepRight] = [left, right].map((x) => (x.shape.length > 2 ? 1 : 0));
  const result = filled([...batch, m, k], 0);
  for (let at = 0; at < sizeOf(batch); at += 1) {
    for (let i = 0; i < m; i += 1) {
      for (let j = 0; j < k; j += 1) {
        let sum = 0;
        for (let l = 0; l < n; l += 1) {
          sum += left.data[(at * stepLeft * m + i) * n + l] * right.data[(at * stepRight * n + l) * k + j];
        }
        result.data[(at * m + i) * k + j] = sum;
      }
    }
  }
  const rows = a.shape.length === 1 ? [] : [m];
  const columns = b.shape.length === 1 ? [] : [k];
  return { shape: [...batch, ...rows, ...columns], data: result.data };
}

function einsum(arrays, subscripts) {
  const [from, to] = subscripts.split("->");
  const terms = from.split(",");
  const sizes = new Map();
  terms.forEach((term, i) => [...term].forEach((name, axis) => sizes.set(name, arrays[i].shape[axis])));
  const summed = [...sizes.keys()].filter((name) => !to.includes(name));
  const names = [...to, ...summed];
  const places = terms.map((term, i) => {
    const strides = stridesOf(arrays[i].shape);
    return (index) => [...term].reduce((sum, name, axis) => sum + index[names.indexOf(name)] * strides[axis], 0);
  });
  const inner = summed.map((name) => sizes.get(name));
  return generate([...to].map((name) => sizes.get(name)), (outer) =>
    total(generate(inner, (rest) => {
      const index = [...outer, ...rest];
      return arrays.reduce((product, x, i) => product * x.data[places[i](index)], 1);
    }).data));
}

function concatenated(arrays, axis) {
  const shape = [...arrays[0].shape];
  shape[axis] = arrays.reduce((sum, x) => sum + x.shape[axis], 0);
  return generate(shape, (index) => {
    const at = [...index];
    const x = arrays.find((one) => {
      if (at[axis] < one.shape[axis]) return true;
      at[axis] -= one.shape[axis];
      return false;
    });
    return x.data[placeOf(at, stridesOf(x.shape))];
  });
}

function masked(keep) {
  return ([x], { k }) => {
    const strides = stridesOf(x.shape);
    return generate(x.shape, (index) => {
      const [row, column] = index.slice(-2);
      return keep(column - row, k) ? x.data[placeOf(index, strides)] : 0;
    });
  };
}

function diagonal(x, offset) {
  const [rows, columns] = x.shape.slice(-2);
  const count = Math.max(0, offset < 0 ? Math.min(rows + offset, columns) : Math.min(rows, columns - offset));
  const strides = stridesOf(x.shape);
  return generate([...x.shape.slice(0, -2), count], (index) => {
    const i = index.at(-1);
    return x.data[placeOf([...index.slice(0, -1), i + Math.max(-offset, 0), i + Math.max(offset, 0)], strides)];
  });
}

function fromDiagonal(x, offset, shape) {
  const strides = stridesOf(x.shape);
  return generate([...x.shape.slice(0, -1), ...shape], (index) => {
    const [row, column] = index.slice(-2);
    const i = Math.min(row, column);
    const within = column - row === offset && i < x.shape.at(-1);
    return within ? x.data[placeOf([...index.slice(0, -2), i], strides)] : 0;
  });
}

function scattered(x, index, shape) {
  const result = filled(shape, 0);
  indexed(shape, index).data.forEach((place, i) => {
    result.data[place] += x.data[i];
  });
  return result;
}

// Ops on numbers, entry by entry.
const ENTRYWISE = {
  let: (x) => x,
  stop_gradient: (x) => x,
  astype: (x) => x,
  bracket: (x) => x,
  greater: (x, y) => Number(x > y),
  greater_equal: (x, y) => Number(x >= y),
  less: (x, y) => Number(x < y),
  less_equal: (x, y) => Number(x <= y),
  equal: (x, y) => Number(x === y),
  not_equal: (x, y) => Number(x !== y),
  logical_and: (x, y) => Number(x !== 0 && y !== 0),
  logical_or: (x, y) => Number(x !== 0 || y !== 0),
  logical_xor: (x, y) => Number((x !== 0) !== (y !== 0)),
  logical_not: (x) => Number(x === 0),
  where: (condition, x, y) => (condition !== 0 ? x : y),
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  negative: (x) => -x,
  multiply: (x, y) => x * y,
  divide: (x, y) => x / y,
  reciprocal: (x) => 1 / x,
  floor_divide: floorDivide,
  mod: floorMod,
  fmod: (x, y) => x % y,
  square: (x) => x * x,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  varying_power: power,
  exp: Math.exp,
  expm1: Math.expm1,
  exp2: (x) => 2 ** x,
  log: Math.log,
  log1p: Math.log1p,
  log2: Math.log2,
  log10: Math.log10,
  xlogy: (x, y) => (x === 0 && !Number.isNaN(y) ? x * 0 : x * Math.log(y)),
  logit,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  arcsin: Math.asin,
  arccos: Math.acos,
  arctan: Math.atan,
  arctan2: Math.atan2,
  hypot: Math.hypot,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  arcsinh: Math.asinh,
  arccosh: Math.acosh,
  arctanh: Math.atanh,
  sigmoid,
  sigmoid_slope: sigmoidSlope,
  sech2: (x) => 4 * sigmoidSlope(2 * x),
  log1mexp: (x) => (x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x))),
  sigmoid_difference: sigmoidDifference,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  logaddexp,
  logaddexp2: (x, y) => logaddexp(x * LN2, y * LN2) / LN2,
  sign: Math.sign,
  absolute: Math.abs,
  relu: (x) => Math.max(x, 0),
  maximum: Math.max,
  minimum: Math.min,
  floor: Math.floor,
  ceil: Math.ceil,
  rint: roundHalfEven,
  trunc: Math.trunc,
  isnan: (x) => Number(Number.isNaN(x)),
  isinf: (x) => Number(Math.abs(x) === Infinity),
  isfinite: (x) => Number(Number.isFinite(x)),
  signbit: (x) => Number(x < 0 || Object.is(x, -0)),
};

// Ops on whole arrays: a function of the arguments and the parameters.
const WHOLE = {
  constant: (_, { value }) => value,
  dimension: (_, { size }) => filled([], size),
  identity: (_, { size }) => generate([size, size], ([i, j]) => Number(i === j)),
  // a constant exponent 1/2 is a square root, which differs at minus infinity
  power: ([x], { exponent }) =>
    entrywise((entry) => (exponent === 0.5 ? Math.sqrt(entry) : power(entry, exponent)))(x),
  sum: overAxes(total),
  reduce_max: overAxes(largest),
  reduce_min: overAxes(smallest),
  all: overAxes((line) => Number(line.every((x) => x !== 0))),
  any: overAxes((line) => Number(line.some((x) => x !== 0))),
  count_nonzero: overAxes((line) => line.filter((x) => x !== 0).length),
  norm: overAxes(norm),
  logsumexp: overAxes(logsumexp),
  prod: ([x], { axis }) => reduced(x, [axis], false, (line) => line.reduce((a, b) => a * b, 1)),
  prod_others: ([x], { axis }) => alongAxis(x, axis, othersOf),
  argmax: ([x], { axis }) => reduced(x, [axis], false, (line) => firstPlace(line, (a, b) => a > b)),
  argmin: ([x], { axis }) => reduced(x, [axis], false, (line) => firstPlace(line, (a, b) => a < b)),
  softmax: withinAxes((line) => {
    const [top, rest] = below(line);
    const sum = total(rest.map(Math.exp));
    return (x) => Math.exp(x === top ? 0 : x - top) / sum;
  }),
  log_softmax: withinAxes((line) => {
    const [top, rest] = below(line);
    const sum = logsumexp(rest);
    return (x) => (x === top ? 0 : x - top) - sum;
  }),
  cumsum: ([x], { axis, reverse }) =>
    alongAxis(x, axis, (line) => backwards(line, reverse, (one) => running(one, 0, (a, b) => a + b, false))),
  cumprod: ([x], { axis, before }) =>
    alongAxis(x, axis, (line) => running(line, 1, (a, b) => a * b, before)),
  shift: ([x], { axis, reverse }) =>
    alongAxis(x, axis, (line) => backwards(line, reverse, (one) => [0, ...one.slice(0, -1)])),
  broadcast_to: ([x], { shape }) => generate(shape, stretchedReader(x)),
  reshape: ([x], { shape }) => ({ shape: [...shape], data: x.data }),
  transpose: ([x], { axes }) => permuted(x, axes),
  getitem: ([x], { index }) => {
    const places = indexed(x.shape, index);
    return { shape: places.shape, data: places.data.map((place) => x.data[place]) };
  },
  scatter: ([x], { index, shape }) => scattered(x, index, shape),
  concatenate: (arrays, { axis }) => concatenated(arrays, axis),
  matmul: ([a, b]) => matmul(a, b),
  vdot: ([a, b]) => filled([], a.data.reduce((sum, entry, i) => sum + entry * b.data[i], 0)),
  outer: ([a, b]) => generate([...a.shape, ...b.shape], ([i, j]) => a.data[i] * b.data[j]),
  einsum: (arrays, { subscripts }) => einsum(arrays, subscripts),
  tril: masked((difference, k) => difference <= k),
  triu: masked((difference, k) => difference >= k),
  diagonal: ([x], { offset }) => diagonal(x, offset),
  from_diagonal: ([x], { offset, shape }) => fromDiagonal(x, offset, shape),
};

const OPS = new Map([
  ...Object.entries(ENTRYWISE).map(([name, f]) => [name, (args) => entrywise(f)(...args)]),
  ...Object.entries(WHOLE),
]);
