// The constants region under construction: weights, parameters and tables as the bytes that LOADW, LOADP and LOADT read.
import type { LayerColumns } from '../lower/columns.ts'
import { writeFields } from '../../base/bits.ts'
import {
  geometriesPerBlock,
  geometryBits,
  geometryFields,
  parameterBits,
  parameterFields,
  slotBits,
  slotFields,
  type Geometry,
  type RowParameters,
} from '../../isa/model/formats.ts'
import { groupBytes, tableBytes } from '../../isa/model/sizes.ts'
import { addressUnitBytes, wholeUnits } from '../../isa/instructions.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { checkCapacity, type Refusal } from '../refusal.ts'

/** Collects blobs, each from a whole address unit on. */
export class Constants {
  readonly #blobs: { readonly at: number; readonly make: () => Uint8Array }[] = []
  #size = 0
  #firstRefusal: Refusal | undefined
  readonly #machine: Machine
  readonly #where: string

  /** @param where names the model in messages */
  constructor(machine: Machine, where: string) {
    this.#machine = machine
    this.#where = where
  }

  /** Appends bytes and returns their address in units of 64 bytes. */
  add(bytes: Uint8Array): number {
    return this.addLater(bytes.length, () => bytes)
  }

  /** Reserves so many bytes, which are made in the end, and returns their address. */
  addLater(length: number, make: () => Uint8Array): number {
    const address = this.#size / addressUnitBytes
    // The last blob may end above the highest address, but none may begin there.
    this.#firstRefusal ??= checkCapacity('constants', address + 1, this.#machine, this.#where)
    this.#blobs.push({ at: this.#size, make })
    this.#size += wholeUnits(length)
    return address
  }

  /** Why the constants do not fit; undefined if they do. */
  get refusal(): Refusal | undefined {
    return this.#firstRefusal
  }

  /** The bytes added at a byte address, or undefined where none begin there. */
  at(address: number): Uint8Array | undefined {
    return this.#blobs.find(({ at }) => at === address)?.make()
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#size)
    for (const { at, make } of this.#blobs) all.set(make(), at)
    return all
  }
}

/** One table block as LOADT reads it. */
export function tableBlock(
  { geometries, slots }: Pick<LayerColumns, 'geometries' | 'slots'>,
  machine: Machine,
): Uint8Array {
  const bytes = new Uint8Array(tableBytes(machine, slots.length))
  geometries.forEach((geometry: Geometry, index) => writeFields(bytes, index * geometryBits, geometryFields, geometry))
  slots.forEach((slot, index) =>
    writeFields(bytes, geometriesPerBlock * geometryBits + index * slotBits, slotFields, slot),
  )
  return bytes
}

/** One row group of parameters as LOADP reads it; rows past the layer's last get zeros. */
export function parameterGroup(rows: readonly RowParameters[], machine: Machine): Uint8Array {
  const bytes = new Uint8Array(groupBytes(machine))
  rows.forEach((row, index) => writeFields(bytes, index * parameterBits, parameterFields, row))
  return bytes
}
