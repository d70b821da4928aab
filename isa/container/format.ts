// The layout of a .dlp file: header, section table, sections; README.md states it to the byte.

import { createHash } from 'node:crypto'
import { mostRegionBytes } from '../instructions.ts'
import { machines } from '../model/machine.ts'
import type { Machine } from '../model/machine.ts'

export const magic = 'DLPB'
/** Raised with every change of the format; a reader accepts only its own. */
export const formatVersion = 2

/** Sections in the order in which a file holds them, with the most bytes that each may have. */
export const sections = [
  { kind: 1, name: 'machine', maximumBytes: 2 ** 12 },
  { kind: 2, name: 'metadata', maximumBytes: 2 ** 26 },
  { kind: 3, name: 'instructions', maximumBytes: 2 ** 20 },
  { kind: 4, name: 'constants', maximumBytes: mostRegionBytes },
] as const
export type SectionName = (typeof sections)[number]['name']

/** Offsets in the header. */
export const header = {
  magic: 0,
  version: 4,
  sectionCount: 6,
  fileBytes: 8,
  isaVersion: 12,
  timingVersion: 14,
  machineHash: 16,
  table: 48,
  spare: 112,
  checksum: 124,
  bytes: 128,
} as const

/** Bytes of an entry of the section table: kind, offset, length, CRC-32. */
export const tableEntryBytes = 16
export const machineHashBytes = 32
/** Sections start at multiples of so many bytes; what lies between is zero. */
export const sectionAlignment = 64

/** The first offset from `offset` on at which a section may start. */
export const alignSection = (offset: number): number => Math.ceil(offset / sectionAlignment) * sectionAlignment

/** A machine's canonical text: JSON without spaces, keys in alphabetical order. */
export function machineText(machine: Machine): string {
  const keys = [...Object.keys(machines.tiny), 'limits'] as (keyof Machine)[]
  return JSON.stringify(ordered(Object.fromEntries(keys.map((key) => [key, machine[key]]))))
}

/** The same value with the keys of every object in alphabetical order. */
const ordered = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, each]) => [key, ordered(each)]),
      )
    : value

/** SHA-256 of a machine's canonical text: two machines with one hash run the same programs. */
export function machineHash(machine: Machine): Uint8Array {
  return new Uint8Array(createHash('sha256').update(machineText(machine)).digest())
}
