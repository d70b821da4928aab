// Variadic elementwise operators with broadcasting: Sum, Max, Min; and Where, which selects between two values.

import { elements } from '../../../base/defined.ts'
import type { Call, Operator } from '../operator.ts'
import { zeros } from '../tensor.ts'
import { broadcastIndex, broadcastShape } from './broadcast.ts'
import { inputType, constraint, sameTypes } from './support.ts'

export const sum = several('The sum of all inputs', (a, b) => a + b)
export const maximum = several('The maximum of all inputs', Math.max)
export const minimum = several('The minimum of all inputs', Math.min)

export const where: Operator = {
  summary: 'Elements of the second input where the first is true, else of the third; shapes broadcast.',
  inputs: [3, 3],
  outputs: 1,
  attributes: {},
  constraints: [
    constraint(
      'the condition is bool, and the other inputs have the same element type',
      ({ types: [condition, yes, no] }) =>
        condition?.elementType === 'bool' && yes !== undefined && yes.elementType === no?.elementType,
    ),
    constraint('the shapes broadcast', (call) => commonShape(call) !== undefined),
  ],
  infer: (call) => [{ elementType: inputType(call, 1).elementType, shape: commonShape(call) ?? [] }],
  evaluate: (call) => {
    const [output, inputs] = aligned(call, 1)
    const [condition, yes, no] = elements(inputs, 3)
    for (let at = 0; at < output.size; at++) output.data[at] = condition(at) === 0 ? no(at) : yes(at)
    return [output]
  },
}

function several(summary: string, apply: (a: number, b: number) => number): Operator {
  return {
    summary: `${summary}, elementwise, shapes broadcast.`,
    inputs: [1, Infinity],
    outputs: 1,
    attributes: {},
    constraints: [
      constraint('every input is present', ({ types }) => types.every((type) => type !== undefined)),
      sameTypes(Infinity),
      constraint('the shapes broadcast', (call) => commonShape(call) !== undefined),
    ],
    infer: (call) => [{ elementType: inputType(call, 0).elementType, shape: commonShape(call) ?? [] }],
    evaluate: (call) => {
      const [output, inputs] = aligned(call, 0)
      const [first] = elements(inputs, 1)
      const others = inputs.slice(1)
      for (let at = 0; at < output.size; at++)
        output.data[at] = others.reduce((result, other) => apply(result, other(at)), first(at))
      return [output]
    },
  }
}

function commonShape({ types }: Call): readonly number[] | undefined {
  return types.reduce<readonly number[] | undefined>(
    (shape, type) => shape && type && broadcastShape(shape, type.shape),
    [],
  )
}

/** An output with the type of input `like`, and each input as a function of the position in the output. */
function aligned(call: Call, like: number) {
  const output = zeros(inputType(call, like).elementType, commonShape(call) ?? [])
  const inputs = call.values.map((value) => {
    const { data, shape } = value ?? zeros('float32', [])
    const index = broadcastIndex(shape, output.shape)
    return (at: number) => data[index === undefined ? at : index[at]!]!
  })
  return [output, inputs] as const
}
