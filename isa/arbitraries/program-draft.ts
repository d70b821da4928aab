// A random program under construction: what it has allocated of every memory, its instructions' data, the maps that it may read.

import { defined } from '../../base/defined.ts'
import type { InstructionOf } from '../instruction.ts'
import type { Mnemonic } from '../instructions.ts'
import { addressUnitBytes, instructions, wholeUnits } from '../instructions.ts'
import type { Machine } from '../model/machine.ts'
import type { SeededRandom } from './seeded-random.ts'

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

/** Allocates words of a memory one after the other. */
export class BumpAllocator {
  readonly #size: number
  next = 0

  constructor(size: number) {
    this.#size = size
  }

  fits(count: number): boolean {
    return this.next + count <= this.#size
  }

  /** Allocates so many words; returns the first. They must fit. */
  allocate(count: number): number {
    if (!this.fits(count)) throw new RangeError(`${count} words from ${this.next} of ${this.#size}`)
    const first = this.next
    this.next += count
    return first
  }
}

/** A DRAM region: blocks of bytes one after the other, each on an address unit. */
export class RegionBuilder {
  readonly #blocks: { readonly at: number; readonly bytes: Uint8Array }[] = []
  length = 0

  /** Reserves bytes; returns the offset of the first. */
  reserve(bytes: number): number {
    const at = this.length
    this.length += wholeUnits(bytes)
    return at
  }

  /** Adds bytes; returns their address in units. */
  add(bytes: Uint8Array): number {
    const at = this.reserve(bytes.length)
    this.#blocks.push({ at, bytes })
    return at / addressUnitBytes
  }

  contents(): Uint8Array {
    const all = new Uint8Array(this.length)
    for (const { at, bytes } of this.#blocks) all.set(bytes, at)
    return all
  }
}

export interface ProgramDraft {
  readonly random: SeededRandom
  readonly machine: Machine
  readonly feature: BumpAllocator
  readonly weights: BumpAllocator
  readonly groups: BumpAllocator
  readonly logits: BumpAllocator
  readonly constants: RegionBuilder
  readonly maps: FeatureMap[]
}

/** A map to read: the last one as often as all others, so that instructions often follow soon after what they depend on. */
export const pickSource = ({ random, maps }: ProgramDraft): FeatureMap =>
  random.chance(0.5) ? defined(maps.at(-1)) : random.pick(maps)

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
