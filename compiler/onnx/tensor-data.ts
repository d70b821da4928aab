// Reads tensors of an ONNX file from raw, packed or external data. Sizes are checked before memory is allocated.

import { DlpError } from '../../base/error.ts'
import { maximumElements, maximumRank } from '../graph/operator.ts'
import { type Tensor, sizeOf, zeros } from '../graph/tensor.ts'
import { type DataType, dataType, dataTypeNames } from './data-types.ts'
import { externalBytes, type LoadExternal } from './external-data.ts'
import type { TensorProto } from './generated/onnx_pb.ts'

/**
 * The tensor that a record holds.
 *
 * @param where the tensor, for messages
 * @throws DlpError if its type is not supported, or the length of its data does not match its shape
 */
export function readTensor(proto: TensorProto, where: string, loadExternal?: LoadExternal): Tensor {
  const type = dataType(proto.dataType)
  if (type === undefined)
    throw new DlpError({ where, what: `found tensor data of type ${proto.dataType}`, allowed: dataTypeNames })
  const shape = checkedShape(proto.dims, where)
  const size = sizeOf(shape)
  const external = proto.dataLocation === 1
  const raw = external ? externalBytes(proto, where, Math.ceil((size * type.bits) / 8), loadExternal) : proto.rawData
  const hasRaw = external || raw.length > 0
  const packed = proto[type.field]
  const bytes = hasRaw ? raw : join(packed)
  const least = hasRaw ? Math.ceil((size * type.bits) / 8) : leastPackedBytes(type, size)
  if (hasRaw ? bytes.length !== least : bytes.length < least)
    throw wrongLength(where, shape, `${bytes.length} bytes of data`, `${least}${hasRaw ? '' : ' or more'}`)
  const result = zeros(type.elementType, shape)
  const count = hasRaw ? fillRaw(result, type, bytes) : fillPacked(result, type, bytes)
  if (count !== size) throw wrongLength(where, shape, `${count} elements`, `${size}`)
  return result
}

/** Extents as numbers. @throws DlpError if there are too many axes or elements */
export function checkedShape(dims: readonly bigint[], where: string): number[] {
  const shape = dims.map(Number)
  const valid = shape.length <= maximumRank && shape.every((extent) => extent >= 0 && extent <= maximumElements)
  if (valid && sizeOf(shape) <= maximumElements) return shape
  const what = `found the shape [${dims.slice(0, 16).join(',')}]`
  throw new DlpError({ where, what, allowed: `up to ${maximumRank} axes and 2^28 elements, none negative` })
}

function wrongLength(where: string, shape: readonly number[], found: string, allowed: string): DlpError {
  const help = 'the file is damaged or was cut off: export or download it again'
  return new DlpError({ where, what: `found ${found} for the shape [${shape.join(',')}]`, allowed, help })
}

/** The fewest bytes of a packed field, so that a short field cannot cause the allocation of a large tensor. */
function leastPackedBytes({ field, bits }: DataType, size: number): number {
  if (field === 'floatData') return size * 4
  if (field === 'doubleData') return size * 8
  return bits < 8 ? Math.ceil((size * bits) / 8) : size
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const [only, ...others] = chunks
  if (only !== undefined && others.length === 0) return only
  const joined = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    joined.set(chunk, at)
    at += chunk.length
  }
  return joined
}

/** Reads elements from little-endian bytes and returns their number. */
function fillRaw({ data }: Tensor, type: DataType, bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (type.name === 'float32') new Uint8Array(data.buffer).set(bytes)
  else if (type.name === 'int8' || type.name === 'uint8') data.set(bytes)
  else for (let at = 0; at < data.length; at++) data[at] = rawElement(view, type, at)
  return data.length
}

function rawElement(view: DataView, { name, bits }: DataType, at: number): number {
  const place = (at * bits) / 8
  switch (name) {
    case 'double':
      return view.getFloat64(place, true)
    case 'float16':
      return halfToNumber(view.getUint16(place, true))
    case 'bfloat16':
      return brainToNumber(view.getUint16(place, true))
    case 'int64':
      return Number(view.getBigInt64(place, true))
    case 'uint64':
      return Number(view.getBigUint64(place, true))
    case 'uint32':
      return view.getUint32(place, true)
    case 'int32':
      return view.getInt32(place, true)
    case 'int16':
    case 'uint16':
      return view.getUint16(place, true)
    case 'bool':
      return Math.min(1, view.getUint8(place))
    case 'int4':
    case 'uint4':
    case 'int2':
    case 'uint2':
      return partOfByte(view.getUint8(Math.floor(place)), at, name, bits)
    default:
      return view.getUint8(place)
  }
}

/** Reads elements from a packed field and returns their number, at most one more than the tensor holds. */
function fillPacked({ data }: Tensor, type: DataType, bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (type.field === 'floatData' || type.field === 'doubleData') {
    const width = type.field === 'floatData' ? 4 : 8
    for (let at = 0; at < data.length; at++)
      data[at] = width === 4 ? view.getFloat32(at * 4, true) : view.getFloat64(at * 8, true)
    return bytes.length === data.length * width ? data.length : Math.floor(bytes.length / width) + 1
  }
  const perNumber = type.bits < 8 ? 8 / type.bits : 1
  let count = 0
  for (let at = 0; at < bytes.length && count <= data.length;) {
    let value = 0n
    let shift = 0n
    // The first pass over the file does not check the contents of packed fields: a number may be cut off or too long here.
    do value |= BigInt(bytes[at]! & 0x7f) << (7n * shift++)
    while (bytes[at++]! >= 0x80 && at < bytes.length && shift < 10n)
    for (let part = 0; part < perNumber; part++, count++)
      if (count < data.length) data[count] = packedElement(value, type, part)
  }
  // The last number may hold more elements than the tensor needs.
  return count > data.length && count < data.length + perNumber ? data.length : count
}

function packedElement(value: bigint, { name, bits }: DataType, part: number): number {
  switch (name) {
    case 'float16':
      return halfToNumber(Number(value & 0xffffn))
    case 'bfloat16':
      return brainToNumber(Number(value & 0xffffn))
    case 'int4':
    case 'uint4':
    case 'int2':
    case 'uint2':
      return partOfByte(Number(value & 0xffn), part, name, bits)
    case 'bool':
      return value === 0n ? 0 : 1
    case 'uint64':
      return Number(BigInt.asUintN(64, value))
    default:
      return Number(BigInt.asIntN(64, value))
  }
}

/** An element of 2 or 4 bits: the first element is in the lowest bits of a byte. */
function partOfByte(byte: number, at: number, name: string, bits: number): number {
  const value = (byte >> (bits * (at % (8 / bits)))) & (2 ** bits - 1)
  return name.startsWith('int') && value >= 2 ** (bits - 1) ? value - 2 ** bits : value
}

/** IEEE 754 half precision. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}

/** bfloat16: the upper half of a float32. */
function brainToNumber(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!
}
