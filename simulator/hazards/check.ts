// The hazard check of a whole machine: one tracker a memory, fed in program order.
import type { Instruction } from '../../isa/instruction.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { limitsOf } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import type { Execution } from '../../isa/semantics/execution.ts'
import type { InstructionRecord } from '../record.ts'
import { CarryLog, FirstReads } from './carry.ts'
import type { Carried } from './carry.ts'
import { featurePlace, featureWordCount, trackFeatureMemory } from './dlp_feature_memory.ts'
import { HazardLog } from './hazard.ts'
import type { Hazard, HazardMemory } from './hazard.ts'
import { dramPlace, DramTracker } from './dram-tracker.ts'
import { slotPlace, trackOtherMemories } from './other-memories.ts'
import type { OtherTrackers } from './other-memories.ts'
import { WordTracker } from './tracker.ts'

/** Lives as long as the memories do: what one run wrote, the next may read. */
export class HazardCheck {
  #log = new HazardLog()
  readonly #carry = new CarryLog()
  readonly #feature: WordTracker
  readonly #others: OtherTrackers

  constructor(machine: Machine) {
    const carry = this.#carry
    const numbered = (what: string) => (word: number) => `${what} ${word}`
    const tracker = (words: number, memory: HazardMemory, place: (word: number) => string): WordTracker =>
      new WordTracker(words, (conflict) => this.#log.reporter(memory, place)(conflict), carry.reporter(memory, place))
    this.#feature = tracker(featureWordCount(machine), 'feature memory', (word) => featurePlace(machine, word))
    this.#others = {
      weights: tracker(machine.weightBeats, 'weight memory', numbered('beat')),
      parameters: tracker(machine.parameterGroups, 'parameter memory', numbered('group')),
      tables: tracker(2, 'table block', numbered('number')),
      slots: new FirstReads(carry.reporter('table block', slotPlace)),
      logits: tracker(limitsOf(machine).logitsWords, 'logits memory', numbered('logit')),
      partialSums: new FirstReads(carry.reporter('partial sums', () => 'of all rows')),
      dram: new DramTracker(
        (conflict) => this.#log.reporter('DRAM', dramPlace)(conflict),
        carry.reporter('DRAM', dramPlace),
      ),
    }
  }

  /** Starts a run: empty logs, cycles from zero. */
  newRun(): void {
    this.#log = new HazardLog()
    this.#carry.newRun()
    this.#feature.newRun()
    for (const tracker of Object.values(this.#others)) tracker.newRun()
  }

  /** Accounts for an instruction; to be called in program order, before the instruction executes. */
  track(execution: Execution, instruction: Instruction, record: InstructionRecord): void {
    trackFeatureMemory(execution, instruction, record, this.#feature)
    trackOtherMemories(execution, instruction, record, this.#others)
  }

  /** The hazards of the run. */
  hazards(program: Pick<Program, 'instructions' | 'layers'>): Hazard[] {
    return this.#log.list(program)
  }

  /** What a run of infer reads of the runs before it; to be asked after the first one. */
  carried(program: Pick<Program, 'instructions' | 'layers'>): Carried {
    return this.#carry.result(program, this.hazards(program))
  }
}
