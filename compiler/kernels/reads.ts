// The columns that banks read, and the beats: the inner loops of the initial bank reads of a schedule.

import { kernels, Workspace } from './workspace.ts'

/** The demand for columns. */
export interface ColumnDemand {
  readonly columns: number
  /** [columns] operands over all rows */
  readonly perColumn: Int32Array
  /** 32-bit words of a row mask */
  readonly words: number
  /** [columns × words] rows with an operand of the column, a bit each */
  readonly rowMask: Int32Array
  /** [columns] the first beat in which a bank may read it */
  readonly earliest: Int32Array
}

/**
 * Distributes the remaining reads of the banks, one a bank and round, each to the column with the most operands for its reads.
 *
 * @param reads [banks × columns] reads so far; the new ones are added
 * @param left [banks] remaining reads
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
  const worth = Float64Array.from(perColumn, (operands, column) => operands / (total[column]! + 0.5))
  const space = new Workspace()
  const address = space.put(reads)
  kernels().shareReads(
    address,
    space.put(total),
    space.put(left),
    space.put(perColumn),
    space.put(Int32Array.from(own.flat())),
    space.put(ownStart),
    space.put(worth),
    banks,
    columns,
  )
  reads.set(space.integers(address, reads.length))
}

/** Reads considered for one beat. */
const window = 12

/** The choice of reads, bank after bank, with the rows that can use the reads of each beat. No other kernel may be used until the last bank has chosen. */
export class ReadChoice {
  readonly #beats: number
  readonly #words: number
  readonly #space = new Workspace()
  readonly #earliest: number
  readonly #perColumn: number
  readonly #rowMask: number
  /** [beats × words] rows that can use at least one read of the beat, two, three */
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
   * Chooses the reads of one bank, beat by beat: of the next reads in its order, the one of most worth. A row's first usable read counts far more than a second.
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
