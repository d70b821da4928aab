// The sets of levels of discrete weights: integers, which each row multiplies by one scale.

import { weightRange } from '../accumulator-scale.ts'

/** Integers in ascending order, 0 among them. */
export interface WeightSet {
  readonly levels: readonly number[]
  /** True if every integer between the ends is a level. */
  readonly isDense: boolean
}

const range = (low: number, high: number): readonly number[] =>
  Array.from({ length: high - low + 1 }, (_, i) => low + i)

/** int8 is limited to the range of two 4-bit terms; powers of two and signs are single terms. */
export const weightSets = {
  int8: { levels: range(...weightRange[8]), isDense: true },
  int4: { levels: range(...weightRange[4]), isDense: true },
  pow2: { levels: [-4, -2, -1, 0, 1, 2, 4], isDense: false },
  ternary: { levels: [-1, 0, 1], isDense: true },
} as const satisfies Record<string, WeightSet>

export type WeightSetName = keyof typeof weightSets

/** The index of the level that is nearest to a number. */
export function nearestLevel({ levels, isDense }: WeightSet, value: number): number {
  const last = levels.length - 1
  if (isDense) return Math.min(Math.max(Math.round(value) - levels[0]!, 0), last)
  let at = 0
  while (at < last && Math.abs(levels[at + 1]! - value) <= Math.abs(levels[at]! - value)) at++
  return at
}
