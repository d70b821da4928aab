// Add, Sub, Mul and Div with broadcasting, on floats and on the integers of shape computations.

import type { Operator } from '../operator.ts'
import { zeros } from '../tensor.ts'
import { broadcastIndex, broadcastShape } from './broadcast.ts'
import { inputType, inputValue, limit } from './support.ts'

export const add = elementwise('a + b', (a, b) => a + b)
export const subtract = elementwise('a - b', (a, b) => a - b)
export const multiply = elementwise('a * b', (a, b) => a * b)
export const divide = elementwise('a / b; integers are truncated toward zero', (a, b) => a / b, true)

function elementwise(summary: string, meaning: (a: number, b: number) => number, truncate = false): Operator {
  return {
    summary: `${summary}, shapes broadcast.`,
    inputs: [2, 2],
    outputs: 1,
    attributes: {},
    limits: [
      limit(
        'both inputs have the same element type',
        (call) => inputType(call, 0).elementType === inputType(call, 1).elementType,
      ),
      limit('the shapes broadcast: aligned at their last axes, extents agree or are 1', (call) => {
        return broadcastShape(inputType(call, 0).shape, inputType(call, 1).shape) !== undefined
      }),
    ],
    infer: (call) => {
      const [a, b] = [inputType(call, 0), inputType(call, 1)]
      return [{ elementType: a.elementType, shape: broadcastShape(a.shape, b.shape) ?? [] }]
    },
    evaluate: (call) => {
      const [a, b] = [inputValue(call, 0), inputValue(call, 1)]
      const { elementType } = inputType(call, 0)
      const output = zeros(elementType, broadcastShape(a.shape, b.shape) ?? [])
      const [left, right] = [broadcastIndex(a.shape, output.shape), broadcastIndex(b.shape, output.shape)]
      for (let at = 0; at < output.size; at++) {
        const x = a.data[left === undefined ? at : left[at]]
        const y = b.data[right === undefined ? at : right[at]]
        output.data[at] = meaning(x, y)
      }
      // Typed arrays of integers truncate by themselves; int64 is held as float64.
      if (truncate && elementType === 'int64') output.data.forEach((x, at, data) => (data[at] = Math.trunc(x)))
      return [output]
    },
  }
}
