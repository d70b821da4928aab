// Inter-run dependence: whether a run reads what an earlier run wrote. One checked run decides it for all runs.
//
// Nothing is reset between runs, so a run may read what an earlier one left. The first run after init shows whether it does:
// - Control and addresses do not depend on data. There are no branches, and the weights and tables that determine which words are read are constants of
//   the program. (A run that loads them from another region, or stores into the constants, counts as dependent.) So every run makes the same accesses in
//   the same cycles.
// - Therefore every run writes a word or none does. A word that no run writes holds what init left. A word that is written before it is read holds this
//   run's own value. Only a word that is read before its first write in the same run holds an earlier run's value: such words are searched for.
// - Words are everything that an instruction can read: words of feature memory, weight beats, row groups, the head of a table block and each of its slots,
//   logits, bytes of DRAM, and the partial sums, which count as one word since every COMPUTE writes all of them. LAYER and COLUMNS do not count: the
//   doorbell clears both.
// - Words that were never written follow the same rule, with one exception: bank operations may read them where no channel lies. Their result then
//   counts as unwritten, so that an instruction which uses such a value is a hazard in the first run; and a program with a hazard is never called
//   independent.
// - By induction over the run, each value that matters is therefore a function of init and of the run's own inputs, and so are outputs and overflows.
//   Hazards depend on cycles, which are equal, and on unwritten words, of which a later run has none that the first run did not have.
import { elementAt } from '../../base/defined.ts'
import { instructionText } from '../../isa/semantics/fault.ts'
import type { Program } from '../../isa/program.ts'
import { layerNameOf } from './hazard.ts'
import type { Hazard, HazardMemory } from './hazard.ts'
import type { OnReadFirst } from './tracker.ts'

/** One read by which a run depends on the runs before it. */
export interface RunDependence {
  readonly memory: HazardMemory | 'partial sums'
  readonly location: string
  /** the instruction that reads what was there before the run */
  readonly index: number
  readonly layer: string | undefined
  /** the instruction that writes it later in the run, for the next run to read; −1 where there is no such instruction */
  readonly writer: number
  /** one sentence */
  readonly text: string
}

/** What a program's runs read of earlier runs; unknown where no run was checked. */
export type InterRunDependence = RunDependence | 'none' | 'unknown'

type FoundRead = Omit<RunDependence, 'layer' | 'text'>

/** Keeps the first dependence of a run. */
export class DependenceLog {
  #found: FoundRead | undefined

  newRun(): void {
    this.#found = undefined
  }

  /** The callback for one memory. */
  reporter(memory: RunDependence['memory'], locationOf: (word: number) => string): OnReadFirst {
    return (word, index, writer) => {
      this.#found ??= { memory, location: locationOf(word), index, writer }
    }
  }

  /** The result for a run with these hazards. A run with a hazard is dependent, since the values of its words are not certain. */
  result(program: Pick<Program, 'instructions' | 'layers'>, [hazard]: readonly Hazard[]): InterRunDependence {
    if (hazard !== undefined) {
      const { memory, location, index, layer, text } = hazard
      return { memory, location, index, layer, writer: -1, text: `it has a hazard: ${text}` }
    }
    if (this.#found === undefined) return 'none'
    const dependence = { ...this.#found, layer: layerNameOf(program, this.#found.index) }
    return { ...dependence, text: sentence(dependence, program) }
  }
}

function sentence(
  { memory, location, index, layer, writer }: Omit<RunDependence, 'text'>,
  { instructions }: Pick<Program, 'instructions'>,
): string {
  const reader =
    instructionText(elementAt(instructions, index), index) + (layer === undefined ? '' : ` of layer '${layer}'`)
  if (writer < 0) return `${reader} makes what the run accesses depend on data, by ${memory} ${location}`
  return `${reader} reads ${memory} ${location} before ${instructionText(elementAt(instructions, writer), writer)} writes it`
}

/** Finds words that are read before their first write, where a memory has no hazard check by word. */
export class FirstReads {
  readonly #onReadFirst: OnReadFirst
  /** by word: the instruction that read it before any write of this run */
  readonly #readers = new Map<number, number>()
  readonly #written = new Set<number>()

  constructor(onReadFirst: OnReadFirst) {
    this.#onReadFirst = onReadFirst
  }

  newRun(): void {
    this.#readers.clear()
    this.#written.clear()
  }

  read(word: number, index: number): void {
    if (!this.#written.has(word) && !this.#readers.has(word)) this.#readers.set(word, index)
  }

  /** An instruction that reads and writes the same word must call `read` first. */
  write(word: number, index: number): void {
    const reader = this.#readers.get(word)
    if (reader !== undefined) this.#onReadFirst(word, reader, index)
    this.#written.add(word)
  }
}
