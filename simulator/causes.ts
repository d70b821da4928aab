// Why the compute queue issues nothing in a cycle: one cause a cycle, so that stalls add up.
import type { Queue } from '../isa/instructions.ts'

/** Causes in the order of their codes. */
export const causes = [
  'issue',
  'running',
  'start',
  'dispatch',
  'load',
  'parameter',
  'compute',
  'gap',
  'unit change',
  'store',
] as const
export type Cause = (typeof causes)[number]

const codeOf = Object.fromEntries(causes.map((cause, code) => [cause, code])) as Readonly<Record<Cause, number>>

/** What each cause means, for reports. */
export const causeMeanings: Readonly<Record<Cause, string>> = {
  issue: 'an instruction issues: a LAYER, or the first cycles of a STORE',
  running: 'the instruction before is still running',
  start: 'from the doorbell to the first dispatch',
  dispatch: 'the compute queue is empty',
  load: 'waits for a semaphore that the load queue signals',
  parameter: 'waits for a semaphore that the parameter queue signals',
  compute: 'waits for a semaphore that the compute queue signals',
  gap: 'the gap that the instruction requires',
  'unit change': 'another unit still writes its last words',
  store: 'the STORE before still sends its last data',
}

/** The cause of a missing semaphore. */
export const semaphoreCause = (producer: Queue | undefined): Cause =>
  producer === undefined || producer === 'control' ? 'load' : producer

/** Causes by cycle; grows as needed. */
export class CauseLog {
  #codes = new Uint8Array(4096)

  record(cycle: number, cause: Cause): void {
    if (cycle >= this.#codes.length) {
      const grown = new Uint8Array(2 * this.#codes.length)
      grown.set(this.#codes)
      this.#codes = grown
    }
    this.#codes[cycle] = codeOf[cause]
  }

  /** One code a cycle. */
  upTo(cycles: number): Uint8Array {
    return this.#codes.subarray(0, cycles)
  }
}
