// NumPy's .npy files, versions 1 to 3, little-endian and in row-major order: bytes to arrays and back.
// Format: numpy/lib/format.py ("Format Version 1.0" and the notes on 2.0 and 3.0).

import { DlpError } from '../../base/error.ts'
import { shorten } from '../../base/json.ts'

/** Element types by NumPy's letters; `bool` is one byte of 0 or 1. */
const elementTypes = {
  f4: { descr: '<f4', array: Float32Array },
  f8: { descr: '<f8', array: Float64Array },
  i1: { descr: '|i1', array: Int8Array },
  u1: { descr: '|u1', array: Uint8Array },
  i2: { descr: '<i2', array: Int16Array },
  i4: { descr: '<i4', array: Int32Array },
  i8: { descr: '<i8', array: BigInt64Array },
  bool: { descr: '|b1', array: Uint8Array },
} as const

export type NpyType = keyof typeof elementTypes
export type NpyData = InstanceType<(typeof elementTypes)[NpyType]['array']>

/** An array of `shape`, row-major; `data` has as many elements as the shape states. */
export interface NpyArray {
  readonly type: NpyType
  readonly shape: readonly number[]
  readonly data: NpyData
}

const magic = '\x93NUMPY'
const maximumHeaderBytes = 65_536
const maximumRank = 32
const alignment = 64

/**
 * Reads one array.
 * @param where names the file in messages
 * @throws DlpError for anything but a complete .npy file of a type listed above
 */
export function readNpy(bytes: Uint8Array, where: string): NpyArray {
  const { text, end } = headerOf(bytes, where)
  const fields = fieldsOf(text, where)
  const type = typeOf(fields.get('descr') ?? '', where)
  if (fields.get('fortran_order') !== 'False') {
    const help = 'save numpy.ascontiguousarray(x)'
    throw new DlpError({ what: 'is in column-major order', where, allowed: 'row-major (C) order', help })
  }
  const shape = shapeOf(fields.get('shape') ?? '', where)
  const { array } = elementTypes[type]
  const elements = shape.reduce((product, size) => product * size, 1)
  const expectedBytes = elements * array.BYTES_PER_ELEMENT
  if (expectedBytes !== bytes.length - end) {
    const what = `has ${bytes.length - end} bytes of data where shape (${shape.join(', ')}) of ${type} takes ${expectedBytes}`
    throw new DlpError({ what, where })
  }
  // A copy, since a typed array must start at a multiple of its element's size.
  const data = new array(Uint8Array.prototype.slice.call(bytes, end).buffer)
  if (type === 'bool' && data.some((value) => Number(value) > 1)) {
    throw new DlpError({ what: 'has a bool other than 0 and 1', where })
  }
  return { type, shape, data }
}

/** Writes one array as version 1, data aligned to 64 bytes, as numpy.save does. */
export function writeNpy({ type, shape, data }: NpyArray): Uint8Array {
  const elements = shape.reduce((product, size) => product * size, 1)
  if (elements !== data.length) throw new Error(`shape (${shape.join(', ')}) does not hold ${data.length} elements`)
  const { descr } = elementTypes[type]
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`
  const end = Math.ceil((magic.length + 4 + text.length + 1) / alignment) * alignment
  const bytes = new Uint8Array(end + data.byteLength)
  bytes.set(Buffer.from(magic, 'latin1'))
  bytes[6] = 1
  new DataView(bytes.buffer).setUint16(8, end - 10, true)
  bytes.set(Buffer.from(`${text.padEnd(end - 11)}\n`, 'latin1'), 10)
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), end)
  return bytes
}

/** Whether bytes begin with the magic of a .npy file. */
export const isNpy = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', 0, magic.length) === magic

/** The header's text, and the offset of the data. */
function headerOf(bytes: Uint8Array, where: string): { readonly text: string; readonly end: number } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < 12 || !isNpy(bytes)) {
    throw new DlpError({ what: 'is not a .npy file', where, help: 'write one with numpy.save(path, x)' })
  }
  const version = buffer.readUInt8(6)
  if (version < 1 || version > 3) {
    throw new DlpError({ what: `has .npy version ${version}`, where, allowed: '1, 2 or 3' })
  }
  const start = version === 1 ? 10 : 12
  const length = version === 1 ? buffer.readUInt16LE(8) : buffer.readUInt32LE(8)
  if (length > maximumHeaderBytes || start + length > buffer.length) {
    throw new DlpError({ what: `has a header of ${length} bytes in a file of ${buffer.length}`, where })
  }
  return { text: buffer.toString(version === 3 ? 'utf8' : 'latin1', start, start + length), end: start + length }
}

/** The three entries of the header, a Python dictionary, as texts without quotes. */
function fieldsOf(text: string, where: string): ReadonlyMap<string, string> {
  const wrong = (): DlpError =>
    new DlpError({ what: 'has a malformed header', where, allowed: "{'descr': …, 'fortran_order': …, 'shape': …}" })
  const body = /^\s*\{([^{}]*)\}\s*$/.exec(text)?.[1]
  if (body === undefined) throw wrong()
  const entry = /\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^']*)'|(True|False)|\(([^()]*)\))\s*(?:,|$)\s*/y
  const fields = new Map<string, string>()
  while (entry.lastIndex < body.length) {
    const [, name, quoted, truth, list] = entry.exec(body) ?? []
    if (name === undefined || fields.has(name)) throw wrong()
    fields.set(name, quoted ?? truth ?? list ?? '')
  }
  if (fields.size !== 3) throw wrong()
  return fields
}

function typeOf(descr: string, where: string): NpyType {
  const names = Object.keys(elementTypes) as NpyType[]
  const type = names.find((name) => elementTypes[name].descr === descr)
  if (type !== undefined) return type
  const allowed = names.map((name) => elementTypes[name].descr).join(', ')
  throw new DlpError({ what: `has elements of type '${shorten(descr)}'`, where, allowed, help: 'save x.astype(…)' })
}

function shapeOf(text: string, where: string): readonly number[] {
  const sizes = text.trim() === '' ? [] : text.replace(/,\s*$/, '').split(',')
  if (sizes.length > maximumRank || sizes.some((size) => !/^\s*\d{1,15}\s*$/.test(size))) {
    throw new DlpError({
      what: `has shape (${shorten(text)})`,
      where,
      allowed: `at most ${maximumRank} sizes, none negative`,
    })
  }
  return sizes.map(Number)
}
