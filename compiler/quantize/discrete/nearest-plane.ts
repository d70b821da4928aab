// Nearest plane: codes chosen one by one from the last column, each making up for those behind it (GPTQ's correction, arXiv 2210.17323, needs no inverse then).

import { decompose, solve } from './linear-solver.ts'
import { bestProjection, type DiscreteRow, errorOf, least, type RowProblem } from './row.ts'
import { nearestLevel } from './weight-sets.ts'

/** Fractions of the scale that suits the real weights best. */
const fractions = [0.85, 0.925, 1, 1.075]

/**
 * The best of the rows that correction column by column gives at some scales.
 *
 * @param problems rows that share their inputs' moments
 * @returns undefined where these are singular
 */
export function nearestPlanes(problems: readonly RowProblem[]): DiscreteRow[] | undefined {
  if (problems.length === 0) return []
  const size = problems[0].cross.length
  const lower = decompose(problems[0].inputs, size)
  if (lower === undefined) return undefined
  return problems.map((problem) => {
    const real = problem.cross.slice()
    solve(lower, size, real)
    const scales =
      problem.scale === undefined
        ? fractions.map((fraction) => fraction * bestProjection(real, problem.keep, problem.set).scale)
        : [problem.scale]
    return least(
      scales.map((scale) => nearestPlane(lower, real, scale, problem)),
      (row) => errorOf(row, problem),
    )
  })
}

function nearestPlane(lower: Float64Array, real: Float64Array, scale: number, { keep, set }: RowProblem): DiscreteRow {
  const size = real.length
  const codes = new Int32Array(size)
  if (!(scale > 0)) return { codes, scale }
  /** [size] what the columns behind leave for each one, times its own diagonal element */
  const behind = new Float64Array(size)
  for (let i = size - 1; i >= 0; i--) {
    const wish = real[i] + behind[i] / lower[i * (size + 1)]
    if (keep[i] === 1) codes[i] = set.levels[nearestLevel(set, wish / scale)]
    const rest = real[i] - codes[i] * scale
    for (let j = 0, at = i * size; j < i; j++, at++) behind[j] += lower[at] * rest
  }
  return { codes, scale }
}
