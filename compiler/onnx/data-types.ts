// ONNX's numbers of tensor and attribute types, and the element types as which they are read.

import type { ElementType } from '../graph/tensor.ts'

/** How a tensor type is stored in `raw_data` and in the packed fields, and the element type as which it is read. */
export interface DataType {
  readonly name: string
  readonly elementType: ElementType
  /** Bits of an element in `raw_data`. */
  readonly bits: 2 | 4 | 8 | 16 | 32 | 64
  /** The packed field that holds the elements where `raw_data` is absent. */
  readonly field: 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data'
}

/** The tensor types that can be read, by ONNX's numbers; float16, bfloat16 and double become float32, uint32 and uint64 become int64. */
export const dataTypes: Readonly<Record<number, DataType>> = {
  1: { name: 'float32', elementType: 'float32', bits: 32, field: 'floatData' },
  2: { name: 'uint8', elementType: 'uint8', bits: 8, field: 'int32Data' },
  3: { name: 'int8', elementType: 'int8', bits: 8, field: 'int32Data' },
  4: { name: 'uint16', elementType: 'uint16', bits: 16, field: 'int32Data' },
  5: { name: 'int16', elementType: 'int16', bits: 16, field: 'int32Data' },
  6: { name: 'int32', elementType: 'int32', bits: 32, field: 'int32Data' },
  7: { name: 'int64', elementType: 'int64', bits: 64, field: 'int64Data' },
  9: { name: 'bool', elementType: 'bool', bits: 8, field: 'int32Data' },
  10: { name: 'float16', elementType: 'float32', bits: 16, field: 'int32Data' },
  11: { name: 'double', elementType: 'float32', bits: 64, field: 'doubleData' },
  12: { name: 'uint32', elementType: 'int64', bits: 32, field: 'uint64Data' },
  13: { name: 'uint64', elementType: 'int64', bits: 64, field: 'uint64Data' },
  16: { name: 'bfloat16', elementType: 'float32', bits: 16, field: 'int32Data' },
  21: { name: 'uint4', elementType: 'uint4', bits: 4, field: 'int32Data' },
  22: { name: 'int4', elementType: 'int4', bits: 4, field: 'int32Data' },
  25: { name: 'uint2', elementType: 'uint2', bits: 2, field: 'int32Data' },
  26: { name: 'int2', elementType: 'int2', bits: 2, field: 'int32Data' },
}

/** The names of the types that can be read, for messages. */
export const dataTypeNames = Object.values(dataTypes)
  .map(({ name }) => name)
  .join(', ')

/** The tensor type with a number, or undefined. */
export function dataType(code: number): DataType | undefined {
  return Object.hasOwn(dataTypes, code) ? dataTypes[code] : undefined
}

/** ONNX's number of an element type. */
export function codeOf(elementType: ElementType): number {
  const found = Object.entries(dataTypes).find(([, { name }]) => name === elementType)
  return Number(found?.[0])
}

/** ONNX's numbers of the attribute types that are read and written. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const
