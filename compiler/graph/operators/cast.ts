// Cast between the element types of a graph.

import { defined } from '../../../base/defined.ts'
import { numberOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { type ElementType, tensor, zeros } from '../tensor.ts'
import { inputType, inputValue, constraint } from './support.ts'

/** Element types by ONNX's numbers; the other float types are stored as float32, unsigned integers of 32 and 64 bits as int64. */
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
  12: 'int64',
  13: 'int64',
  16: 'float32',
  21: 'uint4',
  22: 'int4',
  25: 'uint2',
  26: 'int2',
}

const names = 'float32, float16, bfloat16, double, bool, or integers of 2, 4, 8, 16, 32 or 64 bits'

/** The number that is added to negative values of the unsigned types that are stored as int64, by ONNX's number. */
const unsigned: Readonly<Partial<Record<number, number>>> = { 12: 2 ** 32, 13: 2 ** 64 }

/** Types of less than a byte, which keep the lowest bits of a value. */
const narrow: Readonly<Partial<Record<ElementType, readonly [bits: number, isSigned: boolean]>>> = {
  uint4: [4, false],
  int4: [4, true],
  uint2: [2, false],
  int2: [2, true],
}

const targetOf = ({ node }: Call): ElementType => defined(targets[numberOf(node, 'to', 0)])

export const cast: Operator = {
  summary: 'Converts to another element type; floats that become integers are truncated toward zero.',
  inputs: [1, 1],
  outputs: 1,
  attributes: { to: 'int', saturate: 'int' },
  constraints: [constraint(`\`to\` is ${names}`, ({ node }) => Object.hasOwn(targets, numberOf(node, 'to', 0)))],
  infer: (call) => [{ elementType: targetOf(call), shape: inputType(call, 0).shape }],
  evaluate: (call) => {
    const input = inputValue(call, 0)
    const elementType = targetOf(call)
    if (elementType === inputType(call, 0).elementType && unsigned[numberOf(call.node, 'to', 0)] === undefined)
      return [input]
    const output = zeros(elementType, input.shape)
    const wrap = unsigned[numberOf(call.node, 'to', 0)]
    for (let at = 0; at < input.size; at++) {
      const value = convert(input.data[at]!, elementType)
      output.data[at] = wrap !== undefined && value < 0 ? value + wrap : value
    }
    return [tensor(output.data, input.shape)]
  },
}

export const castLike: Operator = {
  summary: 'The first input in the element type of the second.',
  inputs: [2, 2],
  outputs: 1,
  attributes: { saturate: 'int' },
  constraints: [],
  valuesRead: 1,
  infer: (call) => [{ elementType: inputType(call, 1).elementType, shape: inputType(call, 0).shape }],
  evaluate: (call) => {
    const { elementType } = inputType(call, 1)
    const input = inputValue(call, 0)
    const output = zeros(elementType, input.shape)
    for (let at = 0; at < input.size; at++) output.data[at] = convert(input.data[at]!, elementType)
    return [output]
  },
}

function convert(value: number, elementType: ElementType): number {
  if (elementType === 'bool') return value === 0 ? 0 : 1
  const [bits, isSigned] = narrow[elementType] ?? [0, false]
  if (bits > 0) {
    // ONNX Runtime rounds halves away from 0 for these types only.
    const code = (Math.sign(value) * Math.floor(Math.abs(value) + 0.5)) & (2 ** bits - 1)
    return isSigned && code >= 2 ** (bits - 1) ? code - 2 ** bits : code
  }
  return elementType === 'float32' ? value : Math.trunc(value)
}
