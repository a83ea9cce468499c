// Arrays: a shape, and the numbers in rows; a view is a walk with other strides.

export const sizeOf = (shape) => shape.reduce((size, n) => size * n, 1);
export const zeros = (shape) => ({ shape, data: new Float64Array(sizeOf(shape)) });

export function stridesOf(shape) {
  const strides = new Array(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis -= 1) {
    strides[axis] = strides[axis + 1] * shape[axis + 1];
  }
  return strides;
}

// Strides with which an array of shape `small` is read as if it had shape `large`.
export function broadcastStrides(small, large) {
  const strides = stridesOf(small);
  const lead = large.length - small.length;
  return large.map((_, axis) =>
    axis < lead || small[axis - lead] === 1 ? 0 : strides[axis - lead],
  );
}

// The places met when a shape is walked through row by row with some strides.
export function walk(shape, strides, start = 0) {
  const places = new Int32Array(sizeOf(shape));
  const at = new Array(shape.length).fill(0);
  let place = start;
  for (let i = 0; i < places.length; i += 1) {
    places[i] = place;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      place += strides[axis];
      at[axis] += 1;
      if (at[axis] < shape[axis]) break;
      place -= at[axis] * strides[axis];
      at[axis] = 0;
    }
  }
  return places;
}

export const gathered = (x, shape, places) => ({
  shape,
  data: Float64Array.from(places, (place) => x.data[place]),
});
