// Bit layouts of all data formats other than instructions: geometries, slot entries, row parameters and beats.
import type { Field } from '../../base/bits.ts'

/** A source geometry: 128 bits, fields from bit 0 upward, the rest zero. y = stride·oy + dilation·tap row + offset, likewise x. */
export const geometryFields = {
  pitch: { bits: 8, summary: 'columns of the source patch' },
  height: { bits: 8, summary: 'rows of the source patch' },
  strideY: { bits: 4, summary: 'source rows per output row' },
  strideX: { bits: 4, summary: 'source columns per output column' },
  offsetY: { bits: 8, signed: true, summary: 'source row of tap row 0 at output row 0: minus the top padding' },
  offsetX: { bits: 8, signed: true, summary: 'source column of tap column 0 at output column 0' },
  dilationY: { bits: 4, summary: 'source rows per tap row' },
  dilationX: { bits: 4, summary: 'source columns per tap column' },
  columnBits: { bits: 2, summary: 'low bits of the tap that name its column; the others name its row' },
  validHeight: { bits: 12, summary: 'rows of the source map; outside it the fill is read' },
  validWidth: { bits: 12, summary: 'columns of the source map' },
  planeStride: { bits: 14, summary: 'words from a source plane to the next, for bank operations' },
} as const satisfies Record<string, Field>
export type Geometry = { readonly [K in keyof typeof geometryFields]: number }
export const geometryBits = 128
export const geometriesPerBlock = 4

/** Tap rows, likewise tap columns, for which the hardware computes the offsets of a geometry. */
export const tapRows = 8

/** A slot entry: 32 bits, the rest zero. */
export const slotFields = {
  base: { bits: 16, summary: 'feature memory address of the plane’s position 0' },
  geometry: { bits: 2, summary: 'source geometry' },
  signed: { bits: 1, summary: 'the plane’s nibbles are two’s complement' },
  fill: { bits: 4, summary: 'nibble read outside the map' },
} as const satisfies Record<string, Field>
export type Slot = { readonly [K in keyof typeof slotFields]: number }
export const slotBits = 32
export const slotsPerBlock = 128

/** Parameters of one row: 64 bits, the rest zero. */
export const parameterFields = {
  bias: { bits: 32, signed: true, summary: 'added to the sum' },
  multiplier: { bits: 16, signed: true, summary: 'm of the requantiser' },
  shift: { bits: 6, summary: 's of the requantiser, 0 to 47' },
  even: { bits: 1, summary: 'halves round to the even neighbour instead of up; s is 15 or 30 then' },
} as const satisfies Record<string, Field>
export type RowParameters = { readonly [K in keyof typeof parameterFields]: number }
export const parameterBits = 64
export const maxShift = 47
/** The shifts with which halves may round to even: post detects a half only below these two bits of the product. */
export const evenShifts: readonly number[] = [15, 30]

/** What is wrong with a row's parameters, and what is allowed; undefined if nothing is wrong. */
export function parameterProblem({
  shift,
  even,
}: Pick<RowParameters, 'shift' | 'even'>): { readonly what: string; readonly allowed: string } | undefined {
  if (shift > maxShift) return { what: `shifts by ${shift}`, allowed: `0 to ${maxShift}` }
  if (even !== 0 && !evenShifts.includes(shift))
    return { what: `rounds halves to even and shifts by ${shift}`, allowed: evenShifts.join(' or ') }
  return undefined
}

/** A column id of a beat: a slot (high bits) and a tap (low `tapBits` bits). */
export const columnIdBits = 8
export const maxTapBits = 6
export const weightBits = 4

/** A beat's flags, per cluster. */
export const flagFields = {
  shift: { bits: 1, summary: 'shift the accumulators left by 4 before this beat’s products' },
  end: { bits: 1, summary: 'last beat of a part: drain the accumulators and clear them' },
  keep: { bits: 1, summary: 'with end: the drained sums stay in PSUM, since more parts follow' },
  page: { bits: 3, summary: 'slot page: entry = page · 2^(8 − tapBits) + slot' },
} as const satisfies Record<string, Field>
export type Flags = { readonly [K in keyof typeof flagFields]: number }
export const flagBits = 8

/** Logits memory: int32 words. */
export const logitsWords = 4096
