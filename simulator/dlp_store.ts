// The store unit: reads word groups of feature memory and sends them; a group is read while the one before is sent.
import type { InstructionOf } from '../isa/instruction.ts'
import { addressUnitBytes } from '../isa/instructions.ts'
import type { Machine } from '../isa/model/machine.ts'
import { transferBytes, wordGroups } from '../isa/semantics/transfers.ts'
import { bursts, storeIssueToReadCycles, storeReadToBeatCycles } from '../isa/timing.ts'
import type { AxiWrite } from './dlp_axi_write.ts'
import type { InstructionRecord } from './record.ts'

/** One STORE at a time. Another unit may begin when its last read is done. */
export class StoreUnit {
  readonly #machine: Machine
  readonly #write: AxiWrite
  #sending = false
  #reading = false

  constructor(machine: Machine, write: AxiWrite) {
    this.#machine = machine
    this.#write = write
  }

  /** Whether data beats are still to be sent. */
  busy(): boolean {
    return this.#sending
  }

  /** Whether words are still to be read. */
  busyReading(): boolean {
    return this.#reading
  }

  issue(
    store: InstructionOf<'STORE'>,
    record: InstructionRecord,
    cycle: number,
    retire: (cycle: number) => void,
  ): void {
    const axiBytes = this.#machine.axiBits / 8
    const groupBeats = wordGroups(this.#machine, store).map(({ bytes }) => bytes / axiBytes)
    const steps = new Int32Array(groupBeats.length * store.positions)
    record.steps = steps
    record.first = cycle + storeIssueToReadCycles
    steps[0] = record.first
    this.#sending = true
    this.#reading = steps.length > 1
    if (!this.#reading) record.last = record.first
    let group = 0
    let beat = 0
    this.#write.request('store', {
      bursts: bursts(store.address * addressUnitBytes, transferBytes(this.#machine, store), axiBytes),
      from: record.first,
      available: (at) => beat > 0 || at >= steps[group]! + storeReadToBeatCycles,
      onBeat: (at) => {
        // The group leaves its buffer: the next is read in the following cycle.
        if (beat === 0 && group + 1 < steps.length) {
          steps[group + 1] = at + 1
          if (group + 2 === steps.length) {
            record.last = at + 1
            this.#reading = false
          }
        }
        if (++beat < groupBeats[group % groupBeats.length]!) return
        beat = 0
        if (++group === steps.length) this.#sending = false
      },
      onDone: retire,
    })
  }
}
