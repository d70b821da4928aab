// Which instruction reads and writes which word of feature memory in which cycle.
import { defined } from '../../base/defined.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { BankOperation, Instruction, InstructionOf } from '../../isa/instruction.ts'
import { isBankOperation } from '../../isa/instruction.ts'
import { computeReads } from '../../isa/semantics/compute.ts'
import type { Execution } from '../../isa/semantics/execution.ts'
import { bankOperationReads } from '../../isa/semantics/bank-operations.ts'
import { rowPlanes } from '../../isa/semantics/post.ts'
import { wordNumber } from '../../isa/semantics/state.ts'
import { groupAddress, loadedChannel, bankOfChannel, wordGroups } from '../../isa/semantics/transfers.ts'
import { slotChannels } from '../../isa/model/machine.ts'
import {
  bankBeatToReadCycles, bankBeatToWriteCycles, loadBeatToRetireCycles, loadBeatToWriteCycles, planeBeats, positionCycles,
  readCycle, sumWriteCycle, tapBeat, wordBeats, writeCycle,
} from '../../isa/timing.ts' // prettier-ignore
import type { InstructionRecord } from '../record.ts'
import type { WordTracker } from './tracker.ts'

/** Words of feature memory. */
export const featureWordCount = (machine: Machine): number => machine.clusters * machine.banks * machine.featureWords

/** The location of a word, by its number. */
export function featureLocation(machine: Machine, word: number): string {
  const bank = Math.floor(word / machine.featureWords)
  return `cluster ${Math.floor(bank / machine.banks)}, bank ${bank % machine.banks}, address ${word % machine.featureWords}`
}

/** Reports an instruction's accesses, before the instruction executes. */
export function trackFeatureMemory(
  execution: Execution,
  instruction: Instruction,
  record: InstructionRecord,
  tracker: WordTracker,
): void {
  switch (instruction.op) {
    case 'LOAD':
      return trackLoad(execution, instruction, record, tracker)
    case 'STORE':
      return trackStore(execution, instruction, record, tracker)
    case 'COMPUTE':
      return trackCompute(execution, instruction, record, tracker)
    default:
      if (isBankOperation(instruction)) trackBankOperation(execution, instruction, record, tracker)
  }
}

function trackLoad(
  { state }: Execution,
  load: InstructionOf<'LOAD'>,
  record: InstructionRecord,
  tracker: WordTracker,
): void {
  const { machine } = state
  const groups = wordGroups(machine, load)
  const steps = defined(record.steps)
  for (let step = 0; step < steps.length; step++) {
    const group = groups[step % groups.length]!
    const address = groupAddress(load, group, Math.floor(step / groups.length))
    const earliest = (step === 0 ? record.first : steps[step - 1]!) + 1 + loadBeatToWriteCycles
    const latest = steps[step]! + loadBeatToRetireCycles
    for (let q = 0; q < slotChannels(machine); q++) {
      if (loadedChannel(machine, load, group, q) === undefined) continue
      const { cluster, bank } = bankOfChannel(machine, q, group.plane, load.startBank)
      tracker.write(wordNumber(machine, cluster, bank, address), earliest, latest, record.index)
    }
  }
}

function trackStore(
  { state }: Execution,
  store: InstructionOf<'STORE'>,
  record: InstructionRecord,
  tracker: WordTracker,
): void {
  const { machine } = state
  const groups = wordGroups(machine, store)
  const steps = defined(record.steps)
  for (let step = 0; step < steps.length; step++) {
    const group = groups[step % groups.length]!
    const address = groupAddress(store, group, Math.floor(step / groups.length))
    for (let q = 0; q < group.channels; q++) {
      const { cluster, bank } = bankOfChannel(machine, q, group.plane, store.startBank)
      tracker.read(wordNumber(machine, cluster, bank, address), steps[step]!, steps[step]!, record.index)
    }
  }
}

