// One row of discrete weights: levels times a scale, projected from real weights and polished against the row's error.

import { product } from './linear-solver.ts'
import { nearestLevel, type WeightSet } from './weight-sets.ts'

/** codes · scale */
export interface DiscreteRow {
  readonly codes: Int32Array
  readonly scale: number
}

/** What a row's error is measured by: x ↦ xᵀ·inputs·x − 2·xᵀ·cross, the output error but for a constant. */
export interface RowProblem {
  readonly set: WeightSet
  /** [size × size] second moments of the row's inputs */
  readonly inputs: Float64Array
  /** [size] moments of the inputs with the wanted output */
  readonly cross: Float64Array
  /** [size] 1 where a weight may be other than 0 */
  readonly keep: Uint8Array
  /** Given: the scale stays as it is. */
  readonly scale?: number
}

/** Fractions of the widest scale from which the search starts. */
const fractions = Array.from({ length: 13 }, (_, i) => 0.4 + 0.05 * i)

/** By turns: the codes for the scale, the scale for the codes. */
const turns = 4

/** Sweeps over all codes after which a polished row stays as it is, and rounds of sweeps and refitting. */
const sweeps = 8
const rounds = 4

/** The widest scale that a row can use: its largest weight is the last level. */
export function widestScale(weights: Float64Array, keep: Uint8Array, { levels }: WeightSet): number {
  let widest = 0
  for (const [i, weight] of weights.entries()) {
    if (keep[i] === 0) continue
    widest = Math.max(widest, weight > 0 ? weight / levels[levels.length - 1] : weight / levels[0])
  }
  return widest
}

/** The nearest codes at a scale. */
export function codesAt(weights: Float64Array, keep: Uint8Array, set: WeightSet, scale: number): Int32Array {
  const codes = new Int32Array(weights.length)
  if (!(scale > 0)) return codes
  for (let i = 0; i < codes.length; i++) if (keep[i] === 1) codes[i] = set.levels[nearestLevel(set, weights[i] / scale)]
  return codes
}

/** The nearest discrete row to real weights by alternating projection, from a scale on. */
export function project(weights: Float64Array, keep: Uint8Array, set: WeightSet, from: number): DiscreteRow {
  let scale = from
  for (let turn = 0; turn < turns; turn++) {
    const codes = codesAt(weights, keep, set, scale)
    let along = 0
    let power = 0
    for (let i = 0; i < codes.length; i++) {
      along += codes[i] * weights[i]
      power += codes[i] * codes[i]
    }
    if (!(power > 0 && along > 0)) break
    scale = along / power
  }
  return { codes: codesAt(weights, keep, set, scale), scale }
}

/** The nearest discrete row from the best of many scales. */
export function bestProjection(weights: Float64Array, keep: Uint8Array, set: WeightSet): DiscreteRow {
  const widest = widestScale(weights, keep, set)
  const distance = ({ codes, scale }: DiscreteRow): number => {
    let sum = 0
    for (let i = 0; i < codes.length; i++) sum += (weights[i] - codes[i] * scale) ** 2
    return sum
  }
  return least(
    fractions.map((fraction) => project(weights, keep, set, fraction * widest)),
    distance,
  )
}

/** The row with the least error of those that rounding at many scales gives. */
export function bestRounding(weights: Float64Array, problem: RowProblem): DiscreteRow {
  const { keep, set } = problem
  const widest = widestScale(weights, keep, set)
  const scales = problem.scale === undefined ? fractions.map((fraction) => fraction * widest) : [problem.scale]
  return least(
    scales.map((scale) => ({ codes: codesAt(weights, keep, set, scale), scale })),
    (row) => errorOf(row, problem),
  )
}

/** xᵀ·inputs·x − 2·xᵀ·cross of a discrete row. */
export function errorOf({ codes, scale }: DiscreteRow, { inputs, cross }: RowProblem): number {
  const image = product(inputs, codes.length, codes)
  let square = 0
  let along = 0
  for (let i = 0; i < codes.length; i++) {
    square += codes[i] * image[i]
    along += codes[i] * cross[i]
  }
  return scale * (scale * square - 2 * along)
}

/** Moves codes to the next level while that lowers the error, and fits the scale to them. */
export function polish(row: DiscreteRow, problem: RowProblem): DiscreteRow {
  const { set, inputs, cross, keep } = problem
  const { levels } = set
  const size = row.codes.length
  const codes = row.codes.slice()
  let { scale } = row
  if (!(scale > 0)) return row
  const image = product(inputs, size, codes)
  for (let round = 0; round < rounds; round++) {
    let moved = false
    for (let sweep = 0; sweep < sweeps; sweep++) {
      let found = false
      for (let i = 0; i < size; i++) {
        if (keep[i] === 0) continue
        const slope = scale * image[i] - cross[i]
        const at = nearestLevel(set, codes[i]) + (slope > 0 ? -1 : 1)
        if (at < 0 || at >= levels.length) continue
        const by = levels[at] - codes[i]
        if (!(2 * slope * by * scale + (by * scale) ** 2 * inputs[i * (size + 1)] < 0)) continue
        codes[i] = levels[at]
        found = true
        for (let j = 0, from = i * size; j < size; j++, from++) image[j] += by * inputs[from]
      }
      if (!found) break
      moved = true
    }
    if (problem.scale !== undefined || (round > 0 && !moved)) break
    let square = 0
    let along = 0
    for (let i = 0; i < size; i++) {
      square += codes[i] * image[i]
      along += codes[i] * cross[i]
    }
    if (!(square > 0 && along > 0)) break
    scale = along / square
  }
  return { codes, scale }
}

/** The row of the least value; the first of equal ones. */
export function least(rows: readonly DiscreteRow[], value: (row: DiscreteRow) => number): DiscreteRow {
  return rows.map((row) => ({ row, value: value(row) })).reduce((a, b) => (b.value < a.value ? b : a)).row
}
