// A hazard as a person reads it: which access comes too early, by how much, before which other access, and where.
import { elementAt } from '../../base/defined.ts'
import { instructionText } from '../../isa/semantics/fault.ts'
import type { Program } from '../../isa/program.ts'
import type { Conflict, HazardKind, OnConflict } from './tracker.ts'

export type HazardMemory =
  'feature memory' | 'weight memory' | 'parameter memory' | 'table block' | 'logits memory' | 'DRAM'

/** All conflicts of one kind between the same two instructions in one memory. */
export interface Hazard {
  readonly kind: HazardKind
  readonly memory: HazardMemory
  /** the instruction that comes too early, and its layer where it has one */
  readonly index: number
  readonly layer: string | undefined
  /** the instruction whose access should come first, −1 where there is none */
  readonly other: number
  /** of the worst conflict: its cycle, its location, and by how many cycles it comes too early */
  readonly cycle: number
  readonly location: string
  readonly cycles: number
  /** words with such a conflict */
  readonly count: number
  /** one sentence */
  readonly text: string
}

/** Gathers conflicts; the worst of each pair of instructions is kept. */
export class HazardLog {
  readonly #found = new Map<
    string,
    { conflict: Conflict; memory: HazardMemory; locationOf: (word: number) => string; count: number }
  >()

  /** The callback for one memory. */
  reporter(memory: HazardMemory, locationOf: (word: number) => string): OnConflict {
    return (conflict) => {
      const key = `${memory}/${conflict.kind}/${conflict.index}/${conflict.other}`
      const found = this.#found.get(key)
      if (found === undefined) this.#found.set(key, { conflict, memory, locationOf, count: 1 })
      else {
        found.count++
        if (conflict.cycles > found.conflict.cycles) found.conflict = conflict
      }
    }
  }

  /** In the order in which they were found. */
  list(program: Pick<Program, 'instructions' | 'layers'>): Hazard[] {
    return [...this.#found.values()].map(({ conflict, memory, locationOf, count }) => {
      const { kind, index, other, cycle, cycles, word } = conflict
      const layer = layerNameOf(program, index)
      const hazard = { kind, memory, index, layer, other, cycle, location: locationOf(word), cycles, count }
      return { ...hazard, text: sentence(hazard, program) }
    })
  }
}

/** The layer that an instruction belongs to, where it has one. */
export const layerNameOf = ({ layers }: Pick<Program, 'layers'>, index: number): string | undefined =>
  layers.find(({ first, end }) => index >= first && index < end)?.name

function sentence(hazard: Omit<Hazard, 'text'>, { instructions }: Pick<Program, 'instructions'>): string {
  const { kind, memory, index, layer, other, cycle, location, cycles, count } = hazard
  const early =
    instructionText(elementAt(instructions, index), index) + (layer === undefined ? '' : ` of layer '${layer}'`)
  const words = count === 1 ? '' : ` (and ${count - 1} more words)`
  const where = `${memory} ${location}${words}`
  const first = other < 0 ? '' : instructionText(elementAt(instructions, other), other)
  switch (kind) {
    case 'uninitialised read':
      return `${early} reads ${where} in cycle ${cycle}, which nothing has written`
    case 'read before write':
      return `${early} reads ${where} in cycle ${cycle}, ${cycles} cycles before ${first} has written it`
    case 'write before read':
      return `${early} writes ${where} in cycle ${cycle}, ${cycles} cycles before ${first} has read it`
    case 'write before write':
      return `${early} writes ${where} in cycle ${cycle}, ${cycles} cycles too early: ${first} overwrites it`
    default:
      return kind satisfies never
  }
}
