// Random values from one seed: whole numbers, elements of lists, chances, bytes.

import { random } from '../../base/random.ts'

export class SeededRandom {
  readonly #uniform: () => number

  constructor(seed: number) {
    this.#uniform = random(seed)
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.#uniform() * (high - low + 1))
  }

  /** One element of a list that has some. */
  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)]!
  }

  /** True with a probability. */
  chance(probability: number): boolean {
    return this.#uniform() < probability
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at++) bytes[at] = this.int(0, 255)
    return bytes
  }
}
