// Swaps of channels between clusters, and their cost: the inner loops of the search for balanced clusters.

import { kernels, Workspace } from './workspace.ts'

/** The cost of a row's excess in a cluster over its target: exp(excess / scale), with the excess clamped to ±half. */
export interface CostScale {
  readonly scale: number
  readonly half: number
}

/** The state of one search. No other kernel may be used until it ends. */
export class Swaps {
  readonly #rows: number
  readonly #counts: number
  readonly #excess: number
  readonly #costs: number
  readonly #growth: number
  readonly #table: number
  readonly #half: number

  /**
   * @param rows of every channel and cluster
   * @param counts [channels × rows], none below 0
   * @param excess [clusters × rows]
   */
  constructor(rows: number, counts: Int32Array, excess: Int32Array, { scale, half }: CostScale) {
    const most = counts.reduce((greatest, count) => Math.max(greatest, count), 0)
    const space = new Workspace()
    this.#rows = rows
    this.#half = half
    this.#counts = space.take(4 * counts.length)
    this.#excess = space.take(4 * excess.length)
    this.#costs = space.take(8 * excess.length)
    const growth = space.take(8 * (2 * most + 1))
    const table = space.take(8 * (2 * half + 1))
    this.#growth = growth + 8 * most
    this.#table = table + 8 * half
    space.integers(this.#counts, counts.length).set(counts)
    space.integers(this.#excess, excess.length).set(excess)
    const cost = (above: number): number => Math.exp(Math.min(Math.max(above, -half), half) / scale)
    space.doubles(growth, 2 * most + 1).forEach((_, at, all) => (all[at] = Math.exp((at - most) / scale) - 1))
    space.doubles(table, 2 * half + 1).forEach((_, at, all) => (all[at] = cost(at - half)))
    space.doubles(this.#costs, excess.length).forEach((_, at, all) => (all[at] = cost(excess[at]!)))
  }

  /** The change of the sum of all costs if channel a moves from cluster `from` to `to`, and b from `to` to `from`; exact if no excess is clamped. */
  change(a: number, b: number, from: number, to: number): number {
    const [counts, costs] = [4 * this.#rows, 8 * this.#rows]
    const [start, first] = [this.#counts, this.#costs]
    return kernels().changeOfCost(
      start + a * counts,
      start + b * counts,
      first + from * costs,
      first + to * costs,
      this.#growth,
      this.#rows,
    )
  }

  /** Makes the swap. */
  swap(a: number, b: number, from: number, to: number): void {
    const [counts, costs] = [4 * this.#rows, 8 * this.#rows]
    kernels().changeClusters(
      this.#counts + a * counts,
      this.#counts + b * counts,
      this.#excess + from * counts,
      this.#excess + to * counts,
      this.#costs + from * costs,
      this.#costs + to * costs,
      this.#table,
      this.#half,
      this.#rows,
    )
  }
}
