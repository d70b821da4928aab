// The sums that rows add up in the beats of a group, compared with their weights: the inner loops of the proof that a schedule computes its rows.

import { kernels, Workspace } from './workspace.ts'

/** The beats of all clusters, one after the other (T = beats × clusters), each with its weight and the cell that gets its sums. */
export interface WeighedBeats {
  readonly rows: number
  readonly banks: number
  /** [T × rows] */
  readonly values: Int8Array
  readonly selects: Uint8Array
  /** [T × banks] */
  readonly ids: Uint8Array
  /** [T] index in `found` of the first bank of the beat's page */
  readonly pages: Int32Array
  /** [T] the weight of a 1 */
  readonly weights: Float64Array
  /** [T] the cell, a cluster's part, that gets the sum */
  readonly cells: Int32Array
  readonly cellCount: number
}

/** The columns that ids address. */
export interface ColumnTable {
  /** [pages × banks × 256] a column, or −1 */
  readonly found: Int32Array
  /** [columns] the column that represents it, of those at the same location */
  readonly same: Int32Array
  /** [columns] 1: nibbles are −8..7, else 0..15 */
  readonly signed: Uint8Array
}

/** Sparse rows whose entries multiply columns. */
export interface RowEntries {
  /** [rows of the group + 1] */
  readonly rowStart: Int32Array
  readonly column: Int32Array
  readonly value: Int32Array
  /** the column of an entry's first plane, and how many there are: each next one weighs 16 times as much */
  readonly numbers: Int32Array
  readonly planes: number
}

/** The sums of verified beats. */
export interface RowSums {
  /** [T] the banks from which any row takes an operand, a bit each */
  readonly used: Int32Array
  /** [cells × rows] the largest and the least that a sum can become */
  readonly most: Float64Array
  readonly least: Float64Array
}

/** Bounds of all sums, if every row adds up exactly its sources' entries, no more and no less; else undefined. */
export function verifiedRowSums(
  weighed: WeighedBeats,
  table: ColumnTable,
  sources: readonly RowEntries[],
): RowSums | undefined {
  const { rows, banks, cellCount } = weighed
  const count = weighed.pages.length
  const columns = table.same.length
  const space = new Workspace()
  const [values, selects] = [space.put(weighed.values), space.put(weighed.selects)]
  const [ids, pages] = [space.put(weighed.ids), space.put(weighed.pages)]
  const [weights, cells] = [space.put(weighed.weights), space.put(weighed.cells)]
  const [found, same, signed] = [space.put(table.found), space.put(table.same), space.put(table.signed)]
  const placed = sources.map(({ rowStart, column, value, numbers, planes }) => ({
    rowStart,
    planes,
    column: space.put(column),
    value: space.put(value),
    numbers: space.put(numbers),
  }))
  const entries = sources.reduce((sum, { value, planes }) => sum + value.length * planes, 0)
  const [used, sums] = [space.zeros(4 * count), space.zeros(8 * columns)]
  const [most, least] = [space.zeros(8 * cellCount * rows), space.zeros(8 * cellCount * rows)]
  const touched = space.take(4 * (count + entries))
  const loops = kernels()
  for (let row = 0; row < rows; row++) {
    let end = loops.addAssignments(values, selects, ids, pages, weights, cells, count, row, rows, banks, found, signed, used, sums, touched, most, least) // prettier-ignore
    if (end < 0) return undefined
    for (const { rowStart, planes, column, value, numbers } of placed) {
      const [first, own] = [4 * rowStart[row]!, rowStart[row + 1]! - rowStart[row]!]
      loops.subtractEntries(column + first, value + first, own, numbers, same, planes, sums, touched + 4 * end)
      end += own * planes
    }
    if (!loops.areZero(sums, touched, end)) return undefined
  }
  return {
    used: space.integers(used, count).slice(),
    most: space.doubles(most, cellCount * rows).slice(),
    least: space.doubles(least, cellCount * rows).slice(),
  }
}
