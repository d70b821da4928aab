// The compute queue: LAYER, and the sequencers of COMPUTE, POOL, MOVE, REPATCH and STORE with their gaps and changes of unit.
import type { InstructionOf, LegalInstruction } from '../isa/instruction.ts'
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

type Worker = InstructionOf<'COMPUTE' | 'POOL' | 'MOVE' | 'REPATCH' | 'STORE'>

/** Why the compute queue's head does not issue in a cycle. */
export type IssueStall = 'gap' | 'unit change' | 'store'

/** Issues one instruction a cycle at most. */
export class ComputeUnit {
  readonly #machine: Machine
  readonly #store: StoreUnit
  #layer: InstructionOf<'LAYER'> | undefined
  #columns: InstructionOf<'COLUMNS'> | undefined
  #previous: { readonly instruction: Worker; readonly record: InstructionRecord } | undefined
  readonly #running: { readonly instruction: LegalInstruction; readonly record: InstructionRecord }[] = []
  #storing = 0
  /** of COMPUTE, POOL, MOVE and REPATCH, the last one issued */
  #lastRetire = -1

  constructor(machine: Machine, store: StoreUnit) {
    this.#machine = machine
    this.#store = store
  }

  idle(): boolean {
    return this.#running.length === 0 && this.#storing === 0
  }

  /** Undefined where the unit takes the instruction in this cycle. */
  refusal(instruction: LegalInstruction, cycle: number): IssueStall | 'running' | undefined {
    if (this.#previous === undefined) return undefined
    if (instruction.op === 'LAYER' || instruction.op === 'COLUMNS') {
      // With a serial post a COMPUTE at work uses the LAYER in force.
      const uses = postIsSerial(this.#machine) && this.#previous.instruction.op === 'COMPUTE'
      return uses && cycle < this.#previous.record.last ? 'running' : undefined
    }
    const worker = instruction as Worker
    const { instruction: before, record } = this.#previous
    // A STORE's last read is known only when it is near.
    if (before.op === 'STORE' && this.#store.busyReading()) return 'running'
    if (cycle < record.last) return 'running'
    if (worker.op === 'STORE' && this.#store.busy()) return 'store'
    const gap = worker.op === 'STORE' ? 0 : worker.gap
    const least = before.op === 'COMPUTE' ? gapAfter(before) : 0
    if (cycle < record.last + Math.max(gap, least)) return 'gap'
    if (worker.op === before.op) return undefined
    const free = before.op === 'STORE' ? record.last : record.retire
    return cycle > free ? undefined : 'unit change'
  }

  /** Issues an instruction that `refusal` admits; STORE calls `retired` by itself. */
  issue(
    { instruction, record }: Queued,
    cycle: number,
    retired: (instruction: LegalInstruction, record: InstructionRecord) => void,
  ): void {
    record.issue = cycle
    if (instruction.op === 'LAYER' || instruction.op === 'COLUMNS') {
      if (instruction.op === 'LAYER') this.#layer = instruction
      this.#columns = instruction.op === 'COLUMNS' ? instruction : undefined
      record.first = cycle
      record.last = cycle
      record.retire = cycle
      this.#running.push({ instruction, record })
      return
    }
    const worker = instruction as Worker
    this.#previous = { instruction: worker, record }
    if (worker.op === 'STORE') {
      this.#storing++
      this.#store.issue(worker, record, cycle, (at) => {
        this.#storing--
        record.retire = at
        retired(worker, record)
      })
      return
    }
    record.first = cycle + issueToBeatCycles
    record.last = record.first + this.#cyclesOf(worker) - 1
    const results = worker.op === 'COMPUTE' ? computeRetireCycles(this.#machine, worker) : bankBeatToWriteCycles
    // Logits are written sooner than other results, but retirements keep their order, one a cycle.
    record.retire = Math.max(record.last + results, this.#lastRetire + 1)
    this.#lastRetire = record.retire
    this.#running.push({ instruction: worker, record })
  }

  /** Calls `retired` for what retires in this cycle. */
  step(cycle: number, retired: (instruction: LegalInstruction, record: InstructionRecord) => void): void {
    for (let i = 0; i < this.#running.length;) {
      const { instruction, record } = this.#running[i]!
      if (record.retire <= cycle) {
        this.#running.splice(i, 1)
        retired(instruction, record)
      } else i++
    }
  }

  #cyclesOf(worker: Exclude<Worker, { op: 'STORE' }>): number {
    // Without a LAYER the patch is empty; the semantics report it.
    const patchWidth = this.#layer?.patchWidth ?? 1
    if (worker.op === 'COMPUTE') {
      const columns = this.#columns?.columns ?? patchWidth
      return Math.max(1, worker.rows * columns) * positionCycles(this.#machine, worker.beats)
    }
    const positions = Math.max(1, worker.rows * patchWidth)
    return worker.slots * (1 + worker.wide) * planeBeats(this.#machine, worker, patchWidth, positions)
  }
}
