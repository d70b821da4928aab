// One row of discrete weights, codes times a scale, and its projection: the nearest discrete row to real weights.

import { defined, elementAt } from '../../../base/defined.ts'
import { nearestLevel, type WeightSet } from './weight-sets.ts'

/** codes · scale */
export interface DiscreteRow {
  readonly codes: Int32Array
  readonly scale: number
}

/** The error of a row x of weights: xᵀ · hessian · x − 2 · xᵀ · crossCovariance, its squared output error but for a constant. */
export interface DiscreteRowProblem {
  readonly set: WeightSet
  /** [size × size] damped covariance of the row's inputs: half the Hessian of its squared output error */
  readonly hessian: Float64Array
  /** [size] covariance of the inputs with the target output, damped alike */
  readonly crossCovariance: Float64Array
  /** [size] 1 where a weight may be other than 0 */
  readonly keep: Uint8Array
  /** Present if the scale must not change. */
  readonly scale?: number
  /** The scale of the row's shortcut relative to the scale of its inputs; absent without a shortcut. */
  readonly shortcut?: number
}

/** Fractions of the widest scale at which the search starts. */
export const fractions = Array.from({ length: 13 }, (_, i) => 0.4 + 0.05 * i)

/** Iterations of alternating projection: codes for the scale, then the scale for the codes. */
const iterations = 4

/** The first and the last level. */
const endsOf = ({ levels }: WeightSet): readonly [number, number] => [elementAt(levels, 0), defined(levels.at(-1))]

/** The widest useful scale: the largest weight of the row is the last level. */
export function widestScale(weights: Float64Array, keep: Uint8Array, set: WeightSet): number {
  const [low, high] = endsOf(set)
  let widest = 0
  for (const [i, weight] of weights.entries()) {
    if (keep[i] === 0) continue
    widest = Math.max(widest, weight > 0 ? weight / high : weight / low)
  }
  return widest
}

/** The nearest codes at a scale. */
export function codesAt(weights: Float64Array, keep: Uint8Array, set: WeightSet, scale: number): Int32Array {
  const codes = new Int32Array(weights.length)
  if (!(scale > 0)) return codes
  if (set.isDense) {
    const [low, high] = endsOf(set)
    for (let i = 0; i < codes.length; i++) {
      if (keep[i] === 0) continue
      const code = Math.round(weights[i]! / scale)
      codes[i] = code < low ? low : code > high ? high : code
    }
    return codes
  }
  for (let i = 0; i < codes.length; i++)
    if (keep[i] === 1) codes[i] = set.levels[nearestLevel(set, weights[i]! / scale)]!
  return codes
}

/** The nearest discrete row to real weights by alternating projection that starts at a scale. */
export function project(weights: Float64Array, keep: Uint8Array, set: WeightSet, from: number): DiscreteRow {
  let scale = from
  for (let iteration = 0; iteration < iterations; iteration++) {
    const codes = codesAt(weights, keep, set, scale)
    let product = 0
    let squares = 0
    for (let i = 0; i < codes.length; i++) {
      product += codes[i]! * weights[i]!
      squares += codes[i]! * codes[i]!
    }
    if (!(squares > 0 && product > 0) || product / squares === scale) return { codes, scale }
    scale = product / squares
  }
  return { codes: codesAt(weights, keep, set, scale), scale }
}

/** The nearest discrete row of those found from many scales. */
export function bestProjection(weights: Float64Array, keep: Uint8Array, set: WeightSet): DiscreteRow {
  const widest = widestScale(weights, keep, set)
  const distance = ({ codes, scale }: DiscreteRow): number => {
    let sum = 0
    for (let i = 0; i < codes.length; i++) sum += (weights[i]! - codes[i]! * scale) ** 2
    return sum
  }
  return leastBy(
    fractions.map((fraction) => project(weights, keep, set, fraction * widest)),
    distance,
  )
}

/** The row with the least value; the first of equal ones. */
function leastBy(rows: readonly DiscreteRow[], value: (row: DiscreteRow) => number): DiscreteRow {
  return rows.map((row) => ({ row, value: value(row) })).reduce((a, b) => (b.value < a.value ? b : a)).row
}
