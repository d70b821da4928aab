// One row of discrete weights: levels times a scale, and the nearest one to real weights.

import { defined, elementAt } from '../../../base/defined.ts'
import { nearestLevel, type WeightSet } from './weight-sets.ts'

/** codes · scale */
export interface DiscreteRow {
  readonly codes: Int32Array
  readonly scale: number
}

/** What a row's error is measured by: x ↦ xᵀ·inputs·x − 2·xᵀ·cross, the output error but for a constant. */
export interface DiscreteRowProblem {
  readonly set: WeightSet
  /** [size × size] second moments of the row's inputs */
  readonly inputs: Float64Array
  /** [size] moments of the inputs with the wanted output */
  readonly cross: Float64Array
  /** [size] 1 where a weight may be other than 0 */
  readonly keep: Uint8Array
  /** Given: the scale stays as it is. */
  readonly scale?: number
  /** What code 1 of the row's shortcut stands for, in those of its own inputs; absent without a shortcut. */
  readonly shortcut?: number
}

/** Fractions of the widest scale from which the search starts. */
export const fractions = Array.from({ length: 13 }, (_, i) => 0.4 + 0.05 * i)

/** By turns: the codes for the scale, the scale for the codes. */
const turns = 4

/** The first and the last level. */
const endsOf = ({ levels }: WeightSet): readonly [number, number] => [elementAt(levels, 0), defined(levels.at(-1))]

/** The widest scale that a row can use: its largest weight is the last level. */
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

/** The nearest discrete row to real weights by alternating projection, from a scale on. */
export function project(weights: Float64Array, keep: Uint8Array, set: WeightSet, from: number): DiscreteRow {
  let scale = from
  for (let turn = 0; turn < turns; turn++) {
    const codes = codesAt(weights, keep, set, scale)
    let along = 0
    let power = 0
    for (let i = 0; i < codes.length; i++) {
      along += codes[i]! * weights[i]!
      power += codes[i]! * codes[i]!
    }
    if (!(power > 0 && along > 0) || along / power === scale) return { codes, scale }
    scale = along / power
  }
  return { codes: codesAt(weights, keep, set, scale), scale }
}

/** The nearest discrete row from the best of many scales. */
export function bestProjection(weights: Float64Array, keep: Uint8Array, set: WeightSet): DiscreteRow {
  const widest = widestScale(weights, keep, set)
  const distance = ({ codes, scale }: DiscreteRow): number => {
    let sum = 0
    for (let i = 0; i < codes.length; i++) sum += (weights[i]! - codes[i]! * scale) ** 2
    return sum
  }
  return least(
    fractions.map((fraction) => project(weights, keep, set, fraction * widest)),
    distance,
  )
}

/** The row of the least value; the first of equal ones. */
export function least(rows: readonly DiscreteRow[], value: (row: DiscreteRow) => number): DiscreteRow {
  return rows.map((row) => ({ row, value: value(row) })).reduce((a, b) => (b.value < a.value ? b : a)).row
}
