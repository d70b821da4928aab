// ReduceMean over any axes.

import { numberOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { stridesOf, zeros } from '../tensor.ts'
import { walk } from './broadcast.ts'
import { axesOf, constantInput, floats, inputOrAttribute, inputType, inputValue, limit } from './support.ts'

export const reduceMean: Operator = {
  summary: 'Mean over axes, given as attribute or, since operator set 18, as input.',
  inputs: [1, 2],
  outputs: 1,
  attributes: { axes: 'ints', keepdims: 'int', noop_with_empty_axes: 'int' },
  limits: [
    floats(1),
    constantInput(1, 'axes'),
    limit('axes are different and within the rank', (call) => reducedAxes(call) !== undefined),
    limit('no reduced axis is empty', (call) =>
      (reducedAxes(call) ?? []).every((axis) => inputType(call, 0).shape[axis] > 0),
    ),
  ],
  infer: (call) => [{ elementType: 'float32', shape: reducedShape(call) }],
  evaluate: (call) => {
    const input = inputValue(call, 0)
    const axes = reducedAxes(call) ?? []
    const kept = input.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis))
    const strides = stridesOf(input.shape)
    const pick = (list: readonly number[], chosen: readonly number[]) => chosen.map((axis) => list[axis])
    const origins = walk(pick(input.shape, kept), pick(strides, kept), 0)
    const offsets = walk(pick(input.shape, axes), pick(strides, axes), 0)
    const output = zeros('float32', reducedShape(call))
    origins.forEach((origin, at) => {
      let sum = 0
      for (const offset of offsets) sum += input.data[origin + offset]
      output.data[at] = sum / offsets.length
    })
    return [output]
  },
}

/** The axes that a ReduceMean removes, in ascending order; undefined if they are not valid. */
export function reducedAxes(call: Call): number[] | undefined {
  const rank = inputType(call, 0).shape.length
  const given = inputOrAttribute(call, 1, 'axes') ?? []
  if (given.length === 0 && numberOf(call.node, 'noop_with_empty_axes', 0) !== 0) return []
  return axesOf(given.length === 0 ? Array.from({ length: rank }, (_, axis) => axis) : given, rank)?.sort(
    (a, b) => a - b,
  )
}

function reducedShape(call: Call): number[] {
  const axes = reducedAxes(call) ?? []
  const { shape } = inputType(call, 0)
  if (numberOf(call.node, 'keepdims', 1) !== 0) return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
  return shape.filter((_, axis) => !axes.includes(axis))
}
