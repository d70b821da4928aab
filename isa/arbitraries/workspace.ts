// What a random program has taken so far: places in every memory, its instructions' data, the maps it may read.

import type { InstructionOf } from '../instruction.ts'
import type { Mnemonic } from '../instructions.ts'
import { addressUnitBytes, instructions, wholeUnits } from '../instructions.ts'
import type { Machine } from '../model/machine.ts'
import type { Draw } from './draw.ts'

/** A map in feature memory, all of whose channels and positions are written. */
export interface FeatureMap {
  readonly base: number
  readonly planeStride: number
  readonly patchHeight: number
  readonly patchWidth: number
  readonly slots: number
  /** 1: codes of 4 bits; 2: codes of 8 bits */
  readonly planes: number
  readonly startBank: number
}

/** Takes places of a memory one after the other. */
export class Places {
  private readonly size: number
  next = 0

  constructor(size: number) {
    this.size = size
  }

  fits(count: number): boolean {
    return this.next + count <= this.size
  }

  /** The first of so many places; to be asked only if they fit. */
  take(count: number): number {
    if (!this.fits(count)) throw new RangeError(`${count} places from ${this.next} of ${this.size}`)
    const first = this.next
    this.next += count
    return first
  }
}

/** Bytes one after the other, each piece on an address unit. */
export class Region {
  private readonly pieces: { readonly at: number; readonly bytes: Uint8Array }[] = []
  length = 0

  /** Sets bytes aside; returns their first byte. */
  reserve(bytes: number): number {
    const at = this.length
    this.length += wholeUnits(bytes)
    return at
  }

  /** Adds bytes; returns their address in units. */
  add(bytes: Uint8Array): number {
    const at = this.reserve(bytes.length)
    this.pieces.push({ at, bytes })
    return at / addressUnitBytes
  }

  contents(): Uint8Array {
    const all = new Uint8Array(this.length)
    for (const { at, bytes } of this.pieces) all.set(bytes, at)
    return all
  }
}

export interface Workspace {
  readonly draw: Draw
  readonly machine: Machine
  readonly feature: Places
  readonly weights: Places
  readonly groups: Places
  readonly logits: Places
  readonly constants: Region
  readonly maps: FeatureMap[]
}

/** A map to read: the last one as often as all others, so that work follows close on what it needs. */
export const pickSource = ({ draw, maps }: Workspace): FeatureMap => (draw.chance(0.5) ? maps.at(-1)! : draw.pick(maps))

/** The semaphores of random programs, each with one queue that signals and one that waits. */
export const semaphore = {
  /** load → compute: a map is loaded */
  loaded: 1 << 0,
  /** parameter → compute: a layer's tables, parameters and weights are loaded */
  ready: 1 << 1,
  /** compute → load: a map lies in the scratch region */
  spilled: 1 << 2,
  /** compute → parameter: a table block is free */
  free: 1 << 3,
  /** compute → load: logits are written */
  summed: 1 << 4,
} as const

/** An instruction with the fields given; all others are zero. */
export function make<M extends Mnemonic>(op: M, fields: Partial<Omit<InstructionOf<M>, 'op'>>): InstructionOf<M> {
  const zeros = Object.fromEntries(Object.keys(instructions[op].fields).map((name) => [name, 0]))
  return { op, wait: 0, signal: 0, ...zeros, ...fields } as unknown as InstructionOf<M>
}
