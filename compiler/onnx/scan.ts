// A first walk over a file's protobuf records, without building anything: a file that passes can be decoded in bounded memory.

import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { DlpError } from '../../base/error.ts'

/** The most protobuf records in a model; ResNet-152 has about twenty thousand. */
export const maximumRecords = 4_000_000

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/**
 * Checks that the bytes are well-formed records of the message, each known field in its own wire type.
 * Depth is bounded by the messages themselves, none of which contains itself.
 *
 * @throws DlpError with the byte offset of what is broken
 */
export function scan(schema: DescMessage, bytes: Uint8Array, where: string): void {
  let records = 0
  walk(schema, 0, bytes.length, schema.name)

  function walk(message: DescMessage, start: number, end: number, path: string): void {
    const fields = new Map(message.fields.map((field) => [field.number, field]))
    let at = start
    while (at < end) {
      if (++records > maximumRecords) throw broken(at, `more than ${maximumRecords} records`, path)
      const [tag, afterTag] = varint(at, end, path)
      const [number, wire] = [Math.floor(tag / 8), tag % 8]
      if (number === 0) throw broken(at, 'a field number of 0', path)
      const field = fields.get(number)
      if (field !== undefined && wire !== wireOf(field) && !(wire === wireTypes.bytes && canBePacked(field)))
        throw broken(at, `the field ${field.name} in wire type ${wire}`, path)
      at = content(message, field, wire, afterTag, end, path)
    }
  }

  /** Skips or walks the content of a record; returns the place after it. */
  function content(
    message: DescMessage,
    field: DescField | undefined,
    wire: number,
    at: number,
    end: number,
    path: string,
  ): number {
    switch (wire) {
      case wireTypes.varint:
        return varint(at, end, path)[1]
      case wireTypes.fixed64:
        return bounded(at + 8, at, end, path)
      case wireTypes.fixed32:
        return bounded(at + 4, at, end, path)
      case wireTypes.bytes: {
        const [length, from] = varint(at, end, path)
        const to = bounded(from + length, at, end, path)
        const inner = field === undefined ? undefined : messageOf(field)
        if (inner !== undefined && field !== undefined) walk(inner, from, to, `${path}.${field.name}`)
        else if (field !== undefined && canBePacked(field)) records += length
        return to
      }
      default:
        throw broken(at, `wire type ${wire}`, `${path} of ${message.name}`)
    }
  }

  function varint(at: number, end: number, path: string): [number, number] {
    let value = 0
    for (let place = 0; place < 10; place++) {
      if (at + place >= end) throw broken(at, 'a number that is cut off', path)
      const byte = bytes[at + place]!
      value += (byte & 0x7f) * 2 ** (7 * place)
      if (byte < 0x80) return [value, at + place + 1]
    }
    throw broken(at, 'a number longer than ten bytes', path)
  }

  function bounded(to: number, at: number, end: number, path: string): number {
    if (to > end) throw broken(at, 'a record that reaches past its end', path)
    return to
  }

  function broken(at: number, what: string, path: string): DlpError {
    return new DlpError({
      where: `${where}, byte ${at}, in ${path}`,
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

/** True for repeated numbers, which may come one by one or packed into bytes. */
function canBePacked(field: DescField): boolean {
  return field.fieldKind === 'list' && field.listKind === 'scalar' && wireOf(field) !== wireTypes.bytes
}

/** The wire type of one element of a field. Scalar kinds by protobuf's own numbers: 1 double, 2 float, 9 string, 12 bytes. */
function wireOf(field: DescField): number {
  if (messageOf(field) !== undefined || field.fieldKind === 'map') return wireTypes.bytes
  const scalar: number | undefined = field.scalar
  if (scalar === 9 || scalar === 12) return wireTypes.bytes
  if (scalar === 1) return wireTypes.fixed64
  return scalar === 2 ? wireTypes.fixed32 : wireTypes.varint
}
