// Plain rounding at many scales, of which the best is taken for each row.

import { elementAt } from '../../../base/defined.ts'
import { bestOfEach } from './row-errors.ts'
import { codesAt, type DiscreteRow, fractions, type DiscreteRowProblem, widestScale } from './row.ts'

/** For each row the rounding with the least error. */
export function bestRoundings(
  weights: readonly Float64Array[],
  problems: readonly DiscreteRowProblem[],
): DiscreteRow[] {
  const widest = problems.map(({ keep, set }, at) => widestScale(elementAt(weights, at), keep, set))
  return bestOfEach(
    fractions.map((fraction) =>
      problems.map(({ keep, set, scale: given }, at) => {
        const scale = given ?? fraction * elementAt(widest, at)
        return { codes: codesAt(elementAt(weights, at), keep, set, scale), scale }
      }),
    ),
    problems,
  )
}
