// Broadcasting as NumPy and ONNX define it: shapes aligned at their last axes, extents of 1 repeated.

import { stridesOf } from '../tensor.ts'

/** The shape that two shapes broadcast to; undefined if they do not. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length)
  const shape: number[] = []
  for (let axis = 0; axis < rank; axis++) {
    const x = a[axis - rank + a.length] ?? 1
    const y = b[axis - rank + b.length] ?? 1
    if (x !== y && x !== 1 && y !== 1) return undefined
    shape.push(x === 1 ? y : x)
  }
  return shape
}

/**
 * For every element of `shape`, in row-major order, the index of the element of a tensor of shape `from` that is broadcast to it.
 *
 * @returns undefined where the tensor is not repeated, so that the index is the position itself
 */
export function broadcastIndex(from: readonly number[], shape: readonly number[]): Int32Array | undefined {
  if (from.length === shape.length && from.every((extent, axis) => extent === shape[axis])) return undefined
  const own = stridesOf(from)
  const strides = shape.map((_, axis) => {
    const at = axis - shape.length + from.length
    return at < 0 || from[at] === 1 ? 0 : own[at]!
  })
  return stridedOffsets(shape, strides, 0)
}

/** `offset` plus the dot product of `strides` with each position of `shape`, in row-major order. */
export function stridedOffsets(shape: readonly number[], strides: readonly number[], offset: number): Int32Array {
  let indices = Int32Array.of(offset)
  shape.forEach((extent, axis) => {
    const next = new Int32Array(indices.length * extent)
    for (let at = 0; at < indices.length; at++)
      for (let step = 0; step < extent; step++) next[at * extent + step] = indices[at]! + step * strides[axis]!
    indices = next
  })
  return indices
}
