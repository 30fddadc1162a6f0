// Arrays: a shape, and the entries row by row. Truth values are the numbers 0 and 1.

function sizeOf(shape) {
  return shape.reduce((product, size) => product * size, 1);
}

function filled(shape, value) {
  return { shape: [...shape], data: new Array(sizeOf(shape)).fill(value) };
}

function stridesOf(shape) {
  const strides = new Array(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis -= 1) {
    strides[axis] = strides[axis + 1] * shape[axis + 1];
  }
  return strides;
}

// An array whose entry at `index` is found by a function of the index.
function generate(shape, entry) {
  const result = filled(shape, 0);
  const index = new Array(shape.length).fill(0);
  for (let place = 0; place < result.data.length; place += 1) {
    result.data[place] = entry(index);
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      index[axis] += 1;
      if (index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
  return result;
}

function placeOf(index, strides) {
  return index.reduce((sum, i, axis) => sum + i * strides[axis], 0);
}

// The entry of x at an index of a larger shape: axes of size 1 are stretched, missing ones added in front.
function stretchedReader(x) {
  const strides = stridesOf(x.shape);
  return (index) => {
    const offset = index.length - x.shape.length;
    let place = 0;
    for (let axis = 0; axis < x.shape.length; axis += 1) {
      if (x.shape[axis] !== 1) place += index[offset + axis] * strides[axis];
    }
    return x.data[place];
  };
}

function commonShape(arrays) {
  const rank = Math.max(...arrays.map((x) => x.shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = arrays.map((x) => x.shape[axis - rank + x.shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

// A function of numbers applied entry by entry.
function entrywise(f) {
  return (...arrays) => {
    const [first] = arrays;
    const same = arrays.every((x) => String(x.shape) === String(first.shape));
    if (same) {
      const data = first.data.map((_, i) => f(...arrays.map((x) => x.data[i])));
      return { shape: [...first.shape], data };
    }
    const readers = arrays.map(stretchedReader);
    return generate(commonShape(arrays), (index) => f(...readers.map((read) => read(index))));
  };
}

// The lines of x along axes: each is what a reduction makes one number of.
function reduced(x, axes, keepdims, fold) {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const strides = stridesOf(x.shape);
  const counts = axes.map((axis) => x.shape[axis]);
  const lines = generate(kept, (index) => {
    const start = placeOf(index, strides);
    const line = generate(counts, (inner) =>
      x.data[start + inner.reduce((sum, i, j) => sum + i * strides[axes[j]], 0)]);
    return fold(line.data);
  });
  const shape = keepdims ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  return { shape, data: lines.data };
}

// A function from lines along one axis to lines of the same length.
function alongAxis(x, axis, f) {
  const strides = stridesOf(x.shape);
  const result = filled(x.shape, 0);
  generate(x.shape.map((size, i) => (i === axis ? Math.min(size, 1) : size)), (index) => {
    const start = placeOf(index, strides);
    const line = Array.from({ length: x.shape[axis] }, (_, i) => x.data[start + i * strides[axis]]);
    f(line).forEach((value, i) => {
      result.data[start + i * strides[axis]] = value;
    });
    return 0;
  });
  return result;
}

function permuted(x, axes) {
  const strides = stridesOf(x.shape);
  return generate(axes.map((axis) => x.shape[axis]), (index) =>
    x.data[index.reduce((sum, i, j) => sum + i * strides[axes[j]], 0)]);
}

// Where the entries of a basic index (numbers, null for a new axis, slices) are found in a shape.
function indexed(shape, index) {
  const strides = stridesOf(shape);
  const axes = [];
  let start = 0;
  let axis = 0;
  for (const entry of index) {
    if (entry === null) {
      axes.push({ size: 1, stride: 0 });
      continue;
    }
    const size = shape[axis];
    if (Array.isArray(entry)) {
      const [first, count, step] = sliced(entry.slice(1), size);
      start += first * strides[axis];
      axes.push({ size: count, stride: step * strides[axis] });
    } else {
      start += (entry < 0 ? entry + size : entry) * strides[axis];
    }
    axis += 1;
  }
  for (; axis < shape.length; axis += 1) axes.push({ size: shape[axis], stride: strides[axis] });
  return generate(axes.map((one) => one.size), (at) =>
    start + at.reduce((sum, i, j) => sum + i * axes[j].stride, 0));
}

// Python's rules for start, stop and step, as first entry, count and step.
function sliced([from, to, by], size) {
  const step = by ?? 1;
  const clip = (value, low, high) =>
    Math.min(Math.max(value < 0 ? value + size : value, low), high);
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const first = from === null ? (step > 0 ? 0 : size - 1) : clip(from, low, high);
  const last = to === null ? (step > 0 ? size : -1) : clip(to, low, high);
  return [first, Math.max(0, Math.ceil((last - first) / step)), step];
}
