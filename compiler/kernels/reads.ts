// Which columns banks read, and in which beats: the inner loops of the first guess of a schedule.

import { kernels, Workspace } from './workspace.ts'

/** Columns by what rows need of them. */
export interface ColumnDemand {
  readonly columns: number
  /** [columns] needs over all rows */
  readonly perColumn: Int32Array
  /** 32-bit words of a row mask */
  readonly words: number
  /** [columns × words] rows that need the column, a bit each */
  readonly rowMask: Int32Array
  /** [columns] the first beat in which a bank may read it */
  readonly earliest: Int32Array
}

/**
 * Gives out the reads that banks have left, a read a bank and round, each to the column with the most needs for its reads.
 *
 * @param reads [banks × columns] what columns have; more is added
 * @param left [banks] reads
 * @param own [banks] the columns that each may read
 */
export function shareReads(
  { columns, perColumn }: ColumnDemand,
  reads: Int32Array,
  left: Int32Array,
  own: readonly (readonly number[])[],
): void {
  const banks = own.length
  const total = new Int32Array(columns)
  for (let at = 0; at < reads.length; at++) total[at % columns]! += reads[at]!
  const ownStart = new Int32Array(banks + 1)
  for (const [bank, list] of own.entries()) ownStart[bank + 1] = ownStart[bank]! + list.length
  const worth = Float64Array.from(perColumn, (needs, column) => needs / (total[column]! + 0.5))
  const space = new Workspace()
  const place = space.put(reads)
  kernels().shareReads(
    place,
    space.put(total),
    space.put(left),
    space.put(perColumn),
    space.put(Int32Array.from(own.flat())),
    space.put(ownStart),
    space.put(worth),
    banks,
    columns,
  )
  reads.set(space.integers(place, reads.length))
}

/** Reads considered for one beat. */
const window = 12

/** Rows that can take something in each beat; nothing else may use the kernels until the last bank has chosen. */
export class ReadChoice {
  readonly #beats: number
  readonly #words: number
  readonly #space = new Workspace()
  readonly #earliest: number
  readonly #perColumn: number
  readonly #rowMask: number
  /** rows that can take one thing, two, three */
  readonly #cover: readonly [number, number, number]
  readonly #pending: number
  readonly #chosen: number
  readonly #order: number

  constructor({ perColumn, words, rowMask, earliest }: ColumnDemand, beats: number) {
    const space = this.#space
    this.#beats = beats
    this.#words = words
    this.#earliest = space.put(earliest)
    this.#perColumn = space.put(perColumn)
    this.#rowMask = space.put(rowMask)
    const cover = (): number => space.zeros(4 * beats * words)
    this.#cover = [cover(), cover(), cover()]
    this.#pending = space.take(4 * window)
    this.#chosen = space.take(4 * beats)
    this.#order = space.take(4 * beats)
  }

  /**
   * Lets one bank choose, beat by beat, which of the next reads of its order is worth most: a row's first choice far more than a second.
   * @param order at most a read for each beat
   * @returns [beats] columns, or −1; valid until the next choice
   */
  choose(order: Int32Array): Int32Array {
    const space = this.#space
    space.integers(this.#order, order.length).set(order)
    kernels().chooseReads(this.#order, order.length, this.#beats, this.#earliest, this.#perColumn, this.#rowMask, this.#words, ...this.#cover, this.#pending, window, this.#chosen) // prettier-ignore
    return space.integers(this.#chosen, this.#beats)
  }
}
