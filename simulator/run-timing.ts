// The cycles of a program from one entry to its HALT. Control is stepped cycle by cycle; beats follow the formulas of `isa/timing.ts`.
import { DlpError } from '../base/error.ts'
import type { Queue } from '../isa/instructions.ts'
import { haltOf } from '../isa/instruction.ts'
import type { Instruction, LegalInstruction } from '../isa/instruction.ts'
import type { Machine } from '../isa/model/machine.ts'
import { MachineFault } from '../isa/semantics/fault.ts'
import { haltToInterruptCycles } from '../isa/timing.ts'
import { CauseLog, semaphoreCause } from './causes.ts'
import type { Cause } from './causes.ts'
import { checkInstructions } from './check-instructions.ts'
import { deadlock } from './deadlock.ts'
import { AxiRead } from './dlp_axi_read.ts'
import { AxiWrite } from './dlp_axi_write.ts'
import { ComputeUnit } from './dlp_compute.ts'
import { Dispatch } from './dlp_dispatch.ts'
import { LoadUnit } from './dlp_load.ts'
import { ParameterUnit } from './dlp_parameter.ts'
import { checkSemaphoreQueues, firstSemaphore, Semaphores } from './dlp_semaphores.ts'
import { StoreUnit } from './dlp_store.ts'
import { newRecord } from './record.ts'
import type { InstructionRecord } from './record.ts'

export interface TimedRun {
  /** index of the first instruction */
  readonly first: number
  /** one past the HALT */
  readonly end: number
  /** doorbell to interrupt */
  readonly cycles: number
  /** [end − first] */
  readonly records: readonly InstructionRecord[]
  /** [cycles] why the compute queue issued nothing, as a code of `causes` */
  readonly causes: Uint8Array
  readonly dramBytes: { readonly read: number; readonly written: number }
}

/** Cycles without progress after which none can come: more than any gap, latency or drain. A run that reaches them is in a deadlock. */
const maxIdleCycles = 4096

/** Hard limit of a run, half a second of the fastest machine: a byte is kept for each cycle, and few instructions can take any number of cycles. */
const maxRunCycles = 2 ** 27

/**
 * Times the instructions from `first` to the next HALT.
 * @throws MachineFault for an illegal instruction, a semaphore that overflows, has two producers or consumers or is not zero at HALT;
 * DlpError for a deadlock, naming the queue heads and what they wait for, and for a run that does not end
 */
export function runTiming(machine: Machine, program: readonly Instruction[], first: number): TimedRun {
  const halt = haltOf(program, first)
  if (halt < 0)
    throw new DlpError({
      what: `no HALT after instruction ${first}`,
      where: 'program',
      allowed: 'every entry ends with HALT',
    })
  checkInstructions(machine, program, first, halt)
  const producers = checkSemaphoreQueues(program, first, halt + 1)
  const records = Array.from({ length: halt + 1 - first }, (_, i) => newRecord(first + i))
  const haltRecord = records[halt - first]!
  const units = new Units(machine, program, first, records, producers)
  let cycle = 0
  for (; !(units.idle() && cycle > haltRecord.dispatch); cycle++) {
    units.step(cycle)
    if (cycle > maxRunCycles)
      throw new DlpError({
        what: `the run that begins at instruction ${first} has not ended after ${maxRunCycles} cycles`,
        where: 'program',
        allowed: `at most ${maxRunCycles} cycles a run`,
      })
    if (cycle - units.lastProgress > maxIdleCycles) throw deadlock(machine, program, first, halt)
  }
  units.checkSemaphoresAtHalt(halt)
  haltRecord.issue = cycle
  haltRecord.retire = cycle
  const cycles = cycle + haltToInterruptCycles
  return { first, end: halt + 1, cycles, records, causes: units.causes(cycles), dramBytes: units.dramBytes() }
}

/** All units of the machine, stepped together. */
class Units {
  /** the last cycle in which anything was dispatched, issued, transferred, computed or retired */
  lastProgress = 0
  readonly #machine: Machine
  readonly #program: readonly Instruction[]
  readonly #first: number
  readonly #records: readonly InstructionRecord[]
  readonly #producers: ReadonlyMap<number, Queue>
  readonly #dispatch: Dispatch
  readonly #semaphores = new Semaphores()
  readonly #read: AxiRead
  readonly #write: AxiWrite
  readonly #load: LoadUnit
  readonly #parameter: ParameterUnit
  readonly #compute: ComputeUnit
  readonly #causes = new CauseLog()
  #cycle = 0

