// Plain rounding at many scales, of which each row takes the best.

import { leastOf } from './row-errors.ts'
import { codesAt, type DiscreteRow, fractions, type RowProblem, widestScale } from './row.ts'

/** For each row the one with the least error of those that rounding at many scales gives. */
export function bestRoundings(weights: readonly Float64Array[], problems: readonly RowProblem[]): DiscreteRow[] {
  const widest = problems.map(({ keep, set }, at) => widestScale(weights[at], keep, set))
  return leastOf(
    fractions.map((fraction) =>
      problems.map(({ keep, set, scale: given }, at) => {
        const scale = given ?? fraction * widest[at]
        return { codes: codesAt(weights[at], keep, set, scale), scale }
      }),
    ),
    problems,
  )
}
