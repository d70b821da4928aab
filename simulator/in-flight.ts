// Issued DMA instructions in order: each retires once it is complete and its predecessors have retired, one a cycle.
import type { LegalInstruction } from '../isa/instruction.ts'
import type { Machine } from '../isa/model/machine.ts'
import { limitsOf } from '../isa/model/machine.ts'
import type { InstructionRecord } from './record.ts'

/** An issued DMA instruction. */
export interface Flight {
  readonly instruction: LegalInstruction
  readonly record: InstructionRecord
  /** cycle in which it is complete, −1 until that is known */
  done: number
}

/** The retirement order of a queue's transfers. */
export class InFlight {
  readonly #flights: Flight[] = []
  readonly #most: number

  constructor(machine: Machine) {
    this.#most = limitsOf(machine).transfersInFlight
  }

  full(): boolean {
    return this.#flights.length >= this.#most
  }

  empty(): boolean {
    return this.#flights.length === 0
  }

  add(flight: Flight): void {
    this.#flights.push(flight)
  }

  /** Retires at most one; gives it. */
  step(cycle: number): Flight | undefined {
    const head = this.#flights[0]
    if (head === undefined || head.done < 0 || head.done > cycle) return undefined
    head.record.retire = cycle
    return this.#flights.shift()
  }
}
