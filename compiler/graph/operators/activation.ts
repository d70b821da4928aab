// Activation functions: elementwise, with their parameters as attributes.

import { numberOf } from '../attributes.ts'
import type { Node } from '../graph.ts'
import type { AttributeKind, Call, Operator } from '../operator.ts'
import { sizeOf, zeros } from '../tensor.ts'
import { floats, inputOrAttribute, inputType, inputValue, constraint, sameTypes } from './support.ts'

export const relu = activation('max(x, 0).', () => (x) => (x < 0 ? 0 : x))
export const leakyRelu = activation(
  'x, or alpha · x where x is negative; alpha is 0.01 by default.',
  (node) => {
    const alpha = numberOf(node, 'alpha', 0.01)
    return (x) => (x < 0 ? alpha * x : x)
  },
  { alpha: 'float' },
)
export const elu = activation(
  'x, or alpha · (exp(x) - 1) where x is negative; alpha is 1 by default.',
  (node) => {
    const alpha = numberOf(node, 'alpha', 1)
    return (x) => (x < 0 ? alpha * Math.expm1(x) : x)
  },
  { alpha: 'float' },
)
export const sigmoid = activation('1 / (1 + exp(-x)).', () => (x) => 1 / (1 + Math.exp(-x)))
export const hardSigmoid = activation(
  'min(max(alpha · x + beta, 0), 1); alpha is 0.2 and beta 0.5 by default.',
  (node) => hardSigmoidOf(numberOf(node, 'alpha', 0.2), numberOf(node, 'beta', 0.5)),
  { alpha: 'float', beta: 'float' },
)
export const hardSwish = activation('x · min(max(x / 6 + 0.5, 0), 1).', () => {
  const gate = hardSigmoidOf(1 / 6, 0.5)
  return (x) => x * gate(x)
})
export const tanh = activation('The hyperbolic tangent.', () => Math.tanh)
export const softplus = activation('ln(1 + exp(x)).', () => softplusOf)
export const mish = activation('x · tanh(ln(1 + exp(x))).', () => (x) => x * Math.tanh(softplusOf(x)))

export const clip: Operator = {
  summary: 'min(max(x, least), greatest); the bounds are inputs, or attributes before operator set 11.',
  inputs: [1, 3],
  outputs: 1,
  attributes: { min: 'float', max: 'float' },
  constraints: [
    sameTypes(3),
    constraint('a bound has one element', ({ types }) =>
      types.slice(1).every((type) => type === undefined || sizeOf(type.shape) === 1),
    ),
  ],
  infer: (call) => [inputType(call, 0)],
  evaluate: (call) => {
    const [least, greatest] = clipBounds(call)
    return [mapped(call, (x) => Math.min(Math.max(x, least), greatest))]
  },
}

/** The bounds of a Clip: ±infinity where absent. */
export function clipBounds(call: Call): readonly [number, number] {
  const bound = (index: number, name: string, absent: number) => {
    const attribute = call.node.attributes[name]
    return inputOrAttribute(call, index, name)?.[0] ?? (typeof attribute === 'number' ? attribute : absent)
  }
  return [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)]
}

/** Applies a function to each element of the first input; the element type stays the same. */
export function mapped(call: Call, apply: (x: number) => number): ReturnType<typeof zeros> {
  const input = inputValue(call, 0)
  const output = zeros(inputType(call, 0).elementType, input.shape)
  for (let at = 0; at < input.size; at++) output.data[at] = apply(input.data[at]!)
  return output
}

function activation(
  summary: string,
  functionOf: (node: Node) => (x: number) => number,
  attributes: Readonly<Record<string, AttributeKind>> = {},
): Operator {
  return {
    summary,
    inputs: [1, 1],
    outputs: 1,
    attributes,
    constraints: [floats(1)],
    infer: (call) => [inputType(call, 0)],
    evaluate: (call) => [mapped(call, functionOf(call.node))],
  }
}

function hardSigmoidOf(alpha: number, beta: number): (x: number) => number {
  return (x) => Math.min(Math.max(alpha * x + beta, 0), 1)
}

/** ln(1 + exp(x)), in a form in which exp does not overflow. */
function softplusOf(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
}
