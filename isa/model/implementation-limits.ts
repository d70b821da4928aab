// The implementation limit `fieldBits`: which fields a machine may narrow, and how wide a machine's fields are.
import { geometryFields, slotFields } from './formats.ts'
import { shorten } from '../../base/json.ts'
import type { Mnemonic } from '../instructions.ts'
import type { Field, Fields } from '../../base/bits.ts'
import { commonFields, instructions } from '../instructions.ts'

type FieldBits = Readonly<Record<string, number>>

const mnemonics = Object.keys(instructions) as Mnemonic[]
const tables: readonly Fields[] = [
  commonFields,
  ...mnemonics.map((op): Fields => instructions[op].fields),
  geometryFields,
  slotFields,
]

/** The instructions that have a field of a name. */
export const opsWith = (name: string): Mnemonic[] =>
  mnemonics.filter((op) => Object.hasOwn(commonFields, name) || Object.hasOwn(instructions[op].fields, name))

/** Bits of an unsigned field on a machine with such `fieldBits`; a signed one keeps its own. */
export const bitsOf = (name: string, field: Field, fieldBits: FieldBits): number =>
  field.signed === true
    ? field.bits
    : Math.min(field.bits, (Object.hasOwn(fieldBits, name) ? fieldBits[name] : undefined) ?? field.bits)

/** What is wrong with a table of field widths; undefined if nothing is wrong. */
export function fieldBitsProblem(fieldBits: FieldBits): string | undefined {
  for (const [name, bits] of Object.entries(fieldBits)) {
    const own = tables.flatMap((fields) => (Object.hasOwn(fields, name) ? [fields[name]!] : []))
    if (own.length === 0) return `no field '${shorten(name)}'`
    if (own.some((field) => field.signed === true)) return `field '${name}' is signed`
    const most = Math.max(...own.map((field) => field.bits))
    if (!Number.isInteger(bits) || bits < 1 || bits > most) return `field '${name}' has ${bits} bits, of 1 to ${most}`
  }
  return undefined
}

/** The nearest valid table of field widths: unknown names are left out, widths are limited to those of the ISA. */
export function nearestFieldBits(fieldBits: FieldBits): FieldBits {
  const kept = Object.entries(fieldBits).flatMap(([name, bits]) => {
    const own = tables.flatMap((fields) => (Object.hasOwn(fields, name) ? [fields[name]!] : []))
    if (own.length === 0 || own.some((field) => field.signed === true)) return []
    const most = Math.max(...own.map((field) => field.bits))
    return [[name, Math.min(Math.max(Math.round(bits), 1), most)]]
  })
  return Object.fromEntries(kept) as FieldBits
}

/** The first field of a geometry or slot that is wider than the machine's. */
export const fieldAboveLimit = (
  fields: Fields,
  values: Readonly<Record<string, number>>,
  fieldBits: FieldBits,
): string | undefined =>
  Object.entries(fields).find(([name, field]) => (values[name] ?? 0) >= 2 ** bitsOf(name, field, fieldBits))?.[0]

/** A mask of the bits that a word or table entry may set on a machine: fields from bit 0 upward. */
export function usedBits(fields: Fields, fieldBits: FieldBits): bigint {
  let mask = 0n
  let at = 0n
  for (const [name, field] of Object.entries(fields)) {
    mask |= ((1n << BigInt(bitsOf(name, field, fieldBits))) - 1n) << at
    at += BigInt(field.bits)
  }
  return mask
}
