// The demand of a phase: which rows have which column as an operand, as flat arrays, and the lower bound of the beats.
import type { PhaseProblem } from './problem.ts'

export interface Demand {
  readonly rows: number
  readonly banks: number
  readonly columns: number
  readonly bankMask: Uint32Array
  /** number of operands */
  readonly total: number
  /** [columns] operands over all rows */
  readonly perColumn: Int32Array
  /** [columns] the most operands that one row has of the column: it must be read in at least so many beats */
  readonly leastReads: Int32Array
  /** [columns + 1] where the rows of a column start in `rowsOf` */
  readonly rowsStart: Int32Array
  /** [total] rows with an operand of each column, a row once for each of its operands */
  readonly rowsOf: Int32Array
  /** 32-bit words of a row mask */
  readonly words: number
  /** [columns × words] rows with an operand of the column, a bit each */
  readonly rowMask: Int32Array
  /** [columns] the first beat in which a bank may read the column */
  readonly earliest: Int32Array
  /** no schedule has fewer beats */
  readonly lowerBound: number
}

/** Counts a problem's demand. @param earliest absent: every column may be read from the first beat on */
export function demandOf(
  { rows, banks, columns, bankMask, operands }: PhaseProblem,
  earliest = new Int32Array(columns),
): Demand {
  const perColumn = new Int32Array(columns)
  const leastReads = new Int32Array(columns)
  const inRow = new Int32Array(columns)
  let total = 0
  for (const list of operands) {
    total += list.length
    for (const column of list) {
      perColumn[column]!++
      const count = ++inRow[column]!
      if (count > leastReads[column]!) leastReads[column] = count
    }
    for (const column of list) inRow[column] = 0
  }
  const rowsStart = new Int32Array(columns + 1)
  for (let column = 0; column < columns; column++) rowsStart[column + 1] = rowsStart[column]! + perColumn[column]!
  const rowsOf = new Int32Array(total)
  const words = Math.max(1, wordOf(rows + 31))
  const rowMask = new Int32Array(columns * words)
  const next = rowsStart.slice()
  for (let row = 0; row < rows; row++) {
    const word = wordOf(row)
    const bit = bitOf(row)
    for (const column of operands[row]!) {
      rowsOf[next[column]!++] = row
      rowMask[column * words + word]! |= bit
    }
  }
  let lowerBound = bankLowerBound(banks, bankMask, leastReads)
  for (const list of operands) lowerBound = Math.max(lowerBound, list.length)
  return { rows, banks, columns, bankMask, total, perColumn, leastReads, rowsStart, rowsOf, words, rowMask, earliest, lowerBound } // prettier-ignore
}

/**
 * A lower bound by Hall's condition: columns that lie only in a set of banks need all their reads from that set. The sets tried are
 * the bank masks of columns and their union, at most 256, not all sets: so the exact bound may be higher.
 */
function bankLowerBound(banks: number, bankMask: Uint32Array, leastReads: Int32Array): number {
  const reads = new Map<number, number>()
  let all = 0
  for (let column = 0; column < bankMask.length; column++) {
    if (leastReads[column] === 0) continue
    const mask = bankMask[column]!
    reads.set(mask, (reads.get(mask) ?? 0) + leastReads[column]!)
    all |= mask
  }
  let bound = 0
  const sets = new Set([all >>> 0, ...reads.keys()].slice(0, 256))
  for (const set of sets) {
    let inside = 0
    for (const [mask, count] of reads) if ((mask & ~set) === 0) inside += count
    bound = Math.max(bound, Math.ceil(inside / bitCount(banks === 32 ? set : set & ((1 << banks) - 1))))
  }
  return Number.isFinite(bound) ? bound : 0
}

/** The 32-bit word of a mask in which a row has its bit. */
export const wordOf = (row: number): number => row >> 5

/** A row's bit in its word. */
export const bitOf = (row: number): number => 1 << (row & 31)

/** Bits set in a 32-bit word. */
export function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
