// Waits and signals of a program without time. Each semaphore has one queue that signals it and one that waits for it, and queues keep
// program order, so that no issue takes away what another one needs. The final state therefore does not depend on the order in which units finish,
// and one order decides it.

import { defined } from '../base/defined.ts'
import type { Instruction } from './instruction.ts'
import { instructions, semaphoreBits, semaphores, workQueues } from './instructions.ts'
import type { Queue, WorkQueue } from './instructions.ts'

/** The greatest count of a semaphore. */
export const greatestSemaphore = 2 ** semaphoreBits - 1

/** A mask of all semaphores. */
export const allSemaphores = 2 ** semaphores - 1

/** The numbers of the semaphores in a mask. */
export function semaphoresIn(mask: number): number[] {
  const found: number[] = []
  for (let rest = mask & allSemaphores; rest !== 0; rest &= rest - 1) found.push(31 - Math.clz32(rest & -rest))
  return found
}

/** An instruction of a second queue that signals, or waits for, a semaphore. */
export interface QueueConflict {
  readonly index: number
  readonly semaphore: number
  readonly does: 'signals' | 'waits for'
  readonly queue: Queue
  readonly other: Queue
}

/** The queue that signals each semaphore, and the first instruction of another one, from `first` to before `end`. */
export function semaphoreQueues(
  program: readonly Instruction[],
  first: number,
  end: number,
): { readonly producers: ReadonlyMap<number, Queue>; readonly conflict?: QueueConflict } {
  const producers = new Map<number, Queue>()
  const consumers = new Map<number, Queue>()
  for (let index = first; index < end; index++) {
    const instruction = program[index]!
    if (instruction.op === 'Illegal') continue
    const { queue } = instructions[instruction.op]
    const sides = [
      { does: 'signals', queues: producers, mask: instruction.signal },
      { does: 'waits for', queues: consumers, mask: instruction.wait },
    ] as const
    for (const { does, queues, mask } of sides)
      for (const semaphore of mask === 0 ? [] : semaphoresIn(mask)) {
        const other = queues.get(semaphore) ?? queue
        queues.set(semaphore, other)
        if (other !== queue) return { producers, conflict: { index, semaphore, does, queue, other } }
      }
  }
  return { producers }
}

/** Queues and semaphores of a run at some point of it; instructions finish as soon as they are issued. */
export class UntimedQueues {
  readonly counts = new Int32Array(semaphores)
  /** indices of the instructions that each queue has held, and how many have left it */
  readonly #queues: Readonly<Record<WorkQueue, number[]>> = { load: [], parameter: [], compute: [] }
  readonly #heads: Record<WorkQueue, number> = { load: 0, parameter: 0, compute: 0 }
  /** the next instruction to be dispatched */
  counter: number
  readonly #program: readonly Instruction[]
  readonly #halt: number
  readonly #depth: number

  /** @param halt index of the HALT that ends the run; nothing before it is illegal */
  constructor(program: readonly Instruction[], first: number, halt: number, queueDepth: number) {
    this.#program = program
    this.counter = first
    this.#halt = halt
    this.#depth = queueDepth
  }

  /** The head of a queue; undefined where the queue is empty. */
  head(queue: WorkQueue): number | undefined {
    return this.#queues[queue][this.#heads[queue]]
  }

  /** The instructions in a queue, the head first. */
  waiting(queue: WorkQueue): number[] {
    return this.#queues[queue].slice(this.#heads[queue])
  }

  /** Whether every instruction has been issued and HALT is reached. */
  finished(): boolean {
    return this.counter === this.#halt && workQueues.every((queue) => this.head(queue) === undefined)
  }

  /** Whether an instruction waits for a semaphore of a mask. */
  waitsFor(index: number, mask: number): boolean {
    return (this.#maskOf(index, 'wait') & mask) !== 0
  }

  /** The semaphores that an instruction waits for and that are zero. */
  lacking(index: number): number[] {
    return semaphoresIn(this.#maskOf(index, 'wait')).filter((semaphore) => this.counts[semaphore] === 0)
  }

  /**
   * Runs until nothing can be issued.
   * @param held no instruction that waits for one of this mask is issued
   * @param signalled called after each signal
   */
  run(held = 0, signalled: (index: number) => void = () => {}): void {
    for (let progress = true; progress;) {
      progress = this.#dispatch()
      for (const queue of workQueues) while (this.issue(queue, held, signalled)) progress = true
    }
  }

  /** Issues a queue's head if its semaphores allow it; returns whether they did. */
  issue(queue: WorkQueue, held = 0, signalled: (index: number) => void = () => {}): boolean {
    const index = this.head(queue)
    if (index === undefined) return false
    const wait = this.#maskOf(index, 'wait')
    if ((wait & held) !== 0 || (wait !== 0 && this.lacking(index).length > 0)) return false
    this.#heads[queue]++
    if (wait !== 0) for (const semaphore of semaphoresIn(wait)) this.counts[semaphore]!--
    const signal = this.#maskOf(index, 'signal')
    if (signal === 0) return true
    for (const semaphore of semaphoresIn(signal)) this.counts[semaphore]!++
    signalled(index)
    return true
  }

  /** Fills the queues in program order; returns whether anything was dispatched. */
  #dispatch(): boolean {
    const before = this.counter
    for (; this.counter < this.#halt; this.counter++) {
      const queue = this.#queueOf(this.counter)
      if (this.#queues[queue].length - this.#heads[queue] >= this.#depth) break
      this.#queues[queue].push(this.counter)
    }
    return this.counter > before
  }

  #queueOf(index: number): WorkQueue {
    const instruction = this.#program[index]!
    if (instruction.op === 'Illegal' || instruction.op === 'HALT') throw new Error(`${instruction.op} in a queue`)
    return instructions[instruction.op].queue
  }

  #maskOf(index: number, field: 'wait' | 'signal'): number {
    const instruction = this.#program[index]!
    return instruction.op === 'Illegal' ? 0 : instruction[field]
  }
}

/**
 * The first signal that can raise a semaphore above its greatest count: an instruction that waits for it can always be late, since the program does
 * not determine the cycles of DRAM. Undefined if none can.
 * @returns the instruction that signals, and the one that waits for the semaphore and may not have been issued
 */
export function overflowingSignal(
  make: () => UntimedQueues,
  semaphore: number,
): { readonly index: number; readonly waiting: number | undefined } | undefined {
  const held = 1 << semaphore
  const untimed = make()
  for (;;) {
    let index: number | undefined
    untimed.run(held, (each) => {
      if (index === undefined && untimed.counts[semaphore]! > greatestSemaphore) index = each
    })
    const queue = workQueues.find((each) => holds(untimed, each, held))
    const waiting = queue === undefined ? undefined : untimed.head(queue)
    if (index !== undefined) return { index, waiting }
    // However late, it is issued in the end.
    if (queue === undefined || !untimed.issue(queue)) return undefined
    if (untimed.counts[semaphore]! > greatestSemaphore) return { index: defined(waiting), waiting: undefined }
  }
}

/** Whether a queue's head could be issued and waits for a semaphore of the mask. */
function holds(untimed: UntimedQueues, queue: WorkQueue, mask: number): boolean {
  const head = untimed.head(queue)
  return head !== undefined && untimed.waitsFor(head, mask) && untimed.lacking(head).length === 0
}
