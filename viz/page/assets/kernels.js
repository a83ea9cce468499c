// Kernels: for each op the function (node, operands, run) that computes its value.

import { scalars } from "./scalars.js";
import { broadcastStrides, gathered, sizeOf, stridesOf, walk, zeros } from "./arrays.js";
import { uniform } from "./philox.js";

function elementwise(f, shape, operands) {
  const y = zeros(shape);
  const size = y.data.length;
  const [a, b, c] = operands.map((x) =>
    x.data.length === size
      ? x.data
      : gathered(x, shape, walk(shape, broadcastStrides(x.shape, shape))).data,
  );
  for (let i = 0; i < size; i += 1) {
    y.data[i] = f(a[i], b && b[i], c && c[i]);
  }
  return y;
}

// For each element of x, the place of the result that the reduction puts it in.
function targets(node, x) {
  const shape = x.shape.map((n, axis) => (node.axes.includes(axis) ? 1 : n));
  return walk(x.shape, broadcastStrides(shape, x.shape));
}

function reduction(combine, start) {
  return (node, [x]) => {
    const y = zeros(node.shape);
    y.data.fill(start);
    targets(node, x).forEach((place, i) => {
      y.data[place] = combine(y.data[place], x.data[i]);
    });
    return y;
  };
}

function argmax(node, [x]) {
  const best = { shape: node.shape, data: new Float64Array(sizeOf(node.shape)) };
  best.data.fill(-Infinity);
  const index = zeros(node.shape);
  const along = walk(x.shape, x.shape.map((_, axis) => Number(axis === node.axis)));
  targets({ axes: [node.axis] }, x).forEach((place, i) => {
    if (x.data[i] > best.data[place]) {
      best.data[place] = x.data[i];
      index.data[place] = along[i];
    }
  });
  return index;
}

function matmul(node, [a, b]) {
  const y = zeros(node.shape);
  const [m, n] = node.shape.slice(-2);
  const inner = a.shape[a.shape.length - (node.transpose_a ? 2 : 1)];
  const stack = node.shape.slice(0, -2);
  const starts = [a, b].map((x) => {
    const matrix = sizeOf(x.shape.slice(-2));
    return walk(stack, broadcastStrides(x.shape.slice(0, -2), stack)).map(
      (place) => place * matrix,
    );
  });
  const [down, across] = node.transpose_a ? [1, m] : [inner, 1];
  const [below, beside] = node.transpose_b ? [1, inner] : [n, 1];
  let place = 0;
  for (let s = 0; s < sizeOf(stack); s += 1) {
    for (let i = 0; i < m; i += 1) {
      for (let j = 0; j < n; j += 1) {
        let sum = 0;
        for (let k = 0; k < inner; k += 1) {
          sum +=
            a.data[starts[0][s] + i * down + k * across] *
            b.data[starts[1][s] + k * below + j * beside];
        }
        y.data[place] = sum;
        place += 1;
      }
    }
  }
  return y;
}

// The places of a large array that ranges of its axes take, as Python's slices do.
function sliced(shape, ranges, result) {
  const strides = stridesOf(shape);
  let start = 0;
  const steps = ranges.map(([begin, , step], axis) => {
    const first = begin < 0 ? Math.max(0, begin + shape[axis]) : begin;
    start += first * strides[axis];
    return step * strides[axis];
  });
  return walk(result, steps, start);
}

function unslice(node, [x]) {
  const y = zeros(node.shape);
  sliced(node.shape, node.ranges, x.shape).forEach((place, i) => {
    y.data[place] = x.data[i];
  });
  return y;
}

function transpose(node, [x]) {
  const strides = stridesOf(x.shape);
  const turned = node.axes.map((axis) => strides[axis]);
  return gathered(x, node.shape, walk(node.shape, turned));
}

function concatenate(node, parts) {
  const y = zeros(node.shape);
  const strides = stridesOf(node.shape);
  let start = 0;
  for (const part of parts) {
    walk(part.shape, strides, start * strides[node.axis]).forEach((place, i) => {
      y.data[place] = part.data[i];
    });
    start += part.shape[node.axis];
  }
  return y;
}

function pack(node, parts) {
  const y = zeros(node.shape);
  let start = 0;
  for (const part of parts) {
    y.data.set(part.data, start);
    start += part.data.length;
  }
  return y;
}

function oneHot(node, [indices]) {
  const y = zeros(node.shape);
  indices.data.forEach((index, i) => {
    if (index >= 0 && index < node.depth) y.data[i * node.depth + index] = 1;
  });
  return y;
}

function take(node, [x, indices]) {
  const row = sizeOf(x.shape.slice(1));
  const y = zeros(node.shape);
  indices.data.forEach((index, i) => {
    for (let k = 0; k < row; k += 1) y.data[i * row + k] = x.data[index * row + k];
  });
  return y;
}

function scatterAdd(node, [x, indices]) {
  const row = sizeOf(node.shape.slice(1));
  const y = zeros(node.shape);
  indices.data.forEach((index, i) => {
    for (let k = 0; k < row; k += 1) y.data[index * row + k] += x.data[i * row + k];
  });
  return y;
}

function pick(node, [x, indices]) {
  const last = x.shape[x.shape.length - 1];
  const rows = walk(node.shape, broadcastStrides(x.shape.slice(0, -1), node.shape));
  const chosen = walk(node.shape, broadcastStrides(indices.shape, node.shape));
  return {
    shape: node.shape,
    data: Float64Array.from(rows, (r, i) => x.data[r * last + indices.data[chosen[i]]]),
  };
}

const reshaped = (node, [x]) => ({ shape: node.shape, data: x.data });

export const kernels = {
  matmul,
  sum: reduction((a, b) => a + b, 0),
  max: reduction(Math.max, -Infinity),
  min: reduction(Math.min, Infinity),
  prod: reduction((a, b) => a * b, 1),
  argmax,
  one_hot: oneHot,
  take,
  pick,
  scatter_add: scatterAdd,
  pack,
  concatenate,
  slice: (node, [x]) => gathered(x, node.shape, sliced(x.shape, node.ranges, node.shape)),
  unslice,
  transpose,
  broadcast_to: (node, [x]) =>
    gathered(x, node.shape, walk(node.shape, broadcastStrides(x.shape, node.shape))),
  reshape: reshaped,
  expand_dims: reshaped,
  squeeze: reshaped,
  uniform: (node, operands, run) => uniform(node, run.seed, run.step),
};
for (const [name, f] of Object.entries(scalars)) {
  kernels[name] = (node, operands) => elementwise(f, node.shape, operands);
}
