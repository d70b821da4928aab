// A hazard as a person reads it: what came too early, by how much, whom it hurts and where.
import { elementAt } from '../../base/defined.ts'
import { instructionText } from '../../isa/semantics/fault.ts'
import type { Program } from '../../isa/program.ts'
import type { Conflict, HazardKind, Report } from './tracker.ts'

export type HazardMemory =
  'feature memory' | 'weight memory' | 'parameter memory' | 'table block' | 'logits memory' | 'DRAM'

/** All conflicts of one kind between the same two instructions in one memory. */
export interface Hazard {
  readonly kind: HazardKind
  readonly memory: HazardMemory
  /** the instruction that comes too early, and its layer where it has one */
  readonly index: number
  readonly layer: string | undefined
  /** the earlier instruction, −1 where there is none */
  readonly other: number
  /** the worst conflict's cycle, place and lack of cycles */
  readonly cycle: number
  readonly place: string
  readonly cycles: number
  /** words concerned */
  readonly count: number
  /** one sentence */
  readonly text: string
}

/** Gathers conflicts; the worst of each pair of instructions is kept. */
export class HazardLog {
  readonly #found = new Map<
    string,
    { conflict: Conflict; memory: HazardMemory; place: (word: number) => string; count: number }
  >()

  /** Where a memory's conflicts go. */
  reporter(memory: HazardMemory, place: (word: number) => string): Report {
    return (conflict) => {
      const key = `${memory}/${conflict.kind}/${conflict.index}/${conflict.other}`
      const known = this.#found.get(key)
      if (known === undefined) this.#found.set(key, { conflict, memory, place, count: 1 })
      else {
        known.count++
        if (conflict.cycles > known.conflict.cycles) known.conflict = conflict
      }
    }
  }

  /** In the order in which they were found. */
  list(program: Pick<Program, 'instructions' | 'layers'>): Hazard[] {
    return [...this.#found.values()].map(({ conflict, memory, place, count }) => {
      const { kind, index, other, cycle, cycles, word } = conflict
      const layer = layerNameOf(program, index)
      const hazard = { kind, memory, index, layer, other, cycle, place: place(word), cycles, count }
      return { ...hazard, text: sentence(hazard, program) }
    })
  }
}

/** The layer that an instruction belongs to, where it has one. */
export const layerNameOf = ({ layers }: Pick<Program, 'layers'>, index: number): string | undefined =>
  layers.find(({ first, end }) => index >= first && index < end)?.name

function sentence(hazard: Omit<Hazard, 'text'>, { instructions }: Pick<Program, 'instructions'>): string {
  const { kind, memory, index, layer, other, cycle, place, cycles, count } = hazard
  const own =
    instructionText(elementAt(instructions, index), index) + (layer === undefined ? '' : ` of layer '${layer}'`)
  const words = count === 1 ? '' : ` (and ${count - 1} more words)`
  const where = `${memory} ${place}${words}`
  const before = other < 0 ? '' : instructionText(elementAt(instructions, other), other)
  switch (kind) {
    case 'uninitialised read':
      return `${own} reads ${where} in cycle ${cycle}, which nothing has written`
    case 'read before write':
      return `${own} reads ${where} in cycle ${cycle}, ${cycles} cycles before ${before} has written it`
    case 'write before read':
      return `${own} writes ${where} in cycle ${cycle}, ${cycles} cycles before ${before} has read it`
    case 'write before write':
      return `${own} writes ${where} in cycle ${cycle}, ${cycles} cycles too early: ${before} overwrites it`
    default:
      return kind satisfies never
  }
}
