// QuantizeLinear and DequantizeLinear: conversion of real numbers to codes and back, with the scales of `quantization-scales.ts`.

import { roundHalfEven } from '../../../isa/numerics.ts'
import { numberOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { type ElementType, type Tensor, elementTypeOf, zeros } from '../tensor.ts'
import { scaleIndex, scaleConstraints } from './quantization-scales.ts'
import { floats, inputType, inputValue, constraint } from './support.ts'

/** The least and greatest code of each element type that holds codes. */
export const codeRanges: Readonly<Partial<Record<ElementType, readonly [number, number]>>> = {
  int2: [-2, 1],
  uint2: [0, 3],
  int4: [-8, 7],
  uint4: [0, 15],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
}

/** The types of `output_dtype`, by ONNX's numbers. */
const outputTypes: Readonly<Record<number, ElementType>> = {
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  21: 'uint4',
  22: 'int4',
  25: 'uint2',
  26: 'int2',
}

const validScales = constraint('every scale is a finite number above 0', ({ values: [, scale] }) =>
  scale === undefined ? true : Array.from(scale.data).every((value) => Number.isFinite(value) && value > 0),
)

export const quantizeLinear: Operator = {
  summary: 'round(x / scale) + zero point, halves to even, saturated to the codes of the zero point’s type.',
  inputs: [2, 3],
  outputs: 1,
  attributes: { axis: 'int', saturate: 'int', block_size: 'int', output_dtype: 'int', precision: 'int' },
  constraints: [
    floats(2),
    ...scaleConstraints,
    constraint('the codes are int2, uint2, int4, uint4, int8, uint8, int16 or uint16', (call) => {
      const type = codeType(call)
      return type !== 'int32' && codeRanges[type] !== undefined
    }),
    validScales,
  ],
  infer: (call) => [{ elementType: codeType(call), shape: inputType(call, 0).shape }],
  evaluate: (call) => [
    quantize(inputValue(call, 0), inputValue(call, 1), call.values[2], codeType(call), scaleIndex(call)),
  ],
}

export const dequantizeLinear: Operator = {
  summary: '(x − zero point) · scale.',
  inputs: [2, 3],
  outputs: 1,
  attributes: { axis: 'int', block_size: 'int', output_dtype: 'int' },
  keepsIntegers: true,
  constraints: [
    constraint(
      'the codes are int2, uint2, int4, uint4, int8, uint8, int16, uint16 or int32',
      (call) => codeRanges[inputType(call, 0).elementType] !== undefined,
    ),
    constraint(
      'the zero point has the type of the codes',
      ({ types: [codes, , zeroPoint] }) => zeroPoint === undefined || zeroPoint.elementType === codes?.elementType,
    ),
    constraint('the scale is float32', ({ types }) => types[1]?.elementType === 'float32'),
    ...scaleConstraints,
    validScales,
  ],
  infer: (call) => [{ elementType: 'float32', shape: inputType(call, 0).shape }],
  evaluate: (call) => {
    const [codes, scale, zeroPoint] = [inputValue(call, 0), inputValue(call, 1), call.values[2]]
    const slice = scaleIndex(call)
    const output = zeros('float32', codes.shape)
    for (let at = 0; at < codes.size; at++) {
      const part = slice(at)
      output.data[at] = Math.fround(codes.data[at]! - (zeroPoint?.data[part] ?? 0)) * scale.data[part]!
    }
    return [output]
  },
}

/** Quantises real numbers. @param slice the index of an element's scale */
function quantize(
  input: Tensor,
  scale: Tensor,
  zeroPoint: Tensor | undefined,
  type: ElementType,
  slice: (at: number) => number,
): Tensor {
  const [low, high] = codeRanges[type]!
  const output = zeros(type, input.shape)
  for (let at = 0; at < input.size; at++) {
    const part = slice(at)
    const code = roundHalfEven(Math.fround(input.data[at]! / scale.data[part]!)) + (zeroPoint?.data[part] ?? 0)
    output.data[at] = code < low ? low : code > high ? high : code
  }
  return output
}

function codeType({ node, types, values }: Call): ElementType {
  const zeroPoint = values[2]
  if (zeroPoint !== undefined) return elementTypeOf(zeroPoint)
  return types[2]?.elementType ?? outputTypes[numberOf(node, 'output_dtype', 2)] ?? 'uint8'
}
