// Which instruction reads and writes weight beats, row groups, table blocks, logits, partial sums and DRAM in which cycles.
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
import type { FirstReads } from './inter-run-dependence.ts'
import type { ByteRange, DramTracker } from './dram-tracker.ts'
import type { WordTracker } from './tracker.ts'

/** A tracker for each memory but feature memory. */
export interface OtherTrackers {
  readonly weights: WordTracker
  readonly parameters: WordTracker
  /** heads of the blocks: geometries and tap bits, which every LOADT writes */
  readonly tables: WordTracker
  /** slots of the blocks: a LOADT writes as many as it states */
  readonly slots: FirstReads
  readonly logits: WordTracker
  /** one word: every COMPUTE writes all of them */
  readonly partialSums: FirstReads
  readonly dram: DramTracker
}

/** The words of `slots`. */
const slotWord = (block: number, entry: number): number => block * slotsPerBlock + entry

/** One of them as text. */
export const slotLocation = (word: number): string =>
  `number ${Math.floor(word / slotsPerBlock)}, slot ${word % slotsPerBlock}`

/** Reports an instruction's accesses, before the instruction executes. */
export function trackOtherMemories(
  execution: Execution,
  instruction: Instruction,
  record: InstructionRecord,
  trackers: OtherTrackers,
): void {
  const { machine, layer } = execution.state
  const { index, issue, first, last, retire } = record
  switch (instruction.op) {
    case 'LOADW':
      trackers.dram.readControl(rangeOf(machine, instruction), index)
      return trackItems(record, trackers.weights, instruction.beat)
    case 'LOADP':
      trackers.dram.readControl(rangeOf(machine, instruction), index)
      return trackItems(record, trackers.parameters, instruction.group)
    case 'LOADT':
      trackers.dram.readControl(rangeOf(machine, instruction), index)
      trackers.tables.write(instruction.block, first + 1, retire, index)
      for (let entry = 0; entry < instruction.slots; entry++)
        trackers.slots.write(slotWord(instruction.block, entry), index)
      return
    case 'COMPUTE':
      return trackCompute(execution, instruction, record, trackers)
    case 'STOREL':
      for (let logit = 0; logit < instruction.count; logit++)
        trackers.logits.read(instruction.first + logit, first, last, index)
      return trackers.dram.write(rangeOf(machine, instruction), first, retire, index)
    case 'STORE':
      return trackers.dram.write(rangeOf(machine, instruction), first, retire, index)
    case 'LOAD':
      return trackers.dram.read(rangeOf(machine, instruction), first, last, index)
    default:
      if (isBankOperation(instruction)) trackers.tables.read(layer?.block ?? 0, issue, last + beatToReadCycles, index)
  }
}

/** Writes of a LOADW or LOADP: weight beats or row groups from `start` on. */
function trackItems({ index, first, steps }: InstructionRecord, tracker: WordTracker, start: number): void {
  steps?.forEach((beat, item) => {
    // An item's first data beat comes after the last one of the item before.
    const earliest = (item === 0 ? first : steps[item - 1]!) + 1
    tracker.write(start + item, earliest, beat + parameterBeatToWriteCycles, index)
  })
}

function trackCompute(
  execution: Execution,
  compute: InstructionOf<'COMPUTE'>,
  { index, issue, first, last, retire }: InstructionRecord,
  trackers: OtherTrackers,
): void {
  const { machine, layer } = execution.state
  const { beats } = compute
  trackSlots(execution, compute, trackers.slots)
  if (compute.accumulate === 1) trackers.partialSums.read(0, index)
  trackers.partialSums.write(0, index)
  const lead = positionLeadCycles(machine)
  const lastPosition = last + 1 - positionCycles(machine, beats)
  // With a serial post unit the COMPUTE is still running after its last beat has been read.
  trackers.tables.read(layer?.block ?? 0, issue, readCycle(machine, lastPosition, beats, 0, beats - 1), index)
  for (let beat = 0; beat < beats; beat++) {
    trackers.weights.read(compute.beat + beat, first + lead + beat, lastPosition + lead + beat, index)
  }
  trackers.parameters.read(compute.group, first, retire, index)
  if (compute.logits === 0) return
  for (let row = 0; row < machine.rows; row++) {
    const cycle = sumWriteCycle(machine, last, compute, row)
    trackers.logits.write(compute.output + row, cycle, cycle, index)
  }
}

/** Every slot by which a bank reads, whether or not a weight multiplies the word: a slot that does not exist is a fault. */
function trackSlots(execution: Execution, compute: InstructionOf<'COMPUTE'>, slots: FirstReads): void {
  const { layer, plan } = computeReads(execution, compute)
  const { tapBits } = execution.state.tables[layer.block === 0 ? 0 : 1]
  for (const key of plan.keys) slots.read(slotWord(layer.block, entryOfKey(key, tapBits)), execution.index)
}

function rangeOf(machine: Machine, transfer: DramTransfer): ByteRange {
  const start = transfer.address * addressUnitBytes
  return { region: transfer.region, start, end: start + transferredBytes(machine, transfer) }
}
