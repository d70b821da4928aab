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
import type { Flight } from './in-flight.ts'

/** Issues one instruction a cycle at most; LOADs overlap, a STOREL runs alone once the addresses before it are out. */
export class LoadUnit {
  readonly inFlight: InFlight
  readonly #machine: Machine
  readonly #read: AxiRead
  readonly #write: AxiWrite
  #storing = false
  /** last data beat of the last word group taken */
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
    const flight: Flight = { instruction, record, done: -1 }
    if (instruction.op === 'LOAD') this.#load(instruction, flight, cycle)
    else if (instruction.op === 'STOREL') this.#storeLogits(instruction, flight, cycle)
    else throw new Error(`${instruction.op} in the load queue`)
    this.inFlight.add(flight)
  }

  #load(load: InstructionOf<'LOAD'>, flight: Flight, cycle: number): void {
    const { record } = flight
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
        flight.done = at + loadBeatToRetireCycles
      },
    })
  }

  #storeLogits(store: InstructionOf<'STOREL'>, flight: Flight, cycle: number): void {
    const { record } = flight
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
        flight.done = at
        this.#storing = false
      },
    })
  }
}
