// The compute queue: settings, and the sequencers of COMPUTE, bank operations and STORE with their gaps and changes of unit.
import type { InstructionOf, LegalInstruction, SequencedInstruction } from '../isa/instruction.ts'
import { isSetting } from '../isa/instruction.ts'
import type { Machine } from '../isa/model/machine.ts'
import {
  bankBeatToWriteCycles,
  computeRetireCycles,
  gapAfter,
  issueToBeatCycles,
  planeBeats,
  positionCycles,
  postIsSerial,
} from '../isa/timing.ts'
import type { Queued } from './dlp_dispatch.ts'
import type { StoreUnit } from './dlp_store.ts'
import type { InstructionRecord } from './record.ts'

/** Why the compute queue's head does not issue in a cycle. */
export type IssueStall = 'gap' | 'unit change' | 'store'

/** Issues one instruction a cycle at most. */
export class ComputeUnit {
  readonly #machine: Machine
  readonly #store: StoreUnit
  #layer: InstructionOf<'LAYER'> | undefined
  #columns: InstructionOf<'COLUMNS'> | undefined
  #previous: { readonly instruction: SequencedInstruction; readonly record: InstructionRecord } | undefined
  readonly #running: { readonly instruction: LegalInstruction; readonly record: InstructionRecord }[] = []
  #storing = 0
  /** retirement of the COMPUTE or bank operation issued last */
  #lastRetire = -1

  constructor(machine: Machine, store: StoreUnit) {
    this.#machine = machine
    this.#store = store
  }

  idle(): boolean {
    return this.#running.length === 0 && this.#storing === 0
  }

  /** Why the unit cannot take the instruction in this cycle; undefined where it can. */
  refusal(instruction: LegalInstruction, cycle: number): IssueStall | 'running' | undefined {
    if (this.#previous === undefined) return undefined
    if (isSetting(instruction)) {
      // With a serial post unit a running COMPUTE still uses the LAYER in force.
      const uses = postIsSerial(this.#machine) && this.#previous.instruction.op === 'COMPUTE'
      return uses && cycle < this.#previous.record.last ? 'running' : undefined
    }
    const sequenced = instruction as SequencedInstruction
    const { instruction: before, record } = this.#previous
    // The cycle of a STORE's last read is known only when the read before it is done.
    if (before.op === 'STORE' && this.#store.busyReading()) return 'running'
    if (cycle < record.last) return 'running'
    if (sequenced.op === 'STORE' && this.#store.busy()) return 'store'
    const gap = sequenced.op === 'STORE' ? 0 : sequenced.gap
    const least = before.op === 'COMPUTE' ? gapAfter(before) : 0
    if (cycle < record.last + Math.max(gap, least)) return 'gap'
    if (sequenced.op === before.op) return undefined
    const free = before.op === 'STORE' ? record.last : record.retire
    return cycle > free ? undefined : 'unit change'
  }

  /** Issues an instruction for which `refusal` is undefined. `retired` is called for a STORE when its last response arrives. */
  issue(
    { instruction, record }: Queued,
    cycle: number,
    retired: (instruction: LegalInstruction, record: InstructionRecord) => void,
  ): void {
    record.issue = cycle
    if (isSetting(instruction)) {
      if (instruction.op === 'LAYER') this.#layer = instruction
      this.#columns = instruction.op === 'COLUMNS' ? instruction : undefined
      record.first = cycle
      record.last = cycle
      record.retire = cycle
      this.#running.push({ instruction, record })
      return
    }
    const sequenced = instruction as SequencedInstruction
    this.#previous = { instruction: sequenced, record }
    if (sequenced.op === 'STORE') {
      this.#storing++
      this.#store.issue(sequenced, record, cycle, (at) => {
        this.#storing--
        record.retire = at
        retired(sequenced, record)
      })
      return
    }
    record.first = cycle + issueToBeatCycles
    record.last = record.first + this.#cyclesOf(sequenced) - 1
    const results = sequenced.op === 'COMPUTE' ? computeRetireCycles(this.#machine, sequenced) : bankBeatToWriteCycles
    // Logits are written sooner than other results, but retirements keep their order, one a cycle.
    record.retire = Math.max(record.last + results, this.#lastRetire + 1)
    this.#lastRetire = record.retire
    this.#running.push({ instruction: sequenced, record })
  }

  /** Calls `retired` for every instruction that retires in this cycle. */
  step(cycle: number, retired: (instruction: LegalInstruction, record: InstructionRecord) => void): void {
    for (let i = 0; i < this.#running.length;) {
      const { instruction, record } = this.#running[i]!
      if (record.retire <= cycle) {
        this.#running.splice(i, 1)
        retired(instruction, record)
      } else i++
    }
  }

  #cyclesOf(sequenced: Exclude<SequencedInstruction, { op: 'STORE' }>): number {
    // Without a LAYER there is no patch; the semantics report that as a fault.
    const patchWidth = this.#layer?.patchWidth ?? 1
    if (sequenced.op === 'COMPUTE') {
      const columns = this.#columns?.columns ?? patchWidth
      return Math.max(1, sequenced.rows * columns) * positionCycles(this.#machine, sequenced.beats)
    }
    const positions = Math.max(1, sequenced.rows * patchWidth)
    return sequenced.slots * (1 + sequenced.wide) * planeBeats(this.#machine, sequenced, patchWidth, positions)
  }
}
