// Data-movement operators: Transpose, Concat, Gather, Expand, Tile.

import { elementAt, elements } from '../../../base/defined.ts'
import { numberOf, numbersOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { type Tensor, elementTypeOf, sizeOf, stridesOf, zeros } from '../tensor.ts'
import { broadcastIndex, broadcastShape, stridedOffsets } from './broadcast.ts'
import { axesOf, axisOf, constantInput, inputType, inputValue, constraint } from './support.ts'

export const transpose: Operator = {
  summary: 'Permutes the axes; reverses them if `perm` is absent.',
  inputs: [1, 1],
  outputs: 1,
  attributes: { perm: 'ints' },
  constraints: [
    constraint('perm names every axis once', (call) => {
      const rank = inputType(call, 0).shape.length
      const order = permutationOf(call)
      return order.length === rank && order.every((axis) => axis >= 0) && axesOf(order, rank) !== undefined
    }),
  ],
  infer: (call) => {
    const { elementType, shape } = inputType(call, 0)
    return [{ elementType, shape: permutationOf(call).map((axis) => elementAt(shape, axis)) }]
  },
  evaluate: (call) => [permuted(inputValue(call, 0), permutationOf(call))],
}

/** A tensor with permuted axes: axis i of the result is axis `order[i]` of the input. */
export function permuted(input: Tensor, order: readonly number[]): Tensor {
  const strides = stridesOf(input.shape)
  const shape = order.map((axis) => elementAt(input.shape, axis))
  const output = zeros(elementTypeOf(input), shape)
  stridedOffsets(
    shape,
    order.map((axis) => elementAt(strides, axis)),
    0,
  ).forEach((from, to) => (output.data[to] = input.data[from]!))
  return output
}

export const concat: Operator = {
  summary: 'Concatenates the inputs along an axis.',
  inputs: [1, Infinity],
  outputs: 1,
  attributes: { axis: 'int' },
  constraints: [
    constraint('every input is present', ({ types }) => types.every((type) => type !== undefined)),
    constraint('axis is given and within the rank', (call) => concatAxis(call) !== undefined),
    constraint('the inputs agree in element type and in every other axis', (call) => {
      const first = inputType(call, 0)
      const axis = concatAxis(call)
      return call.types.every(
        (type) =>
          type !== undefined &&
          type.elementType === first.elementType &&
          type.shape.length === first.shape.length &&
          type.shape.every((extent, at) => at === axis || extent === first.shape[at]),
      )
    }),
  ],
  infer: (call) => {
    const { elementType, shape } = inputType(call, 0)
    const total = call.types.reduce((sum, type) => sum + (type?.shape[concatAxis(call) ?? 0] ?? 0), 0)
    return [{ elementType, shape: shape.map((extent, at) => (at === concatAxis(call) ? total : extent)) }]
  },
  evaluate: (call) => {
    const [{ elementType, shape }] = elements(concat.infer(call), 1)
    const output = zeros(elementType, shape)
    const axis = concatAxis(call) ?? 0
    const pitch = sizeOf(shape.slice(axis))
    let start = 0
    for (const value of call.values) {
      if (value === undefined) continue
      const run = sizeOf(value.shape.slice(axis))
      for (let from = 0, to = start; from < value.size; from += run, to += pitch)
        output.data.set(value.data.subarray(from, from + run), to)
      start += run
    }
    return [output]
  },
}

export const gather: Operator = {
  summary: 'The slices of an axis that the indices select.',
  inputs: [2, 2],
  outputs: 1,
  attributes: { axis: 'int' },
  constraints: [
    constraint('axis is within the rank', (call) => gatherAxis(call) !== undefined),
    constraint('the indices are int64 or int32', (call) => ['int64', 'int32'].includes(inputType(call, 1).elementType)),
    constraint('every index is within the axis', (call) => {
      const extent = elementAt(inputType(call, 0).shape, gatherAxis(call) ?? 0)
      return (
        call.values[1] === undefined || Array.from(call.values[1].data).every((at) => axisOf(at, extent) !== undefined)
      )
    }),
  ],
  infer: (call) => {
    const { elementType, shape } = inputType(call, 0)
    const axis = gatherAxis(call) ?? 0
    return [{ elementType, shape: [...shape.slice(0, axis), ...inputType(call, 1).shape, ...shape.slice(axis + 1)] }]
  },
  evaluate: (call) => {
    const [input, indices] = [inputValue(call, 0), inputValue(call, 1)]
    const axis = gatherAxis(call) ?? 0
    const [{ elementType, shape }] = elements(gather.infer(call), 1)
    const output = zeros(elementType, shape)
    const extent = elementAt(input.shape, axis)
    const run = sizeOf(input.shape.slice(axis + 1))
    let to = 0
    for (let block = 0; block < sizeOf(input.shape.slice(0, axis)); block++)
      for (const index of indices.data) {
        const from = (block * extent + (axisOf(index, extent) ?? 0)) * run
        output.data.set(input.data.subarray(from, from + run), to)
        to += run
      }
    return [output]
  },
}

export const expand: Operator = {
  summary: 'The input broadcast to at least the given shape.',
  inputs: [2, 2],
  outputs: 1,
  attributes: {},
  constraints: [
    constantInput(1, 'shape'),
    constraint('the shapes broadcast', (call) => expandedShape(call) !== undefined),
  ],
  infer: (call) => [{ elementType: inputType(call, 0).elementType, shape: expandedShape(call) ?? [] }],
  evaluate: (call) => {
    const input = inputValue(call, 0)
    const shape = expandedShape(call) ?? []
    const index = broadcastIndex(input.shape, shape)
    return [index === undefined ? input : gatherElements(call, input, shape, index)]
  },
}

export const tile: Operator = {
  summary: 'Repeats the input along each axis.',
  inputs: [2, 2],
  outputs: 1,
  attributes: {},
  constraints: [
    constantInput(1, 'repeats'),
    constraint('repeats is a number for each axis, none negative', ({ types: [type], values: [, repeats] }) => {
      const counts = Array.from(repeats?.data ?? [])
      return counts.length === type?.shape.length && counts.every((count) => count >= 0)
    }),
  ],
  infer: (call) => {
    const { elementType, shape } = inputType(call, 0)
    return [{ elementType, shape: shape.map((extent, axis) => extent * (call.values[1]?.data[axis] ?? 1)) }]
  },
  evaluate: (call) => {
    const input = inputValue(call, 0)
    const [{ shape }] = elements(tile.infer(call), 1)
    const strides = stridesOf(input.shape)
    // Each axis becomes two: the repeats, with a stride of 0, and the axis itself.
    const both = input.shape.flatMap((extent, axis) => [elementAt(shape, axis) / Math.max(1, extent), extent])
    return [gatherElements(call, input, shape, stridedOffsets(both, strides.flatMap((stride) => [0, stride]), 0))] // prettier-ignore
  },
}

/** The elements of `input` at the indices, in the given shape. */
export function gatherElements(call: Call, input: Tensor, shape: readonly number[], indices: Int32Array): Tensor {
  const output = zeros(inputType(call, 0).elementType, shape)
  for (let at = 0; at < indices.length; at++) output.data[at] = input.data[indices[at]!]!
  return output
}

/** The permutation of a Transpose. */
export function permutationOf(call: Call): readonly number[] {
  const rank = inputType(call, 0).shape.length
  return numbersOf(call.node, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis)
}

function concatAxis(call: Call): number | undefined {
  return axisOf(numberOf(call.node, 'axis', NaN), inputType(call, 0).shape.length)
}

function gatherAxis(call: Call): number | undefined {
  return axisOf(numberOf(call.node, 'axis', 0), inputType(call, 0).shape.length)
}

function expandedShape(call: Call): number[] | undefined {
  return broadcastShape(inputType(call, 0).shape, Array.from(call.values[1]?.data ?? []))
}
