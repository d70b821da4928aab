// The parameter queue: LOADW, LOADP and LOADT read constants.
import type { LegalInstruction } from '../isa/instruction.ts'
import { beatBytes, groupBytes, tableBytes } from '../isa/model/sizes.ts'
import { addressUnitBytes } from '../isa/instructions.ts'
import type { Machine } from '../isa/model/machine.ts'
import { bursts, issueToAddressCycles, parameterBeatToWriteCycles } from '../isa/timing.ts'
import type { AxiRead } from './dlp_axi_read.ts'
import type { Queued } from './dlp_dispatch.ts'
import { InFlight } from './in-flight.ts'
import type { InFlightTransfer } from './in-flight.ts'

/** Issues at most one instruction a cycle, when the addresses of the one before are sent. */
export class ParameterUnit {
  readonly inFlight: InFlight
  readonly #machine: Machine
  readonly #read: AxiRead

  constructor(machine: Machine, read: AxiRead) {
    this.#machine = machine
    this.inFlight = new InFlight(machine)
    this.#read = read
  }

  canIssue(): boolean {
    return this.#read.free('parameter') && !this.inFlight.full()
  }

  idle(): boolean {
    return this.inFlight.empty()
  }

  issue({ instruction, record }: Queued, cycle: number): void {
    record.issue = cycle
    const transfer: InFlightTransfer = { instruction, record, done: -1 }
    this.inFlight.add(transfer)
    const { address, items, itemBytes } = itemsOf(this.#machine, instruction)
    if (items === 0) {
      transfer.done = cycle + 1
      return
    }
    const axiBytes = this.#machine.axiBits / 8
    const steps = new Int32Array(items)
    record.steps = steps
    let item = 0
    let beat = 0
    this.#read.request('parameter', {
      bursts: bursts(address * addressUnitBytes, items * itemBytes, axiBytes),
      next: 0,
      from: cycle + issueToAddressCycles,
      onAddress: (at) => {
        if (record.first < 0) record.first = at
      },
      ready: () => true,
      onBeat: (at) => {
        if (++beat * axiBytes < itemBytes) return
        beat = 0
        steps[item++] = at
        if (item < items) return
        record.last = at
        transfer.done = at + parameterBeatToWriteCycles
      },
    })
  }
}

interface ItemList {
  readonly address: number
  /** units that are written at once: beats, row groups, or one table */
  readonly items: number
  readonly itemBytes: number
}

function itemsOf(machine: Machine, instruction: LegalInstruction): ItemList {
  switch (instruction.op) {
    case 'LOADW':
      return { address: instruction.address, items: instruction.beats, itemBytes: beatBytes(machine) }
    case 'LOADP':
      return { address: instruction.address, items: instruction.groups, itemBytes: groupBytes(machine) }
    case 'LOADT':
      return { address: instruction.address, items: 1, itemBytes: tableBytes(machine, instruction.slots) }
    default:
      throw new Error(`${instruction.op} in the parameter queue`)
  }
}
