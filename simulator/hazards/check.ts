// The hazard check of a whole machine: one tracker a memory, fed in program order.
import type { Instruction } from '../../isa/instruction.ts'
import type { Machine } from '../../isa/machine.ts'
import { limitsOf } from '../../isa/machine.ts'
import type { Execution } from '../../isa/semantics/execution.ts'
import type { InstructionRecord } from '../record.ts'
import { featurePlace, featureWordCount, trackFeatureMemory } from './dlp_feature_memory.ts'
import { HazardLog } from './hazard.ts'
import { dramPlace, DramTracker, trackOtherMemories } from './other-memories.ts'
import type { OtherTrackers } from './other-memories.ts'
import { WordTracker } from './tracker.ts'

/** Lives as long as the memories do: what one run wrote, the next may read. */
export class HazardCheck {
  private log = new HazardLog()
  private readonly feature: WordTracker
  private readonly others: OtherTrackers

  constructor(machine: Machine) {
    const numbered = (what: string) => (word: number) => `${what} ${word}`
    const tracker = (
      words: number,
      memory: Parameters<HazardLog['reporter']>[0],
      place: (word: number) => string,
    ): WordTracker => new WordTracker(words, (conflict) => this.log.reporter(memory, place)(conflict))
    this.feature = tracker(featureWordCount(machine), 'feature memory', (word) => featurePlace(machine, word))
    this.others = {
      weights: tracker(machine.weightBeats, 'weight memory', numbered('beat')),
      parameters: tracker(machine.parameterGroups, 'parameter memory', numbered('group')),
      tables: tracker(2, 'table block', numbered('number')),
      logits: tracker(limitsOf(machine).logitsWords, 'logits memory', numbered('logit')),
      dram: new DramTracker((conflict) => this.log.reporter('DRAM', dramPlace)(conflict)),
    }
  }

  /** Starts a run: an empty log, cycles from zero. */
  newRun(): void {
    this.log = new HazardLog()
    this.feature.newRun()
    this.others.weights.newRun()
    this.others.parameters.newRun()
    this.others.tables.newRun()
    this.others.logits.newRun()
    this.others.dram.newRun()
  }

  /** Accounts for an instruction; to be called in program order, before the instruction executes. */
  track(execution: Execution, instruction: Instruction, record: InstructionRecord): void {
    trackFeatureMemory(execution, instruction, record, this.feature)
    trackOtherMemories(execution, instruction, record, this.others)
  }

  /** The hazards of the run. */
  hazards(program: Parameters<HazardLog['list']>[0]): ReturnType<HazardLog['list']> {
    return this.log.list(program)
  }
}
