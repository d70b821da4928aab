// A first pass over the protobuf records of a file that builds nothing: a file that passes it can be decoded in bounded memory.

import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { DlpError } from '../../base/error.ts'

/** The most protobuf records in a model; ResNet-152 has about twenty thousand. */
export const maximumRecords = 4_000_000

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const
const knownWireTypes: ReadonlySet<number> = new Set(Object.values(wireTypes))

/**
 * Checks that the bytes are well-formed records of the message, each known field with its own wire type.
 * Depth is bounded by the messages, none of which contains itself.
 *
 * @throws DlpError with the byte offset of the error
 */
export function scan(schema: DescMessage, bytes: Uint8Array, where: string): void {
  new Scanner(bytes, where).message(schema, 0, bytes.length, schema.name)
}

class Scanner {
  readonly #bytes: Uint8Array
  readonly #where: string
  #records = 0

  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes
    this.#where = where
  }

  /** Checks the records of a message. @param path of fields to the message, for errors */
  message(message: DescMessage, start: number, end: number, path: string): void {
    const fields = new Map(message.fields.map((field) => [field.number, field]))
    let at = start
    while (at < end) {
      if (++this.#records > maximumRecords) throw this.#error(at, `more than ${maximumRecords} records`, path)
      const [tag, afterTag] = this.#varint(at, end, path)
      const [number, wire] = [Math.floor(tag / 8), tag % 8]
      if (number === 0) throw this.#error(at, 'a field number of 0', path)
      const field = fields.get(number)
      if (field !== undefined && wire !== wireOf(field) && !(wire === wireTypes.bytes && canBePacked(field)))
        throw this.#error(at, `the field ${field.name} in wire type ${wire}`, path)
      if (!knownWireTypes.has(wire)) throw this.#error(afterTag, `wire type ${wire}`, `${path} of ${message.name}`)
      at =
        wire === wireTypes.bytes ? this.#delimited(field, afterTag, end, path) : this.#scalar(wire, afterTag, end, path)
    }
  }

  /** Skips a number. @returns the offset after it */
  #scalar(wire: number, at: number, end: number, path: string): number {
    if (wire === wireTypes.varint) return this.#varint(at, end, path)[1]
    return this.#bounded(at + (wire === wireTypes.fixed64 ? 8 : 4), at, end, path)
  }

  /** Checks length-delimited content: a message, packed numbers or bytes. @returns the offset after it */
  #delimited(field: DescField | undefined, at: number, end: number, path: string): number {
    const [length, from] = this.#varint(at, end, path)
    const to = this.#bounded(from + length, at, end, path)
    if (field === undefined) return to
    const inner = messageOf(field)
    if (inner !== undefined) this.message(inner, from, to, `${path}.${field.name}`)
    else if (canBePacked(field)) this.#records += length
    return to
  }

  #varint(at: number, end: number, path: string): [value: number, after: number] {
    let value = 0
    for (let place = 0; place < 10; place++) {
      if (at + place >= end) throw this.#error(at, 'a number that is cut off', path)
      const byte = this.#bytes[at + place]!
      value += (byte & 0x7f) * 2 ** (7 * place)
      if (byte < 0x80) return [value, at + place + 1]
    }
    throw this.#error(at, 'a number longer than ten bytes', path)
  }

  #bounded(to: number, at: number, end: number, path: string): number {
    if (to > end) throw this.#error(at, 'a record that extends past the end of its message', path)
    return to
  }

  #error(at: number, what: string, path: string): DlpError {
    return new DlpError({
      where: `${this.#where}, byte ${at}, in ${path}`,
      what: `found ${what}`,
      allowed: 'an ONNX model (protobuf)',
      help: 'the file is damaged, cut off, or not an ONNX model: export or download it again',
    })
  }
}

/** The message type of a field, single or repeated. */
function messageOf(field: DescField): DescMessage | undefined {
  return field.fieldKind === 'message' || (field.fieldKind === 'list' && field.listKind === 'message')
    ? field.message
    : undefined
}

/** True for repeated numbers, which may be single records or packed into bytes. */
function canBePacked(field: DescField): boolean {
  return field.fieldKind === 'list' && field.listKind === 'scalar' && wireOf(field) !== wireTypes.bytes
}

/** The wire type of one element of a field. Scalar kinds have protobuf's own numbers: 1 double, 2 float, 9 string, 12 bytes. */
function wireOf(field: DescField): number {
  if (messageOf(field) !== undefined || field.fieldKind === 'map') return wireTypes.bytes
  const scalar: number | undefined = field.scalar
  if (scalar === 9 || scalar === 12) return wireTypes.bytes
  if (scalar === 1) return wireTypes.fixed64
  return scalar === 2 ? wireTypes.fixed32 : wireTypes.varint
}
