// Binary elementwise operators with broadcasting, on floats and on the integers of shape computations.

import type { Call, Operator } from '../operator.ts'
import { type ElementType, zeros } from '../tensor.ts'
import { broadcastIndex, broadcastShape } from './broadcast.ts'
import { floats, inputType, inputValue, constraint, numbers, sameTypes } from './support.ts'

const broadcasts = constraint('the shapes broadcast: aligned at their last axes, extents agree or are 1', (call) => {
  return broadcastShape(inputType(call, 0).shape, inputType(call, 1).shape) !== undefined
})

export const add = binary('a + b', (a, b) => a + b)
export const subtract = binary('a - b', (a, b) => a - b)
// A float64 product of two int32 is rounded; Math.imul computes its low half exactly.
export const multiply = binary('a · b', (a, b) => a * b, { int32: Math.imul })
export const divide = binary('a / b; integers are truncated toward zero', (a, b) => a / b, {
  constraints: [
    constraint('no integer is divided by 0', ({ types, values }) =>
      types[0]?.elementType === 'float32' || values[1] === undefined ? true : values[1].data.every((x) => x !== 0),
    ),
  ],
})
export const power = binary('a to the power of b; the result has the type of a', (a, b) => a ** b, { mixed: true })
export const modulo = binary('The remainder of a / b, with the sign of b', (a, b) => a - b * Math.floor(a / b), {
  constraints: [
    constraint('the inputs are int64 or int32', ({ types }) =>
      types.every((type) => type !== undefined && ['int64', 'int32'].includes(type.elementType)),
    ),
  ],
})
export const equal = comparison('a = b', (a, b) => a === b)
export const greater = comparison('a > b', (a, b) => a > b)
export const greaterOrEqual = comparison('a ≥ b', (a, b) => a >= b)
export const less = comparison('a < b', (a, b) => a < b)
export const lessOrEqual = comparison('a ≤ b', (a, b) => a <= b)
export const and = logic('a and b', (a, b) => a & b)
export const or = logic('a or b', (a, b) => a | b)
export const exclusiveOr = logic('either a or b', (a, b) => a ^ b)

export const prelu: Operator = {
  ...binary('x, or slope · x where x is negative', (x, slope) => (x < 0 ? slope * x : x)),
  constraints: [
    floats(2),
    constraint('the slope broadcasts to the shape of x', (call) => {
      const { shape } = inputType(call, 0)
      return broadcastShape(shape, inputType(call, 1).shape)?.join() === shape.join()
    }),
  ],
}

type BinaryFunction = (a: number, b: number) => number

interface Options {
  /** another function for int32 */
  readonly int32?: BinaryFunction
  /** the element types may differ */
  readonly mixed?: boolean
  readonly constraints?: Operator['constraints']
}

function binary(
  summary: string,
  apply: BinaryFunction,
  { int32 = apply, mixed = false, constraints = [] }: Options = {},
): Operator {
  return {
    summary: `${summary}, shapes broadcast.`,
    inputs: [2, 2],
    outputs: 1,
    attributes: {},
    constraints: [mixed ? numbers(2) : sameTypes(2), broadcasts, ...constraints],
    infer: (call) => [resultType(call, inputType(call, 0).elementType)],
    evaluate: (call) => {
      const { elementType } = inputType(call, 0)
      const output = combined(call, elementType, elementType === 'int32' ? int32 : apply)
      // Typed arrays of integers truncate; int64 is stored as float64 and is not.
      if (elementType === 'int64') output.data.forEach((x, at, data) => (data[at] = Math.trunc(x)))
      return [output]
    },
  }
}

function comparison(summary: string, apply: (a: number, b: number) => boolean): Operator {
  return {
    ...binary(summary, (a, b) => (apply(a, b) ? 1 : 0)),
    constraints: [sameTypes(2), broadcasts],
    infer: (call) => [resultType(call, 'bool')],
    evaluate: (call) => [combined(call, 'bool', (a, b) => (apply(a, b) ? 1 : 0))],
  }
}

function logic(summary: string, apply: BinaryFunction): Operator {
  const isBool = constraint('the inputs are bool', ({ types }) => types.every((type) => type?.elementType === 'bool'))
  return { ...binary(summary, apply), constraints: [isBool, broadcasts] }
}

function resultType(call: Call, elementType: ElementType) {
  return { elementType, shape: broadcastShape(inputType(call, 0).shape, inputType(call, 1).shape) ?? [] }
}

/** A function applied to each pair of elements. */
function combined(call: Call, elementType: ElementType, apply: BinaryFunction): ReturnType<typeof zeros> {
  const [a, b] = [inputValue(call, 0), inputValue(call, 1)]
  const output = zeros(elementType, broadcastShape(a.shape, b.shape) ?? [])
  const [left, right] = [broadcastIndex(a.shape, output.shape), broadcastIndex(b.shape, output.shape)]
  for (let at = 0; at < output.size; at++) {
    const x = a.data[left === undefined ? at : left[at]!]!
    const y = b.data[right === undefined ? at : right[at]!]!
    output.data[at] = apply(x, y)
  }
  return output
}
