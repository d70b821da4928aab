// The hazard check of a whole machine: one tracker for each memory, called in program order.
import type { Instruction } from '../../isa/instruction.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { limitsOf } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import type { Execution } from '../../isa/semantics/execution.ts'
import type { InstructionRecord } from '../record.ts'
import { DependenceLog, FirstReads } from './inter-run-dependence.ts'
import type { InterRunDependence } from './inter-run-dependence.ts'
import { featureLocation, featureWordCount, trackFeatureMemory } from './dlp_feature_memory.ts'
import { HazardLog } from './hazard.ts'
import type { Hazard, HazardMemory } from './hazard.ts'
import { dramLocation, DramTracker } from './dram-tracker.ts'
import { slotLocation, trackOtherMemories } from './other-memories.ts'
import type { OtherTrackers } from './other-memories.ts'
import { WordTracker } from './tracker.ts'

/** Kept as long as the memories are, since a run may read what an earlier one wrote. */
export class HazardCheck {
  #log = new HazardLog()
  readonly #dependences = new DependenceLog()
  readonly #feature: WordTracker
  readonly #others: OtherTrackers

  constructor(machine: Machine) {
    const dependences = this.#dependences
    const numbered = (what: string) => (word: number) => `${what} ${word}`
    const tracker = (words: number, memory: HazardMemory, locationOf: (word: number) => string): WordTracker =>
      new WordTracker(
        words,
        (conflict) => this.#log.reporter(memory, locationOf)(conflict),
        dependences.reporter(memory, locationOf),
      )
    this.#feature = tracker(featureWordCount(machine), 'feature memory', (word) => featureLocation(machine, word))
    this.#others = {
      weights: tracker(machine.weightBeats, 'weight memory', numbered('beat')),
      parameters: tracker(machine.parameterGroups, 'parameter memory', numbered('group')),
      tables: tracker(2, 'table block', numbered('number')),
      slots: new FirstReads(dependences.reporter('table block', slotLocation)),
      logits: tracker(limitsOf(machine).logitsWords, 'logits memory', numbered('logit')),
      partialSums: new FirstReads(dependences.reporter('partial sums', () => 'of all rows')),
      dram: new DramTracker(
        (conflict) => this.#log.reporter('DRAM', dramLocation)(conflict),
        dependences.reporter('DRAM', dramLocation),
      ),
    }
  }

  /** Starts a run: empty logs, cycles from zero. */
  newRun(): void {
    this.#log = new HazardLog()
    this.#dependences.newRun()
    this.#feature.newRun()
    for (const tracker of Object.values(this.#others)) tracker.newRun()
  }

  /** Records an instruction's accesses; to be called in program order, before the instruction executes. */
  track(execution: Execution, instruction: Instruction, record: InstructionRecord): void {
    trackFeatureMemory(execution, instruction, record, this.#feature)
    trackOtherMemories(execution, instruction, record, this.#others)
  }

  /** The hazards of the run. */
  hazards(program: Pick<Program, 'instructions' | 'layers'>): Hazard[] {
    return this.#log.list(program)
  }

  /** What a run of infer reads of earlier runs; to be called after the first run. */
  interRunDependence(program: Pick<Program, 'instructions' | 'layers'>): InterRunDependence {
    return this.#dependences.result(program, this.hazards(program))
  }
}
