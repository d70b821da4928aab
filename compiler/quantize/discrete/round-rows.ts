// Plain rounding at many scales, of which each row takes the best.

import { elementAt } from '../../../base/defined.ts'
import { leastOf } from './row-errors.ts'
import { codesAt, type DiscreteRow, fractions, type DiscreteRowProblem, widestScale } from './row.ts'

/** For each row the one with the least error of those that rounding at many scales gives. */
export function bestRoundings(
  weights: readonly Float64Array[],
  problems: readonly DiscreteRowProblem[],
): DiscreteRow[] {
  const widest = problems.map(({ keep, set }, at) => widestScale(elementAt(weights, at), keep, set))
  return leastOf(
    fractions.map((fraction) =>
      problems.map(({ keep, set, scale: given }, at) => {
        const scale = given ?? fraction * elementAt(widest, at)
        return { codes: codesAt(elementAt(weights, at), keep, set, scale), scale }
      }),
    ),
    problems,
  )
}
