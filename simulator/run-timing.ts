// The cycles of a program from one entry to its HALT: control is stepped cycle by cycle, passes follow their formulas.
import { DlpError } from '../base/error.ts'
import { haltOf } from '../isa/instruction.ts'
import type { Instruction, LegalInstruction } from '../isa/instruction.ts'
import type { Machine } from '../isa/model/machine.ts'
import { MachineFault } from '../isa/semantics/fault.ts'
import { haltToInterruptCycles } from '../isa/timing.ts'
import { CauseLog, refusalCause, semaphoreCause } from './causes.ts'
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
  /** [cycles] why the compute queue issued nothing, a code of `causes` */
  readonly causes: Uint8Array
  readonly dramBytes: { readonly read: number; readonly written: number }
}

/** Cycles without any progress after which nothing can come: longer than any gap, latency or drain. */
const patienceCycles = 4096

/** Cycles of a run at most, half a second of the fastest machine: a byte is kept for each, and a few instructions can ask for any number. */
const mostCycles = 2 ** 27

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
  const dispatch = new Dispatch(program, first, records, machine.queueDepth)
  const semaphores = new Semaphores()
  const read = new AxiRead(machine)
  const write = new AxiWrite(machine)
  const load = new LoadUnit(machine, read, write)
  const parameter = new ParameterUnit(machine, read)
  const store = new StoreUnit(machine, write)
  const compute = new ComputeUnit(machine, store)
  const log = new CauseLog()
  let progress = 0
  let cycle = 0
  const retired = (instruction: LegalInstruction): void => {
    progress = cycle
    semaphores.signal(instruction.signal)
  }

  for (; ; cycle++) {
    const idle = load.idle() && parameter.idle() && compute.idle()
    if (dispatch.halting && dispatch.empty() && idle && cycle > records[halt - first]!.dispatch) break
    const beats = read.beats + write.beats
    if (dispatch.step(cycle)) progress = cycle

    issueTransfer('load', load, cycle)
    issueTransfer('parameter', parameter, cycle)
    const cause = issueCompute(cycle)
    log.note(cycle, cause)
    if (cause === 'issue') progress = cycle

    read.step(cycle)
    write.step(cycle)
    retireTransfer(load, cycle)
    retireTransfer(parameter, cycle)
    compute.step(cycle, retired)
    const overflow = semaphores.settle()
    if (overflow >= 0) throw overflowing(program, records, cycle, overflow)
    if (read.beats + write.beats > beats || !read.idle() || !write.idle() || !compute.idle()) progress = cycle
    if (cycle > mostCycles)
      throw new DlpError({
        what: `the run that begins at instruction ${first} has not ended after ${mostCycles} cycles`,
        where: 'program',
        allowed: `at most ${mostCycles} cycles a run`,
      })
    if (cycle - progress > patienceCycles) throw deadlock(machine, program, first, halt)
  }
  const left = semaphores.counts.findIndex((count) => count > 0)
  if (left >= 0) {
    throw new MachineFault(
      `semaphore ${left} is ${semaphores.counts[left]} at HALT`,
      'every semaphore zero at HALT',
      program[halt]!,
      halt,
    )
  }
  const record = records[halt - first]!
  record.issue = cycle
  record.retire = cycle
  const cycles = cycle + haltToInterruptCycles
  const axiBytes = machine.axiBits / 8
  const dramBytes = { read: read.beats * axiBytes, written: write.beats * axiBytes }
  return { first, end: halt + 1, cycles, records, causes: log.upTo(cycles), dramBytes }

  function issueTransfer(queue: 'load' | 'parameter', unit: LoadUnit | ParameterUnit, at: number): void {
    const head = dispatch.head(queue, at)
    if (head === undefined || !semaphores.ready(head.instruction.wait) || !unit.canIssue()) return
    dispatch.queues[queue].shift()
    semaphores.take(head.instruction.wait)
    unit.issue(head, at)
    progress = at
  }

  function retireTransfer({ inFlight }: LoadUnit | ParameterUnit, at: number): void {
    const flight = inFlight.step(at)
    if (flight !== undefined) retired(flight.instruction)
  }

  function issueCompute(at: number): Cause {
    const head = dispatch.head('compute', at)
    if (head === undefined) return dispatch.counter === first && !dispatch.halting ? 'start' : 'dispatch'
    const refusal = compute.refusal(head.instruction, at)
    if (refusal === 'running') return 'running'
    const lacking = semaphores.lacking(head.instruction.wait)
    if (lacking !== 0) return semaphoreCause(producers.get(firstSemaphore(lacking)))
    if (refusal !== undefined) return refusalCause(refusal)
    dispatch.queues.compute.shift()
    semaphores.take(head.instruction.wait)
    compute.issue(head, at, retired)
    return 'issue'
  }
}

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
    `semaphore ${semaphore} rises beyond 255 in cycle ${cycle}`,
    'at most 255',
    program[Math.max(index, 0)]!,
    index,
  )
}
