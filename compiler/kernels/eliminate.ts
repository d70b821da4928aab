// Columns decided one by one from the last to the first: what each leaves moves the wishes of those before it, eight rows side by side.

import { kernels, Workspace } from './workspace.ts'

/** Rows side by side. */
export const sides = 8

/** Nothing else may use the kernels between a reset and the last look at `decided`. */
export class Elimination {
  /** [size][8] what the columns decided so far add to each other one, times its own diagonal element */
  readonly decided: Float64Array
  /** [8] what the column just decided leaves of each row */
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

  /** Takes the rest of a column into the columns before it. */
  eliminate(column: number): void {
    kernels().addOuter(this.#decided, this.#lower + 8 * column * this.#size, this.#rest, column)
  }
}