function trackCompute(
  execution: Execution,
  compute: InstructionOf<'COMPUTE'>,
  record: InstructionRecord,
  tracker: WordTracker,
): void {
  const { machine } = execution.state
  const { layer, plan, positions, columns } = computeReads(execution, compute)
  const { firstBeat, lastBeat } = plan.columns
  for (const [i, { cluster, bank, slot, reads }] of columns.entries()) {
    const base = wordNumber(machine, cluster, bank, slot.base)
    const start = readCycle(machine, record.first, compute.beats, 0, firstBeat[i]!)
    const spread = lastBeat[i]! - firstBeat[i]!
    for (let position = 0; position < positions.count; position++) {
      if (reads.used[position] === 0) continue
      const earliest = start + position * positionCycles(machine, compute.beats)
      tracker.read(base + reads.offset[position]!, earliest, earliest + spread, record.index)
    }
  }
  if (plan.keepsLast || compute.logits === 1) return
  const written = compute.laneSum === 1 ? 1 : positions.count
  for (let row = 0; row < machine.rows; row++) {
    for (const { cluster, bank, address } of rowPlanes(machine, layer, compute.output, row)) {
      const base = wordNumber(machine, cluster, bank, address)
      for (let position = 0; position < written; position++) {
        const local =
          compute.laneSum === 1 ? 0 : positions.row[position]! * layer.patchWidth + positions.column[position]!
        const cycle =
          compute.laneSum === 1
            ? sumWriteCycle(machine, record.last, compute, row)
            : writeCycle(machine, record.first, compute.beats, position, row)
        tracker.write(base + local, cycle, cycle, record.index)
      }
    }
  }
}

/**
 * Banks that hold no channel are read too. An uninitialised word is not reported here: it makes the result uninitialised, and an instruction that
 * uses the result is reported.
 */
function trackBankOperation(
  execution: Execution,
  instruction: BankOperation,
  record: InstructionRecord,
  tracker: WordTracker,
): void {
  const { machine } = execution.state
  const { layer, positions, taps, sourceStride } = bankOperationReads(execution, instruction)
  const planes = 1 + instruction.wide
  const wholePlane = planeBeats(machine, instruction, layer.patchWidth, positions.count)
  const uninitialised: number[] = []
  const writes: { readonly word: number; readonly cycle: number }[] = []
  for (let slot = 0; slot < instruction.slots; slot++) {
    for (let step = 0; step < planes; step++) {
      for (let position = 0; position < positions.count; position++) {
        const column = positions.column[position]!
        const local = positions.row[position]! * layer.patchWidth + column
        const first =
          record.first +
          (slot * planes + step) * wholePlane +
          planeBeats(machine, instruction, layer.patchWidth, position)
        const written = first + wordBeats(machine, instruction, column) - 1 + bankBeatToWriteCycles
        for (let bank = 0; bank < machine.banks; bank++) {
          // With one plane every bank holds it. With two, plane 0 is read in the lower half of the banks in step A, in the upper half in step B.
          const plane = planes === 1 ? 0 : (bank < machine.banks / 2 ? 0 : 1) ^ step
          const from = instruction.source + (slot * planes + plane) * sourceStride
          const to = instruction.output + (slot * planes + plane) * layer.planeStride + local
          for (let cluster = 0; cluster < machine.clusters; cluster++) {
            let isInitialised = true
            for (const [tap, { offset, used }] of taps.entries()) {
              if (used[position] === 0) continue
              const word = wordNumber(machine, cluster, bank, from + offset[position]!)
              const beat = tapBeat(instruction, column, tap)
              if (beat !== undefined) {
                const cycle = first + beat + bankBeatToReadCycles
                tracker.read(word, cycle, cycle, record.index, true)
              }
              isInitialised &&= tracker.isInitialised(word)
            }
            const word = wordNumber(machine, cluster, bank, to)
            writes.push({ word, cycle: written })
            if (!isInitialised) uninitialised.push(word)
          }
        }
      }
    }
  }
  for (const { word, cycle } of writes) tracker.write(word, cycle, cycle, record.index)
  for (const word of uninitialised) tracker.markUninitialised(word)
}
