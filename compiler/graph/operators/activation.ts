// Relu and Clip.

import type { Call, Operator } from '../operator.ts'
import { type Tensor, elementTypeOf, sizeOf, zeros } from '../tensor.ts'
import { floats, floatsOrCodes, inputOrAttribute, inputType, inputValue, limit } from './support.ts'

export const relu: Operator = {
  summary: 'max(x, 0).',
  inputs: [1, 1],
  outputs: 1,
  attributes: {},
  limits: [floats(1)],
  infer: (call) => [inputType(call, 0)],
  evaluate: (call) => [map(inputValue(call, 0), (x) => (x < 0 ? 0 : x))],
}

export const clip: Operator = {
  summary: 'min(max(x, least), greatest); the bounds are inputs, or attributes as before operator set 11.',
  inputs: [1, 3],
  outputs: 1,
  attributes: { min: 'float', max: 'float' },
  limits: [
    floatsOrCodes(3),
    limit('a bound has one element', ({ types }) =>
      types.slice(1).every((type) => type === undefined || sizeOf(type.shape) === 1),
    ),
  ],
  infer: (call) => [inputType(call, 0)],
  evaluate: (call) => {
    const [least, greatest] = clipBounds(call)
    return [map(inputValue(call, 0), (x) => Math.min(Math.max(x, least), greatest))]
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

function map(input: Tensor, meaning: (x: number) => number): Tensor {
  const output = zeros(elementTypeOf(input), input.shape)
  for (let at = 0; at < input.size; at++) output.data[at] = meaning(input.data[at])
  return output
}
