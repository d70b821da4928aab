// The semaphores: waits are taken at issue, signals are visible one cycle after retirement.
import type { Instruction } from '../isa/instruction.ts'
import { semaphores } from '../isa/instructions.ts'
import type { Queue } from '../isa/instructions.ts'
import { MachineFault } from '../isa/semantics/fault.ts'
import { greatestSemaphore, semaphoreQueues } from '../isa/semaphores.ts'

/** Sixteen counters; `signal` and `take` act within a cycle, signals count from the next. */
export class Semaphores {
  readonly counts = new Int32Array(semaphores)
  readonly #arriving = new Int32Array(semaphores)
  #some = false

  /** Whether every semaphore of a mask is above zero. */
  ready(mask: number): boolean {
    return this.lacking(mask) === 0
  }

  /** The semaphores of a mask that stand at zero. */
  lacking(mask: number): number {
    if (mask === 0) return 0
    let missing = 0
    for (let i = 0; i < semaphores; i++) if ((mask & (1 << i)) !== 0 && this.counts[i] === 0) missing |= 1 << i
    return missing
  }

  /** Decrements at issue. */
  take(mask: number): void {
    if (mask === 0) return
    for (let i = 0; i < semaphores; i++) if ((mask & (1 << i)) !== 0) this.counts[i]!--
  }

  /** Increments at retirement. */
  signal(mask: number): void {
    if (mask === 0) return
    for (let i = 0; i < semaphores; i++) if ((mask & (1 << i)) !== 0) this.#arriving[i]!++
    this.#some = true
  }

  /** Ends a cycle; gives the semaphore that overflows, or −1. */
  settle(): number {
    if (!this.#some) return -1
    this.#some = false
    let overflow = -1
    for (let i = 0; i < semaphores; i++) {
      this.counts[i]! += this.#arriving[i]!
      this.#arriving[i] = 0
      if (this.counts[i]! > greatestSemaphore) overflow = i
    }
    return overflow
  }
}

/**
 * Each semaphore has one queue that signals it and one that waits for it; gives the queue that signals each.
 * @throws MachineFault at the first instruction of a second queue
 */
export function checkSemaphoreQueues(
  program: readonly Instruction[],
  first: number,
  end: number,
): ReadonlyMap<number, Queue> {
  const { producers, conflict } = semaphoreQueues(program, first, end)
  if (conflict === undefined) return producers
  const { index, semaphore, does, queue, other } = conflict
  throw new MachineFault(
    `the ${queue} queue ${does} semaphore ${semaphore}, as the ${other} queue does`,
    `one queue that ${does} it`,
    program[index]!,
    index,
  )
}

/** The lowest number of a mask that is not zero. */
export const firstSemaphore = (mask: number): number => 31 - Math.clz32(mask & -mask)
