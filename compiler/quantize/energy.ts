// The energy of weights, the sum of their squares: what pruning keeps of it, and the most that it could keep.

import type { Budgeted } from './budget.ts'

/** The energy of the largest weights of every cell. */
export function bestEnergy({ source, available, reserved, quota }: Budgeted, clusters: number, taps: number): number {
  const { rows, rowStart, column, value } = source.weights
  const cells = Array.from(
    { length: clusters },
    (_, cluster) => new Float32Array(Math.max(0, ...available.filter((__, cell) => cell % clusters === cluster))),
  )
  const clusterOf = Uint16Array.from({ length: source.weights.columns }, (_, at) => Math.floor(at / taps) % clusters)
  const count = new Int32Array(clusters)
  let energy = 0
  for (let row = 0; row < rows; row++) {
    count.fill(0)
    for (let i = rowStart[row]!, end = rowStart[row + 1]!; i < end; i++) {
      const cluster = clusterOf[column[i]!]!
      cells[cluster]![count[cluster]!++] = value[i]! * value[i]!
    }
    for (let cluster = 0; cluster < clusters; cluster++) {
      const keep = Math.max(0, quota - reserved[row * clusters + cluster]!)
      energy += sumOfLargest(cells[cluster]!, count[cluster]!, keep)
    }
  }
  return energy
}

/** The sum of the `keep` largest of the first `count` values, by quickselect; the values are reordered. */
function sumOfLargest(values: Float32Array, count: number, keep: number): number {
  const start = Math.max(0, count - keep)
  // Only the part that contains the boundary is partitioned further.
  for (let low = 0, high = count - 1; low < high;) {
    const pivot = values[(low + high) >> 1]!
    let [left, right] = [low, high]
    while (left <= right) {
      while (values[left]! < pivot) left++
      while (values[right]! > pivot) right--
      if (left > right) break
      const other = values[left]!
      values[left++] = values[right]!
      values[right--] = other
    }
    if (start <= right) high = right
    else if (start >= left) low = left
    else break
  }
  let sum = 0
  for (let i = start; i < count; i++) sum += values[i]!
  return sum
}

/** The sum of squares. */
export function energyOf(values: Float32Array): number {
  let energy = 0
  for (let i = 0; i < values.length; i++) energy += values[i]! * values[i]!
  return energy
}
