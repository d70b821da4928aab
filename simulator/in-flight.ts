// Issued DMA instructions in order: each retires once it is complete and its predecessors have retired, one a cycle.
import type { LegalInstruction } from '../isa/instruction.ts'
import type { Machine } from '../isa/model/machine.ts'
import { limitsOf } from '../isa/model/machine.ts'
import type { InstructionRecord } from './record.ts'

/** An issued DMA instruction. */
export interface InFlightTransfer {
  readonly instruction: LegalInstruction
  readonly record: InstructionRecord
  /** cycle in which it is complete, −1 before its last data beat */
  done: number
}

/** The retirement order of a queue's transfers. */
export class InFlight {
  readonly #transfers: InFlightTransfer[] = []
  readonly #most: number

  constructor(machine: Machine) {
    this.#most = limitsOf(machine).transfersInFlight
  }

  full(): boolean {
    return this.#transfers.length >= this.#most
  }

  empty(): boolean {
    return this.#transfers.length === 0
  }

  add(transfer: InFlightTransfer): void {
    this.#transfers.push(transfer)
  }

  /** Retires at most one, and returns it. */
  step(cycle: number): InFlightTransfer | undefined {
    const head = this.#transfers[0]
    if (head === undefined || head.done < 0 || head.done > cycle) return undefined
    head.record.retire = cycle
    return this.#transfers.shift()
  }
}