  constructor(
    machine: Machine,
    program: readonly Instruction[],
    first: number,
    records: readonly InstructionRecord[],
    producers: ReadonlyMap<number, Queue>,
  ) {
    this.#machine = machine
    this.#program = program
    this.#first = first
    this.#records = records
    this.#producers = producers
    this.#dispatch = new Dispatch(program, first, records, machine.queueDepth)
    this.#read = new AxiRead(machine)
    this.#write = new AxiWrite(machine)
    this.#load = new LoadUnit(machine, this.#read, this.#write)
    this.#parameter = new ParameterUnit(machine, this.#read)
    this.#compute = new ComputeUnit(machine, new StoreUnit(machine, this.#write))
  }

  /** Whether HALT has been reached, the queues are empty and every instruction has retired. */
  idle(): boolean {
    return (
      this.#dispatch.halting &&
      this.#dispatch.empty() &&
      this.#load.idle() &&
      this.#parameter.idle() &&
      this.#compute.idle()
    )
  }

  /** One cycle. @throws MachineFault where a semaphore overflows */
  step(cycle: number): void {
    this.#cycle = cycle
    const read = this.#read
    const write = this.#write
    const beats = read.beats + write.beats
    if (this.#dispatch.step(cycle)) this.lastProgress = cycle

    this.#issueTransfer('load', this.#load)
    this.#issueTransfer('parameter', this.#parameter)
    const cause = this.#issueCompute()
    this.#causes.record(cycle, cause)
    if (cause === 'issue') this.lastProgress = cycle

    read.step(cycle)
    write.step(cycle)
    this.#retireTransfer(this.#load)
    this.#retireTransfer(this.#parameter)
    this.#compute.step(cycle, this.#retired)
    const overflow = this.#semaphores.endCycle()
    if (overflow >= 0) throw overflowing(this.#program, this.#records, cycle, overflow)
    if (read.beats + write.beats > beats || !read.idle() || !write.idle() || !this.#compute.idle())
      this.lastProgress = cycle
  }

  /** @throws MachineFault where a semaphore is not zero */
  checkSemaphoresAtHalt(halt: number): void {
    const { counts } = this.#semaphores
    const left = counts.findIndex((count) => count > 0)
    if (left < 0) return
    throw new MachineFault(
      `semaphore ${left} is ${counts[left]} at HALT`,
      'every semaphore zero at HALT',
      this.#program[halt]!,
      halt,
    )
  }

  /** [cycles] why the compute queue issued nothing, as a code of `causes`. */
  causes(cycles: number): Uint8Array {
    return this.#causes.upTo(cycles)
  }

  dramBytes(): TimedRun['dramBytes'] {
    const axiBytes = this.#machine.axiBits / 8
    return { read: this.#read.beats * axiBytes, written: this.#write.beats * axiBytes }
  }

  readonly #retired = (instruction: LegalInstruction): void => {
    this.lastProgress = this.#cycle
    this.#semaphores.signal(instruction.signal)
  }

  #issueTransfer(queue: 'load' | 'parameter', unit: LoadUnit | ParameterUnit): void {
    const head = this.#dispatch.head(queue, this.#cycle)
    if (head === undefined || !this.#semaphores.ready(head.instruction.wait) || !unit.canIssue()) return
    this.#dispatch.queues[queue].shift()
    this.#semaphores.take(head.instruction.wait)
    unit.issue(head, this.#cycle)
    this.lastProgress = this.#cycle
  }

  #retireTransfer({ inFlight }: LoadUnit | ParameterUnit): void {
    const transfer = inFlight.step(this.#cycle)
    if (transfer !== undefined) this.#retired(transfer.instruction)
  }

  #issueCompute(): Cause {
    const dispatch = this.#dispatch
    const head = dispatch.head('compute', this.#cycle)
    if (head === undefined) return dispatch.counter === this.#first && !dispatch.halting ? 'start' : 'dispatch'
    const refusal = this.#compute.refusal(head.instruction, this.#cycle)
    if (refusal === 'running') return 'running'
    const lacking = this.#semaphores.lacking(head.instruction.wait)
    if (lacking !== 0) return semaphoreCause(this.#producers.get(firstSemaphore(lacking)))
    if (refusal !== undefined) return refusal
    dispatch.queues.compute.shift()
    this.#semaphores.take(head.instruction.wait)
    this.#compute.issue(head, this.#cycle, this.#retired)
    return 'issue'
  }
}

/** The fault of a semaphore that overflows in a cycle, with the instruction that signals it. */
function overflowing(
  program: readonly Instruction[],
  records: readonly InstructionRecord[],
  cycle: number,
  semaphore: number,
): MachineFault {
  const signaller = records.find(({ retire, index }) => {
    const instruction = program[index]!
    return retire === cycle && instruction.op !== 'Illegal' && (instruction.signal & (1 << semaphore)) !== 0
  })
  const index = signaller?.index ?? -1
  return new MachineFault(
    `semaphore ${semaphore} rises above 255 in cycle ${cycle}`,
    'at most 255',
    program[Math.max(index, 0)]!,
    index,
  )
}
