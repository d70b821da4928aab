// What a run reads of what the runs before it wrote: shown by one run for all of them.
//
// Nothing is reset between runs, so a run may read what an earlier one left. Whether it does, its first run after init tells:
// - Control and addresses do not depend on data: there are no branches, and weights and tables, which decide what is read, are the program's constants
//   (a run that loads them from elsewhere, or stores into the constants, is said to carry). So every run makes the same accesses in the same cycles.
// - A word therefore is written by every run or by none. One that no run writes holds what init left; one that is written before it is read holds this
//   run's own. Only a word that is read before its first write of the same run holds an earlier run's: these are looked for.
// - The words are everything that an instruction can read: words of feature memory, weight beats, row groups, the head of a table block and each of its
//   slots, logits, bytes of DRAM, and the partial sums as one word, which every COMPUTE writes. LAYER and COLUMNS are none: both are gone at the doorbell.
// - Words that were never written are no exception, but for one: bank operations may read them where no channel lies. Their result counts as
//   unwritten itself, so that whatever takes a value from it is a hazard in the first run; and a program with a hazard is never called independent.
// - So, by induction over the run, each value that matters is a function of init and of the run's own inputs; with it outputs and overflows. Hazards
//   depend on cycles, which are equal, and on unwritten words, of which a later run has none that the first had not.
import { elementAt } from '../../base/defined.ts'
import { instructionText } from '../../isa/semantics/fault.ts'
import type { Program } from '../../isa/program.ts'
import { layerNameOf } from './hazard.ts'
import type { Hazard, HazardMemory } from './hazard.ts'
import type { CarryReport } from './tracker.ts'

/** A way in which a run depends on the runs before it. */
export interface Carry {
  readonly memory: HazardMemory | 'partial sums'
  readonly place: string
  /** the instruction that reads what was there before the run */
  readonly index: number
  readonly layer: string | undefined
  /** the instruction that writes it later in the run, for the next run to read; −1 where it is not about such a pair */
  readonly writer: number
  /** one sentence */
  readonly text: string
}

/** What of earlier runs the runs of a program read; unknown where no run was checked. */
export type Carried = Carry | 'nothing' | 'unknown'

type Found = Omit<Carry, 'layer' | 'text'>

/** Keeps the first carry of a run. */
export class CarryLog {
  #found: Found | undefined

  newRun(): void {
    this.#found = undefined
  }

  /** Where a memory's carries go. */
  reporter(memory: Carry['memory'], place: (word: number) => string): CarryReport {
    return (word, index, writer) => {
      this.#found ??= { memory, place: place(word), index, writer }
    }
  }

  /** What was found in a run with these hazards: with any, what its words hold is not known. */
  result(program: Pick<Program, 'instructions' | 'layers'>, [hazard]: readonly Hazard[]): Carried {
    if (hazard !== undefined) {
      const { memory, place, index, layer, text } = hazard
      return { memory, place, index, layer, writer: -1, text: `it has a hazard: ${text}` }
    }
    if (this.#found === undefined) return 'nothing'
    const carry = { ...this.#found, layer: layerNameOf(program, this.#found.index) }
    return { ...carry, text: sentence(carry, program) }
  }
}

function sentence(
  { memory, place, index, layer, writer }: Omit<Carry, 'text'>,
  { instructions }: Pick<Program, 'instructions'>,
): string {
  const own =
    instructionText(elementAt(instructions, index), index) + (layer === undefined ? '' : ` of layer '${layer}'`)
  if (writer < 0) return `${own} makes what the run accesses depend on data, by ${memory} ${place}`
  return `${own} reads ${memory} ${place} before ${instructionText(elementAt(instructions, writer), writer)} writes it`
}

/** The rule for words without a hazard check of their own. */
export class FirstReads {
  readonly #report: CarryReport
  /** by word: who read it before any write of this run */
  readonly #readers = new Map<number, number>()
  readonly #written = new Set<number>()

  constructor(report: CarryReport) {
    this.#report = report
  }

  newRun(): void {
    this.#readers.clear()
    this.#written.clear()
  }

  read(word: number, index: number): void {
    if (!this.#written.has(word) && !this.#readers.has(word)) this.#readers.set(word, index)
  }

  /** An instruction that reads what it writes tells of the read first. */
  write(word: number, index: number): void {
    const reader = this.#readers.get(word)
    if (reader !== undefined) this.#report(word, reader, index)
    this.#written.add(word)
  }
}
