// Building and rearranging sparse rows of real weights; exact zeros are left out.

import type { TensorData } from '../graph/tensor.ts'
import { NonZeroBytes } from '../kernels/non-zero.ts'
import type { FloatRows } from './plan.ts'

/**
 * The rows of a convolution.
 *
 * @param weights [rows, channels / groups, taps]
 * @param channels of the source
 * @param factor [rows] the scale of each row's weights, where they are integers
 */
export function convolutionRows(
  weights: TensorData,
  rows: number,
  channels: number,
  taps: number,
  groups: number,
  factor?: ArrayLike<number>,
): FloatRows {
  const perRow = (channels / groups) * taps
  const entriesOf = nonZeroRows(weights, perRow)
  const rowStart = new Int32Array(rows + 1)
  let column = new Int32Array(Math.ceil(weights.length / 4))
  let value = new Float32Array(column.length)
  let next = 0
  for (let row = 0; row < rows; row++) {
    const own = factor === undefined ? 1 : factor[row]!
    const first = Math.floor(row / (rows / groups)) * perRow
    const entries = entriesOf(row)
    if (next + entries.value.length > column.length) {
      column = grown(column, new Int32Array(2 * column.length + perRow))
      value = grown(value, new Float32Array(column.length))
    }
    for (let i = 0; i < entries.value.length; i++) {
      const weight = Math.fround(entries.value[i]! * own)
      if (weight === 0) continue
      column[next] = first + entries.column[i]!
      value[next++] = weight
    }
    rowStart[row + 1] = next
  }
  return { rows, columns: channels * taps, rowStart, column: column.slice(0, next), value: value.slice(0, next) }
}

/** The non-zero entries of a dense row; valid until the next row is read. */
interface NonZeroRow {
  readonly column: Int32Array
  readonly value: TensorData
}

function nonZeroRows(weights: TensorData, perRow: number): (row: number) => NonZeroRow {
  if (weights instanceof Int8Array || weights instanceof Uint8Array) {
    const bytes = new NonZeroBytes(weights, perRow)
    return (row) => bytes.row(row)
  }
  const column = new Int32Array(perRow)
  const value = new Float64Array(perRow)
  return (row) => {
    let count = 0
    for (let i = 0, at = row * perRow; i < perRow; i++, at++) {
      const weight = weights[at]!
      if (weight === 0) continue
      column[count] = i
      value[count++] = weight
    }
    return { column: column.subarray(0, count), value: value.subarray(0, count) }
  }
}

/** Rows that have every column exactly once, spread over the rows: which columns a layer reads, not its weights. */
export function outlineRows(rows: number, columns: number, factor?: ArrayLike<number>): FloatRows {
  return collect(rows, columns, columns, (row, add) => {
    for (let column = row; column < columns; column += rows) add(column, factor === undefined ? 1 : factor[row]!)
  })
}

/**
 * The rows of a matrix.
 *
 * @param weights [columns, rows], or [rows, columns] if `transposed`
 */
export function matrixRows(
  weights: TensorData,
  rows: number,
  columns: number,
  transposed: boolean,
  factor: number,
): FloatRows {
  const [rowStep, columnStep] = transposed ? [columns, 1] : [1, rows]
  return collect(rows, columns, weights.length, (row, add) => {
    for (let column = 0; column < columns; column++) add(column, factor * weights[row * rowStep + column * columnStep]!)
  })
}

/** Row r has `value` at all taps of channel r − offset, if there is such a channel. */
export function diagonalRows(rows: number, channels: number, taps: number, value: number, offset = 0): FloatRows {
  return collect(rows, channels * taps, rows * taps, (row, add) => {
    const channel = row - offset
    if (channel >= 0 && channel < channels) for (let tap = 0; tap < taps; tap++) add(channel * taps + tap, value)
  })
}

/** Other rows of the same columns: row r is row `from(r)` times `factor(r)`, or empty where there is no such row. */
export function mapRows(
  weights: FloatRows,
  rows: number,
  from: (row: number) => number,
  factor: (row: number) => number = () => 1,
): FloatRows {
  return collect(
    rows,
    weights.columns,
    weights.column.length * Math.max(1, rows / Math.max(1, weights.rows)),
    (row, add) => {
      const old = from(row)
      if (old < 0 || old >= weights.rows) return
      for (let i = weights.rowStart[old]!; i < weights.rowStart[old + 1]!; i++)
        add(weights.column[i]!, weights.value[i]! * factor(row))
    },
  )
}

/**
 * The entries of some columns, renumbered; entries that fall into one column are added.
 *
 * @param newColumn a column's new number, or −1 where it is left out
 */
export function splitColumns(weights: FloatRows, columns: number, newColumn: (column: number) => number): FloatRows {
  return collect(weights.rows, columns, weights.column.length, (row, add) => {
    const entries = new Map<number, number>()
    for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++) {
      const to = newColumn(weights.column[i]!)
      if (to >= 0) entries.set(to, (entries.get(to) ?? 0) + weights.value[i]!)
    }
    for (const [column, value] of [...entries].sort((a, b) => a[0] - b[0])) add(column, value)
  })
}

/** Every column becomes `taps` columns with 1/taps of its weight: a mean over pixels as a kernel. */
export function spreadOverTaps(weights: FloatRows, taps: number): FloatRows {
  return collect(weights.rows, weights.columns * taps, weights.column.length * taps, (row, add) => {
    for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++)
      for (let tap = 0; tap < taps; tap++) add(weights.column[i]! * taps + tap, weights.value[i]! / taps)
  })
}

/** Collects rows whose entries come in ascending columns. */
function collect(
  rows: number,
  columns: number,
  most: number,
  fill: (row: number, add: (column: number, value: number) => void) => void,
): FloatRows {
  const rowStart = new Int32Array(rows + 1)
  let column = new Int32Array(Math.ceil(most))
  let value = new Float32Array(Math.ceil(most))
  let count = 0
  const add = (at: number, weight: number): void => {
    if (weight === 0) return
    if (count === column.length) {
      column = grown(column, new Int32Array(2 * count + 16))
      value = grown(value, new Float32Array(2 * count + 16))
    }
    column[count] = at
    value[count++] = weight
  }
  for (let row = 0; row < rows; row++) {
    fill(row, add)
    rowStart[row + 1] = count
  }
  return { rows, columns, rowStart, column: column.slice(0, count), value: value.slice(0, count) }
}

function grown<T extends Int32Array | Float32Array>(old: T, larger: T): T {
  larger.set(old)
  return larger
}
