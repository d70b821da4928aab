// The load queue: LOAD reads maps in word groups, STOREL writes logits.
import type { InstructionOf } from '../isa/instruction.ts'
import { addressUnitBytes } from '../isa/instructions.ts'
import type { Machine } from '../isa/model/machine.ts'
import { transferBytes, wordGroups } from '../isa/semantics/transfers.ts'
import {
  bursts,
  issueToAddressCycles,
  loadBeatToRetireCycles,
  loadGroupCycles,
  logitsBeatCycles,
  storeLogitsIssueToRequestCycles,
  storeReadToBeatCycles,
} from '../isa/timing.ts'
import type { AxiRead } from './dlp_axi_read.ts'
import type { AxiWrite } from './dlp_axi_write.ts'
import type { Queued } from './dlp_dispatch.ts'
import { InFlight } from './in-flight.ts'
import type { InFlightTransfer } from './in-flight.ts'

/** Issues at most one instruction a cycle. LOADs overlap; a STOREL issues when all addresses before it are sent, and nothing issues until it retires. */
export class LoadUnit {
  readonly inFlight: InFlight
  readonly #machine: Machine
  readonly #read: AxiRead
  readonly #write: AxiWrite
  #storing = false
  /** cycle of the last data beat of the latest word group */
  #lastGroup = Number.NEGATIVE_INFINITY

  constructor(machine: Machine, read: AxiRead, write: AxiWrite) {
    this.#machine = machine
    this.inFlight = new InFlight(machine)
    this.#read = read
    this.#write = write
  }

  canIssue(): boolean {
    return this.#read.free('load') && !this.#storing && !this.inFlight.full()
  }

  idle(): boolean {
    return this.inFlight.empty()
  }

  issue({ instruction, record }: Queued, cycle: number): void {
    record.issue = cycle
    const transfer: InFlightTransfer = { instruction, record, done: -1 }
    if (instruction.op === 'LOAD') this.#load(instruction, transfer, cycle)
    else if (instruction.op === 'STOREL') this.#storeLogits(instruction, transfer, cycle)
    else throw new Error(`${instruction.op} in the load queue`)
    this.inFlight.add(transfer)
  }

  #load(load: InstructionOf<'LOAD'>, transfer: InFlightTransfer, cycle: number): void {
    const { record } = transfer
    const axiBytes = this.#machine.axiBits / 8
    const groupBeats = wordGroups(this.#machine, load).map(({ bytes }) => bytes / axiBytes)
    const steps = new Int32Array(groupBeats.length * load.positions)
    record.steps = steps
    let group = 0
    let beat = 0
    this.#read.request('load', {
      bursts: bursts(load.address * addressUnitBytes, transferBytes(this.#machine, load), axiBytes),
      next: 0,
      from: cycle + issueToAddressCycles,
      onAddress: (at) => {
        if (record.first < 0) record.first = at
      },
      ready: (at) => {
        const between = (group > 0 || beat > 0) && beat + 1 < groupBeats[group % groupBeats.length]!
        return between || at >= this.#lastGroup + loadGroupCycles
      },
      onBeat: (at) => {
        if (++beat < groupBeats[group % groupBeats.length]!) return
        beat = 0
        steps[group++] = at
        this.#lastGroup = at
        if (group < steps.length) return
        record.last = at
        transfer.done = at + loadBeatToRetireCycles
      },
    })
  }

  #storeLogits(store: InstructionOf<'STOREL'>, transfer: InFlightTransfer, cycle: number): void {
    const { record } = transfer
    const from = cycle + storeLogitsIssueToRequestCycles
    const beatCycles = logitsBeatCycles(this.#machine)
    let next = from + storeReadToBeatCycles + beatCycles - 1
    this.#storing = true
    record.first = from
    this.#write.request('logits', {
      bursts: bursts(store.address * addressUnitBytes, store.count * 4, this.#machine.axiBits / 8),
      from,
      available: (at) => at >= next,
      onBeat: (at) => {
        record.last = at
        next = at + beatCycles
      },
      onDone: (at) => {
        transfer.done = at
        this.#storing = false
      },
    })
  }
}
