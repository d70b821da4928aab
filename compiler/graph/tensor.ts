// A dense tensor: an ndarray. The class of its typed array identifies the element type.

import ndarray, { type NdArray } from 'ndarray'

/** The element types that a tensor can have. float16, bfloat16 and double are widened or narrowed to float32 when a model is read. */
export type ElementType =
  'float32' | 'int64' | 'int32' | 'int16' | 'uint16' | 'int8' | 'uint8' | 'int4' | 'uint4' | 'int2' | 'uint2' | 'bool'

/** int64 values as float64: exact up to 2^53; larger ones (such as the end of a Slice that means "all") are rounded, which changes no shape. */
export class Int64Array extends Float64Array {}
/** Signed 4-bit values, one per byte. */
export class Int4Array extends Int8Array {}
/** Unsigned 4-bit values, one per byte. */
export class Uint4Array extends Uint8Array {}
/** Signed 2-bit values, one per byte. */
export class Int2Array extends Int8Array {}
/** Unsigned 2-bit values, one per byte. */
export class Uint2Array extends Uint8Array {}
/** Booleans as 0 and 1, one per byte. */
export class BoolArray extends Uint8Array {}

export type TensorData = Float32Array | Float64Array | Int32Array | Int16Array | Uint16Array | Int8Array | Uint8Array

/** Row-major and dense, offset 0: `tensor.data` holds exactly `tensor.size` elements in ONNX order (a law that `verify` checks). */
export type Tensor = NdArray<TensorData>

/** The type of a value; all shapes are static. */
export interface ValueType {
  readonly elementType: ElementType
  readonly shape: readonly number[]
}

const classes = {
  float32: Float32Array,
  int64: Int64Array,
  int32: Int32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int4: Int4Array,
  uint4: Uint4Array,
  int2: Int2Array,
  uint2: Uint2Array,
  bool: BoolArray,
} as const satisfies Record<ElementType, unknown>

/** The element types in the order of the table above. */
export const elementTypes = Object.keys(classes) as readonly ElementType[]

/** A tensor of zeros. */
export function zeros(elementType: ElementType, shape: readonly number[]): Tensor {
  return tensor(new classes[elementType](sizeOf(shape)), shape)
}

/**
 * A tensor over `data`, which is not copied.
 *
 * @param data row-major elements, as many as the product of `shape`
 */
export function tensor(data: TensorData, shape: readonly number[]): Tensor {
  if (data.length !== sizeOf(shape)) throw new Error(`${data.length} elements do not fill [${shape.join(',')}]`)
  return ndarray(data, [...shape]) as Tensor
}

/** A tensor of the given element type from plain numbers, which are rounded or wrapped as the typed array does. */
export function tensorOf(elementType: ElementType, values: ArrayLike<number>, shape: readonly number[]): Tensor {
  return tensor(classes[elementType].from(values), shape)
}

/** The element type of a tensor, from the class of its data; a plain Float64Array is int64. */
export function elementTypeOf(value: Tensor): ElementType {
  const { data } = value
  for (const [name, type] of Object.entries(classes)) if (data.constructor === type) return name as ElementType
  if (data instanceof Float64Array) return 'int64'
  throw new Error(`no element type for ${String(data.constructor.name)}`)
}

/** Element type and shape of a tensor. */
export function typeOf(value: Tensor): ValueType {
  return { elementType: elementTypeOf(value), shape: [...value.shape] }
}

/** The same elements under another shape; the data is shared. */
export function reshaped(value: Tensor, shape: readonly number[]): Tensor {
  return tensor(value.data, shape)
}

/** Product of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1)
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1)
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!
  return strides
}

/** True if both shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis])
}
