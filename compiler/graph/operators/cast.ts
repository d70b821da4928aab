// Cast between the element types of a graph.

import { numberOf } from '../attributes.ts'
import type { Operator } from '../operator.ts'
import { type ElementType, tensor, zeros } from '../tensor.ts'
import { inputType, inputValue, limit } from './support.ts'

/** ONNX's numbers of the element types; the three other float types are held as float32. */
const targets: Readonly<Record<number, ElementType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float32',
  11: 'float32',
  16: 'float32',
}

export const cast: Operator = {
  summary: 'Another element type; floats are truncated toward zero when they become integers.',
  inputs: [1, 1],
  outputs: 1,
  attributes: { to: 'int', saturate: 'int' },
  limits: [
    limit('`to` is float32, float16, bfloat16, double, int8, uint8, int16, uint16, int32, int64 or bool', ({ node }) =>
      Object.hasOwn(targets, numberOf(node, 'to', 0)),
    ),
  ],
  infer: (call) => [{ elementType: targets[numberOf(call.node, 'to', 0)], shape: inputType(call, 0).shape }],
  evaluate: (call) => {
    const input = inputValue(call, 0)
    const elementType = targets[numberOf(call.node, 'to', 0)]
    if (elementType === inputType(call, 0).elementType) return [input]
    const output = zeros(elementType, input.shape)
    for (let at = 0; at < input.size; at++) output.data[at] = convert(input.data[at], elementType)
    return [tensor(output.data, input.shape)]
  },
}

function convert(value: number, elementType: ElementType): number {
  if (elementType === 'bool') return value === 0 ? 0 : 1
  return elementType === 'float32' ? value : Math.trunc(value)
}
