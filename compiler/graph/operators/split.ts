// Split: consecutive parts of one axis.

import { elementAt } from '../../../base/defined.ts'
import { numberOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { sizeOf, zeros } from '../tensor.ts'
import { axisOf, constantInput, inputOrAttribute, inputType, inputValue, constraint } from './support.ts'

export const split: Operator = {
  summary:
    'Consecutive parts of an axis: of the given lengths, or of equal length; with num_outputs the last may be shorter.',
  inputs: [1, 2],
  outputs: Infinity,
  attributes: { axis: 'int', split: 'ints', num_outputs: 'int' },
  constraints: [
    constantInput(1, 'split'),
    constraint('axis is within the rank', (call) => splitAxis(call) !== undefined),
    constraint(
      'there are as many lengths as outputs, none negative, and their sum is the extent of the axis',
      (call) => {
        const lengths = splitLengths(call)
        const extent = inputType(call, 0).shape[splitAxis(call) ?? 0]
        const total = lengths.reduce((all, length) => all + length, 0)
        return lengths.length === call.node.outputs.length && total === extent && lengths.every((length) => length >= 0)
      },
    ),
  ],
  infer: (call) => {
    const { elementType, shape } = inputType(call, 0)
    return splitLengths(call).map((length) => ({ elementType, shape: withExtent(shape, splitAxis(call) ?? 0, length) }))
  },
  evaluate: (call) => {
    const { data, shape, size } = inputValue(call, 0)
    const axis = splitAxis(call) ?? 0
    const step = sizeOf(shape.slice(axis + 1))
    const pitch = elementAt(shape, axis) * step
    let start = 0
    return splitLengths(call).map((length) => {
      const output = zeros(inputType(call, 0).elementType, withExtent(shape, axis, length))
      const run = length * step
      if (run > 0)
        for (let from = start, to = 0; from < size; from += pitch, to += run)
          output.data.set(data.subarray(from, from + run), to)
      start += run
      return output
    })
  },
}

/** The lengths of the parts; they may not add up to the extent of the axis. */
export function splitLengths(call: Call): readonly number[] {
  const given = inputOrAttribute(call, 1, 'split')
  if (given !== undefined) return given
  const extent = elementAt(inputType(call, 0).shape, splitAxis(call) ?? 0)
  const count = call.node.outputs.length
  const uneven = numberOf(call.node, 'num_outputs', 0) === count
  const length = uneven ? Math.ceil(extent / count) : extent / count
  if (!Number.isInteger(length)) return []
  return Array.from({ length: count }, (_, at) => Math.min(length, extent - at * length))
}

/** The axis that is split; undefined if out of range. */
export function splitAxis(call: Call): number | undefined {
  return axisOf(numberOf(call.node, 'axis', 0), inputType(call, 0).shape.length)
}

function withExtent(shape: readonly number[], axis: number, extent: number): number[] {
  return shape.map((own, at) => (at === axis ? extent : own))
}
