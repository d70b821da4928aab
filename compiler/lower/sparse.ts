// Selection of sparse entries by column, with new column numbers.
import type { SparseWeights } from '../graph/integer.ts'

/**
 * The entries of some columns under new numbers, which must ascend as the old ones do.
 * @param numberOf a column's new number, or −1 if it is left out
 */
export function selectEntries(
  { rows, rowStart, column, value }: SparseWeights,
  columns: number,
  numberOf: (column: number) => number,
): SparseWeights {
  const starts = new Int32Array(rows + 1)
  const newColumn = new Int32Array(column.length)
  const newValue = new Int32Array(column.length)
  let count = 0
  for (let row = 0; row < rows; row++) {
    for (let at = rowStart[row]!; at < rowStart[row + 1]!; at++) {
      const to = numberOf(column[at]!)
      if (to < 0) continue
      newColumn[count] = to
      newValue[count++] = value[at]!
    }
    starts[row + 1] = count
  }
  return { rows, columns, rowStart: starts, column: newColumn.slice(0, count), value: newValue.slice(0, count) }
}
