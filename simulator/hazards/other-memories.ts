// Who reads and writes weight beats, row groups, table blocks, logits, partial sums and DRAM in which cycles.
import { entryOfKey } from '../../isa/model/column-keys.ts'
import { slotsPerBlock } from '../../isa/model/formats.ts'
import type { Instruction, InstructionOf, DramTransfer } from '../../isa/instruction.ts'
import { isBankOperation } from '../../isa/instruction.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { computeReads } from '../../isa/semantics/compute.ts'
import type { Execution } from '../../isa/semantics/execution.ts'
import { transferredBytes } from '../../isa/semantics/transfers.ts'
import {
  beatToReadCycles,
  parameterBeatToWriteCycles,
  positionCycles,
  positionLeadCycles,
  readCycle,
  sumWriteCycle,
} from '../../isa/timing.ts'
import type { InstructionRecord } from '../record.ts'
import type { FirstReads } from './carry.ts'
import type { DramTracker, Range } from './dram-tracker.ts'
import type { WordTracker } from './tracker.ts'

/** The small memories, a tracker each. */
export interface OtherTrackers {
  readonly weights: WordTracker
  readonly parameters: WordTracker
  /** heads of the blocks: geometries and tap bits, which every LOADT writes */
  readonly tables: WordTracker
  /** LOADT writes as many of a block's as it says */
  readonly slots: FirstReads
  readonly logits: WordTracker
  /** one word: every COMPUTE writes all of them */
  readonly partialSums: FirstReads
  readonly dram: DramTracker
}

/** The words of `slots`. */
const slotWord = (block: number, entry: number): number => block * slotsPerBlock + entry

/** One of them as text. */
export const slotPlace = (word: number): string =>
  `number ${Math.floor(word / slotsPerBlock)}, slot ${word % slotsPerBlock}`

/** Reports an instruction's accesses, before the instruction executes. */
export function trackOtherMemories(
  execution: Execution,
  instruction: Instruction,
  record: InstructionRecord,
  trackers: OtherTrackers,
): void {
  const { state } = execution
  const { index, issue, first, last, retire, steps } = record
  switch (instruction.op) {
    case 'LOADW':
    case 'LOADP': {
      trackers.dram.decide(rangeOf(state.machine, instruction), index)
      const [tracker, start] =
        instruction.op === 'LOADW' ? [trackers.weights, instruction.beat] : [trackers.parameters, instruction.group]
      steps?.forEach((beat, item) => {
        // Its first data beat comes at the earliest after the item before.
        const earliest = (item === 0 ? first : steps[item - 1]!) + 1
        tracker.write(start + item, earliest, beat + parameterBeatToWriteCycles, index)
      })
      return
    }
    case 'LOADT':
      trackers.dram.decide(rangeOf(state.machine, instruction), index)
      trackers.tables.write(instruction.block, first + 1, retire, index)
      for (let entry = 0; entry < instruction.slots; entry++)
        trackers.slots.write(slotWord(instruction.block, entry), index)
      return
    case 'COMPUTE': {
      const { machine } = state
      const { beats } = instruction
      trackSlots(execution, instruction, trackers.slots)
      if (instruction.accumulate === 1) trackers.partialSums.read(0, index)
      trackers.partialSums.write(0, index)
      const lead = positionLeadCycles(machine)
      const lastPosition = last + 1 - positionCycles(machine, beats)
      // With a serial post the COMPUTE goes on when its last beat has been read.
      trackers.tables.read(state.layer?.block ?? 0, issue, readCycle(machine, lastPosition, beats, 0, beats - 1), index)
      for (let beat = 0; beat < beats; beat++) {
        trackers.weights.read(instruction.beat + beat, first + lead + beat, lastPosition + lead + beat, index)
      }
      trackers.parameters.read(instruction.group, first, retire, index)
      if (instruction.logits === 0) return
      for (let row = 0; row < machine.rows; row++) {
        const cycle = sumWriteCycle(machine, last, instruction, row)
        trackers.logits.write(instruction.output + row, cycle, cycle, index)
      }
      return
    }
    case 'STOREL':
      for (let logit = 0; logit < instruction.count; logit++)
        trackers.logits.read(instruction.first + logit, first, last, index)
      return trackers.dram.write(rangeOf(state.machine, instruction), first, retire, index)
    case 'STORE':
      return trackers.dram.write(rangeOf(state.machine, instruction), first, retire, index)
    case 'LOAD':
      return trackers.dram.read(rangeOf(state.machine, instruction), first, last, index)
    default:
      if (isBankOperation(instruction))
        trackers.tables.read(state.layer?.block ?? 0, issue, last + beatToReadCycles, index)
  }
}

/** Every slot that a bank reads by, whether or not a weight takes it: a slot that does not exist is a fault. */
function trackSlots(execution: Execution, compute: InstructionOf<'COMPUTE'>, slots: FirstReads): void {
  const { layer, plan } = computeReads(execution, compute)
  const { tapBits } = execution.state.tables[layer.block === 0 ? 0 : 1]
  for (const key of plan.keys) slots.read(slotWord(layer.block, entryOfKey(key, tapBits)), execution.index)
}

function rangeOf(machine: Machine, transfer: DramTransfer): Range {
  const start = transfer.address * addressUnitBytes
  return { region: transfer.region, start, end: start + transferredBytes(machine, transfer) }
}
