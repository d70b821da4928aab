// Fields to bits and back: words as big integers from any table of fields, and bulk data bit by bit in byte buffers.

import { DlpError } from './error.ts'

/** A field: `bits` wide, two's complement if `signed`; `names` are constants that the assembler accepts and prints for its values. */
export interface Field {
  readonly bits: number
  readonly signed?: boolean
  readonly names?: readonly string[]
  /** the ISA version (isa/versions.ts) that introduced it; 1 if not given */
  readonly since?: number
  readonly summary: string
}

/** How a number is encoded: in `bits` bits, two's complement if `signed`. */
interface NumberFormat {
  readonly bits: number
  readonly signed?: boolean
}

/** A range of whole numbers, both ends included. */
export interface NumberRange {
  readonly low: number
  readonly high: number
}

/** Least and greatest number of a format. */
export const codeRange = ({ bits, signed = false }: NumberFormat): NumberRange =>
  signed ? { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 } : { low: 0, high: 2 ** bits - 1 }

/** The greatest magnitude of a format's numbers. */
export const greatestMagnitude = (format: NumberFormat): number => {
  const { low, high } = codeRange(format)
  return Math.max(-low, high)
}

/** Least and greatest value of a field. */
export const fieldRange = (field: Field): NumberRange => codeRange(field)

export type Fields = Readonly<Record<string, Field>>
/** One number for every field of a table. */
export type FieldValues<F extends Fields> = { readonly [K in keyof F]: number }

/** Bits of all fields together. */
export const fieldsBits = (fields: Fields): number => Object.values(fields).reduce((sum, { bits }) => sum + bits, 0)

/** Position of the lowest bit of each field: the first field lies at `from`. */
export function fieldOffsets<F extends Fields>(fields: F, from = 0): { readonly [K in keyof F]: number } {
  const offsets: Record<string, number> = {}
  let offset = from
  for (const [name, { bits }] of Object.entries(fields)) {
    offsets[name] = offset
    offset += bits
  }
  return offsets as { readonly [K in keyof F]: number }
}

/**
 * Packs fields in the table's order, the first from bit 0 upward.
 * @throws DlpError naming the field whose value is not a whole number of its range.
 */
export function packFields<F extends Fields>(fields: F, values: FieldValues<F>, where?: string): bigint {
  let word = 0n
  let offset = 0n
  for (const [name, field] of Object.entries(fields)) {
    const value = checked(name, field, values[name], where)
    word |= BigInt.asUintN(field.bits, BigInt(value)) << offset
    offset += BigInt(field.bits)
  }
  return word
}

/** Unpacks fields in the table's order from bit 0; bits above the last field are ignored. */
export function unpackFields<F extends Fields>(fields: F, word: bigint): FieldValues<F> {
  const values: Record<string, number> = {}
  let rest = word
  for (const [name, { bits, signed }] of Object.entries(fields)) {
    values[name] = Number(signed === true ? BigInt.asIntN(bits, rest) : BigInt.asUintN(bits, rest))
    rest >>= BigInt(bits)
  }
  return values as FieldValues<F>
}

/**
 * Packs fields into a byte buffer from bit `at` (bit 0 of byte 0 first), overwriting its bits; returns the position after the last field.
 * @throws DlpError naming the field whose value is not a whole number of its range.
 */
export function writeFields<F extends Fields>(
  bytes: Uint8Array,
  at: number,
  fields: F,
  values: FieldValues<F>,
  where?: string,
): number {
  let position = at
  for (const [name, field] of Object.entries(fields)) {
    writeBits(bytes, position, field.bits, checked(name, field, values[name], where))
    position += field.bits
  }
  return position
}

/** Unpacks fields from a byte buffer from bit `at`. */
export function readFields<F extends Fields>(bytes: Uint8Array, at: number, fields: F): FieldValues<F> {
  const values: Record<string, number> = {}
  let position = at
  for (const [name, { bits, signed }] of Object.entries(fields)) {
    values[name] = signed === true ? readSignedBits(bytes, position, bits) : readBits(bytes, position, bits)
    position += bits
  }
  return values as FieldValues<F>
}

/** Overwrites the `bits` (1 to 32) from bit `at` (below 2^32) with the low bits of `value`. */
export function writeBits(bytes: Uint8Array, at: number, bits: number, value: number): void {
  let byte = at >>> 3
  let offset = at & 7
  let left = bits
  let rest = value
  while (left > 0) {
    const taken = left < 8 - offset ? left : 8 - offset
    const mask = ((1 << taken) - 1) << offset
    bytes[byte] = (bytes[byte]! & ~mask) | ((rest << offset) & mask)
    rest >>= taken
    left -= taken
    offset = 0
    byte++
  }
}

/** The `bits` (1 to 32) from bit `at` (below 2^32), unsigned. */
export function readBits(bytes: Uint8Array, at: number, bits: number): number {
  let byte = at >>> 3
  const offset = at & 7
  let value = bytes[byte]! >> offset
  let have = 8 - offset
  while (have < bits && have < 32) {
    value |= bytes[++byte]! << have
    have += 8
  }
  return bits === 32 ? value >>> 0 : value & ((1 << bits) - 1)
}

/** The `bits` (1 to 32) from bit `at`, two's complement. */
export function readSignedBits(bytes: Uint8Array, at: number, bits: number): number {
  return (readBits(bytes, at, bits) << (32 - bits)) >> (32 - bits)
}

/** Writes numbers one after the other into a buffer, bit 0 of byte 0 first. */
export class BitWriter {
  readonly bytes: Uint8Array
  /** Next bit. */
  position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes
    this.position = position
  }

  /** Writes the low `bits` (1 to 32) of a value. */
  write(bits: number, value: number): void {
    writeBits(this.bytes, this.position, bits, value)
    this.position += bits
  }
}

/** Reads numbers one after the other from a buffer, bit 0 of byte 0 first. */
export class BitReader {
  readonly bytes: Uint8Array
  /** Next bit. */
  position: number

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes
    this.position = position
  }

  /** Reads `bits` (1 to 32), unsigned. */
  read(bits: number): number {
    const value = readBits(this.bytes, this.position, bits)
    this.position += bits
    return value
  }

  /** Reads `bits` (1 to 32), two's complement. */
  readSigned(bits: number): number {
    const value = readSignedBits(this.bytes, this.position, bits)
    this.position += bits
    return value
  }
}

function checked(name: string, field: Field, value: number | undefined, where: string | undefined): number {
  const { low, high } = fieldRange(field)
  if (value !== undefined && Number.isInteger(value) && value >= low && value <= high) return value
  throw new DlpError({
    what: value === undefined ? `field '${name}' is missing` : `field '${name}' is ${value}`,
    ...(where === undefined ? {} : { where }),
    allowed: `whole numbers ${low} to ${high}`,
  })
}
