// The semaphores: waits are taken at issue, signals count from the cycle after retirement.
import type { Instruction } from '../isa/instruction.ts'
import { semaphores } from '../isa/instructions.ts'
import type { Queue } from '../isa/instructions.ts'
import { MachineFault } from '../isa/semantics/fault.ts'
import { greatestSemaphore, semaphoreQueues } from '../isa/semaphores.ts'

/** Sixteen counters. `take` acts at once; what `signal` adds counts after `endCycle`. */
export class Semaphores {
  readonly counts = new Int32Array(semaphores)
  readonly #arriving = new Int32Array(semaphores)
  #hasArrivals = false

  /** Whether every semaphore of a mask is above zero. */
  ready(mask: number): boolean {
    return this.lacking(mask) === 0
  }

  /** The semaphores of a mask that are zero. */
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
    this.#hasArrivals = true
  }

  /** Adds the signals of the cycle; returns the semaphore that overflows, or −1. */
  endCycle(): number {
    if (!this.#hasArrivals) return -1
    this.#hasArrivals = false
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
 * Checks that each semaphore has one queue that signals it and one that waits for it; returns the queue that signals each.
 * @throws MachineFault at the first instruction of a second such queue
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

/** The lowest semaphore of a mask, which is not empty. */
export const firstSemaphore = (mask: number): number => 31 - Math.clz32(mask & -mask)
