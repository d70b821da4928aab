// Elimination of columns from the last to the first: the residual of each decided column changes the targets of the columns before it, eight rows at a time.

import { kernels, Workspace } from './workspace.ts'

/** Rows that are eliminated at a time. */
export const sides = 8

/** No other kernel may be used between `reset` and the last read of `decided`. */
export class Elimination {
  /** [size][8] the sum that the columns decided so far add to every other column, times its own diagonal element */
  readonly decided: Float64Array
  /** [8] the residual of each row at the column just decided */
  readonly rest: Float64Array
  readonly #size: number
  readonly #lower: number
  readonly #decided: number
  readonly #rest: number

  /** @param lower [size × size] lower triangle */
  constructor(lower: Float64Array, size: number) {
    const space = new Workspace()
    this.#size = size
    this.#lower = space.take(8 * size * size)
    this.#decided = space.take(8 * sides * size)
    this.#rest = space.take(8 * sides)
    space.doubles(this.#lower, size * size).set(lower)
    this.decided = space.doubles(this.#decided, sides * size)
    this.rest = space.doubles(this.#rest, sides)
  }

  reset(): void {
    this.decided.fill(0)
    this.rest.fill(0)
  }

  /** Adds the residual of a column to the columns before it. */
  eliminate(column: number): void {
    kernels().addOuter(this.#decided, this.#lower + 8 * column * this.#size, this.#rest, column)
  }
}
