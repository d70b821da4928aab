// Softmax and LogSoftmax along one axis, as defined since operator set 13; those of older sets are rewritten when a model is read.

import { elementAt } from '../../../base/defined.ts'
import { numberOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { sizeOf, zeros } from '../tensor.ts'
import { axisOf, floats, inputType, inputValue, constraint } from './support.ts'

/** Before this operator set, Softmax and LogSoftmax flattened all axes from `axis` on. */
export const softmaxAlongOneAxis = 13

export const softmax = along(
  'exp(x) over the sum of exp(x) along an axis, by default the last.',
  (x, sum) => Math.exp(x) / sum,
)
export const logSoftmax = along(
  'The logarithm of Softmax along an axis, by default the last.',
  (x, sum) => x - Math.log(sum),
)

/** @param normalise a value minus the maximum along the axis, given the sum of the exponentials of all such differences */
function along(summary: string, normalise: (value: number, sum: number) => number): Operator {
  return {
    summary,
    inputs: [1, 1],
    outputs: 1,
    attributes: { axis: 'int' },
    constraints: [floats(1), constraint('axis is within the rank', (call) => softmaxAxis(call) !== undefined)],
    infer: (call) => [inputType(call, 0)],
    evaluate: (call) => {
      const { data, shape, size } = inputValue(call, 0)
      const output = zeros('float32', shape)
      const axis = softmaxAxis(call) ?? 0
      const step = sizeOf(shape.slice(axis + 1))
      const run = elementAt(shape, axis) * step
      for (let block = 0; block < size; block += run)
        for (let start = block; start < block + step; start++) {
          let greatest = -Infinity
          let sum = 0
          for (let at = start; at < block + run; at += step) greatest = Math.max(greatest, data[at]!)
          for (let at = start; at < block + run; at += step) sum += Math.exp(data[at]! - greatest)
          for (let at = start; at < block + run; at += step) output.data[at] = normalise(data[at]! - greatest, sum)
        }
      return [output]
    },
  }
}

function softmaxAxis(call: Call): number | undefined {
  return axisOf(numberOf(call.node, 'axis', -1), inputType(call, 0).shape.length)
}
