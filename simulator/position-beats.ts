// How full the beats of a COMPUTE are: their products, and the lower bound of beats for these products.
import { beatBytes } from '../isa/model/sizes.ts'
import { addressUnitBytes, regions } from '../isa/instructions.ts'
import type { InstructionOf } from '../isa/instruction.ts'
import type { Machine } from '../isa/model/machine.ts'
import type { Program } from '../isa/program.ts'
import { drainGroups } from '../isa/timing.ts'
import { flag, unpackBeats } from '../isa/weights/beats.ts'
import type { BeatStream } from '../isa/weights/beats.ts'

/** A row group's beats at one position. */
export interface PositionBeats {
  readonly beats: number
  /** parts, and those of them whose sums stay in PSUM */
  readonly parts: number
  readonly keptParts: number
  /** entries of all clusters whose value is not zero */
  readonly products: number
  /** rows with at least one product */
  readonly rows: number
  /** Σ over parts of the longest cluster, each of its phases as long as its longest row */
  readonly evenBeats: number
  /** the same with at least U/R a part, the beats of a drain */
  readonly leastBeats: number
}

/** By index of each COMPUTE: its beats, from what the weight memory holds in program order. Beats that were not loaded from the constants count as empty. */
export function positionBeatsOf(program: Program): Map<number, PositionBeats> {
  const { instructions, entry, machine } = program
  const memory = new WeightOrigins(program)
  const byIndex = new Map<number, PositionBeats>()
  /** The same beats are often read several times: by strips, and by every image of a run. */
  const counted = new Map<string, PositionBeats>()
  for (const first of [entry.init, entry.infer])
    for (let index = first; index < instructions.length; index++) {
      const instruction = instructions[index]!
      if (instruction.op === 'HALT') break
      if (instruction.op === 'LOADW') memory.load(instruction)
      if (instruction.op !== 'COMPUTE') continue
      const origin = memory.originOf(instruction)
      const positionBeats = counted.get(origin) ?? countBeats(memory.read(instruction), machine)
      counted.set(origin, positionBeats)
      byIndex.set(index, positionBeats)
    }
  return byIndex
}

/** The constants from which the beats of the weight memory were loaded. */
class WeightOrigins {
  readonly #program: Program
  readonly #size: number
  /** [weightBeats] byte of the constants, −1 where there is none */
  readonly #origins: Float64Array

  constructor(program: Program) {
    this.#program = program
    this.#size = beatBytes(program.machine)
    this.#origins = new Float64Array(program.machine.weightBeats).fill(-1)
  }

  load({ region, address, beat, beats }: InstructionOf<'LOADW'>): void {
    for (let i = 0; i < beats; i++)
      this.#origins[beat + i] = regions[region] === 'constants' ? address * addressUnitBytes + i * this.#size : -1
  }

  /** Equal for instructions that read the same bytes. */
  originOf({ beat, beats }: InstructionOf<'COMPUTE'>): string {
    const origins = this.#origins.subarray(beat, beat + beats)
    const isContiguous = origins.every((at, i) => at === origins[0]! + i * this.#size)
    return isContiguous ? `${origins[0]}+${beats}` : origins.join()
  }

  read({ beat, beats }: InstructionOf<'COMPUTE'>): BeatStream {
    const { constants, machine } = this.#program
    const bytes = new Uint8Array(beats * this.#size)
    for (let i = 0; i < beats; i++) {
      const from = this.#origins[beat + i]!
      if (from >= 0) bytes.set(constants.subarray(from, from + this.#size), i * this.#size)
    }
    return unpackBeats(bytes, beats, machine)
  }
}

/** Counts the products and parts of a stream. */
export function countBeats({ beats, values, flags }: BeatStream, machine: Machine): PositionBeats {
  const { clusters, rows } = machine
  const isUsed = new Uint8Array(rows)
  const counts = new Int32Array(clusters * rows)
  /** [clusters] beats of the part's closed phases, and the longest row of the current phase */
  const length = new Int32Array(clusters)
  const longest = new Int32Array(clusters)
  let products = 0
  let parts = 0
  let keptParts = 0
  let evenBeats = 0
  let leastBeats = 0
  const closePhase = (cluster: number): void => {
    length[cluster]! += longest[cluster]!
    longest[cluster] = 0
    counts.fill(0, cluster * rows, (cluster + 1) * rows)
  }
  for (let beat = 0; beat < beats; beat++) {
    for (let cluster = 0; cluster < clusters; cluster++) {
      const at = beat * clusters + cluster
      if ((flags[at]! & flag.shift) !== 0) closePhase(cluster)
      for (let row = 0; row < rows; row++) {
        if (values[at * rows + row] === 0) continue
        products++
        isUsed[row] = 1
        longest[cluster] = Math.max(longest[cluster]!, ++counts[cluster * rows + row]!)
      }
    }
    const first = flags[beat * clusters]!
    if ((first & flag.end) === 0 && beat < beats - 1) continue
    if ((first & flag.end) !== 0) parts++
    if ((first & flag.end) !== 0 && (first & flag.keep) !== 0) keptParts++
    for (let cluster = 0; cluster < clusters; cluster++) closePhase(cluster)
    const part = length.reduce((most, own) => Math.max(most, own), 0)
    evenBeats += part
    leastBeats += Math.max(part, drainGroups(machine))
    length.fill(0)
  }
  return { beats, parts, keptParts, products, rows: isUsed.reduce((sum, used) => sum + used, 0), evenBeats, leastBeats }
}
