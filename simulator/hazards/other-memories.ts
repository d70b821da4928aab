// Who reads and writes weight beats, row groups, table blocks, logits and DRAM in which cycles.
import type { Instruction, InstructionOf } from '../../isa/instruction.ts'
import { addressUnitBytes, regions } from '../../isa/instructions.ts'
import type { Machine } from '../../isa/machine.ts'
import type { Execution } from '../../isa/semantics/execution.ts'
import { transferBytes } from '../../isa/semantics/transfers.ts'
import {
  beatToReadCycles,
  parameterBeatToWriteCycles,
  positionCycles,
  positionLeadCycles,
  readCycle,
  resultCycles,
} from '../../isa/timing.ts'
import type { InstructionRecord } from '../record.ts'
import type { Report, WordTracker } from './tracker.ts'

/** The small memories, a tracker each. */
export interface OtherTrackers {
  readonly weights: WordTracker
  readonly parameters: WordTracker
  readonly tables: WordTracker
  readonly logits: WordTracker
  readonly dram: DramTracker
}

/** Reports an instruction's accesses, before the instruction executes. */
export function trackOtherMemories(
  { state }: Execution,
  instruction: Instruction,
  record: InstructionRecord,
  trackers: OtherTrackers,
): void {
  const { index, issue, first, last, retire, steps } = record
  switch (instruction.op) {
    case 'LOADW':
    case 'LOADP': {
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
      return trackers.tables.write(instruction.block, first + 1, retire, index)
    case 'COMPUTE': {
      const { machine } = state
      const { beats } = instruction
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
        const cycle = last + resultCycles(machine, instruction) + Math.floor(row / machine.drainRows)
        trackers.logits.write(instruction.output + row, cycle, cycle, index)
      }
      return
    }
    case 'POOL':
    case 'MOVE':
    case 'REPATCH':
      return trackers.tables.read(state.layer?.block ?? 0, issue, last + beatToReadCycles, index)
    case 'STOREL':
      for (let logit = 0; logit < instruction.count; logit++)
        trackers.logits.read(instruction.first + logit, first, last, index)
      return trackers.dram.write(rangeOf(state.machine, instruction), first, retire, index)
    case 'STORE':
      return trackers.dram.write(rangeOf(state.machine, instruction), first, retire, index)
    case 'LOAD':
      return trackers.dram.read(rangeOf(state.machine, instruction), first, last, index)
    default:
  }
}

interface Range {
  readonly region: number
  readonly start: number
  readonly end: number
}

interface Access extends Range {
  readonly earliest: number
  readonly latest: number
  readonly index: number
}

/** Overlaps of STORE and STOREL with LOAD in DRAM; byte ranges instead of words. */
export class DramTracker {
  private readonly report: Report
  private reads: Access[] = []
  private writes: Access[] = []

  constructor(report: Report) {
    this.report = report
  }

  newRun(): void {
    this.reads = []
    this.writes = []
  }

  read(range: Range, earliest: number, latest: number, index: number): void {
    for (const write of this.writes) {
      if (!overlap(write, range) || write.latest < earliest) continue
      const cycles = write.latest + 1 - earliest
      this.report({ kind: 'read before write', word: place(range), index, other: write.index, cycle: earliest, cycles })
    }
    this.reads.push({ ...range, earliest, latest, index })
  }

  write(range: Range, earliest: number, latest: number, index: number): void {
    for (const read of this.reads) {
      if (!overlap(read, range) || read.latest <= earliest) continue
      this.report({
        kind: 'write before read',
        word: place(range),
        index,
        other: read.index,
        cycle: earliest,
        cycles: read.latest - earliest,
      })
    }
    for (const write of this.writes) {
      if (!overlap(write, range) || write.latest < earliest) continue
      const cycles = write.latest + 1 - earliest
      this.report({
        kind: 'write before write',
        word: place(range),
        index,
        other: write.index,
        cycle: earliest,
        cycles,
      })
    }
    this.writes.push({ ...range, earliest, latest, index })
  }
}

const regionSpan = 2 ** 40
const place = ({ region, start }: Range): number => region * regionSpan + start
const overlap = (a: Range, b: Range): boolean => a.region === b.region && a.start < b.end && b.start < a.end

/** A DRAM place as text. */
export const dramPlace = (word: number): string => `${regions[Math.floor(word / regionSpan)]} byte ${word % regionSpan}`

function rangeOf(machine: Machine, transfer: InstructionOf<'LOAD' | 'STORE' | 'STOREL'>): Range {
  const start = transfer.address * addressUnitBytes
  const bytes = transfer.op === 'STOREL' ? transfer.count * 4 : transferBytes(machine, transfer)
  return { region: transfer.region, start, end: start + bytes }
}
