// Unary elementwise arithmetic, which occurs in batch normalisation, scaling and shape computations.

import { roundHalfEven } from '../../../isa/numerics.ts'
import type { Operator } from '../operator.ts'
import { sizeOf, tensorOf } from '../tensor.ts'
import { mapped } from './activation.ts'
import { floats, inputType, constraint } from './support.ts'

export const absolute = unary('|x|.', Math.abs)
export const negate = unary('-x.', (x) => -x)
export const ceiling = unary('The least integer that is not less than x.', Math.ceil, true)
export const floor = unary('The greatest integer that is not greater than x.', Math.floor, true)
export const exponential = unary('e to the power of x.', Math.exp, true)
export const logarithm = unary('The natural logarithm.', Math.log, true)
export const reciprocal = unary('1 / x.', (x) => 1 / x, true)
export const round = unary('The nearest integer, halves to even.', roundHalfEven, true)
export const sign = unary('-1, 0 or 1.', Math.sign)
export const squareRoot = unary('The square root.', Math.sqrt, true)

export const not: Operator = {
  summary: 'Logical negation.',
  inputs: [1, 1],
  outputs: 1,
  attributes: {},
  constraints: [constraint('the input is bool', (call) => inputType(call, 0).elementType === 'bool')],
  infer: (call) => [inputType(call, 0)],
  evaluate: (call) => [mapped(call, (x) => 1 - x)],
}

export const size: Operator = {
  summary: 'The number of elements, as an int64 scalar.',
  inputs: [1, 1],
  outputs: 1,
  attributes: {},
  constraints: [],
  valuesRead: 0,
  infer: () => [{ elementType: 'int64', shape: [] }],
  evaluate: (call) => [tensorOf('int64', [sizeOf(inputType(call, 0).shape)], [])],
}

function unary(summary: string, apply: (x: number) => number, onlyFloats = false): Operator {
  return {
    summary,
    inputs: [1, 1],
    outputs: 1,
    attributes: {},
    constraints: onlyFloats ? [floats(1)] : [],
    infer: (call) => [inputType(call, 0)],
    evaluate: (call) => [mapped(call, apply)],
  }
}
