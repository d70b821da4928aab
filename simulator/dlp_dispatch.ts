// Dispatch: one instruction a cycle, in program order, into the queues; HALT ends the program.
import type { Instruction, LegalInstruction } from '../isa/instruction.ts'
import { instructions } from '../isa/instructions.ts'
import { MachineFault } from '../isa/semantics/fault.ts'
import { dispatchToIssueCycles, startToDispatchCycles } from '../isa/timing.ts'
import type { WorkQueue } from '../isa/instructions.ts'
import type { InstructionRecord } from './record.ts'

/** An instruction in a queue. */
export interface Queued {
  readonly instruction: LegalInstruction
  readonly record: InstructionRecord
}

/** The program counter and the queues behind it. */
export class Dispatch {
  readonly queues: Record<WorkQueue, Queued[]> = { load: [], parameter: [], compute: [] }
  /** next instruction */
  counter: number
  /** HALT has been reached: nothing more is dispatched */
  halting = false
  readonly #program: readonly Instruction[]
  readonly #records: readonly InstructionRecord[]
  readonly #first: number
  readonly #depth: number

  constructor(program: readonly Instruction[], first: number, records: readonly InstructionRecord[], depth: number) {
    this.#program = program
    this.#first = first
    this.counter = first
    this.#records = records
    this.#depth = depth
  }

  /** Dispatches at most one instruction; returns whether it did. To be called before the queues issue in the cycle. */
  step(cycle: number): boolean {
    if (cycle < startToDispatchCycles || this.halting) return false
    const instruction = this.#program[this.counter]!
    if (instruction.op === 'Illegal')
      throw new MachineFault('an illegal instruction', instruction.reason, instruction, this.counter)
    const { queue } = instructions[instruction.op]
    const record = this.#records[this.counter - this.#first]!
    if (queue === 'control') {
      this.halting = true
      record.dispatch = cycle
      return true
    }
    if (this.queues[queue].length >= this.#depth) return false
    record.dispatch = cycle
    this.queues[queue].push({ instruction, record })
    this.counter++
    return true
  }

  /** The head of a queue if it was dispatched early enough to issue. */
  head(queue: WorkQueue, cycle: number): Queued | undefined {
    const head = this.queues[queue][0]
    return head !== undefined && head.record.dispatch + dispatchToIssueCycles <= cycle ? head : undefined
  }

  /** Whether every queue is empty. */
  empty(): boolean {
    const { load, parameter, compute } = this.queues
    return load.length === 0 && parameter.length === 0 && compute.length === 0
  }
}
