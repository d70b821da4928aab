// ADMM over discrete rows: min ‖W·X − Y‖² with W real, W = G and G discrete; one decomposition serves all rows (arXiv 1707.09870).

import { elementAt } from '../../../base/defined.ts'
import { solverOf } from '../../kernels/solve.ts'
import { decompose } from '../../kernels/cholesky.ts'
import { errorsOf, refitted } from './row-errors.ts'
import { bestProjection, codesAt, type DiscreteRow, project, type DiscreteRowProblem } from './row.ts'

/** Strengths of the pull towards the discrete rows, relative to the mean variance of the inputs; each for some turns. */
const strengths = [0.05, 0.15, 0.5, 1.5, 5] as const
const turnsEach = 8

/** The pull of the very first solution towards the given weights: next to none. */
const barely = 1e-6

/**
 * Discrete rows found by ADMM. Each turn solves W = (A + ρ)⁻¹·(B + ρ·(G − U)), projects W + U on the discrete rows, and adds what is
 * left to U. Of the projections at the end of each strength the one with the least error is taken.
 *
 * @param problems rows that share their inputs' moments
 */
export function alternate(problems: readonly DiscreteRowProblem[]): DiscreteRow[] {
  const [problem] = problems
  if (problem === undefined) return []
  const { inputs } = problem
  const size = problem.cross.length
  let variance = 0
  for (let i = 0; i < size; i++) variance += inputs[i * (size + 1)]!
  variance /= Math.max(1, size)
  if (!(variance > 0)) return problems.map(({ keep }) => ({ codes: new Int32Array(keep.length), scale: 0 }))

  const start = decompose(pulled(inputs, size, barely * variance), size)
  const reals = problems.map(({ cross }) => cross.slice())
  if (start !== undefined) solverOf(start, size).solve(reals)
  const first = reals.map((real, at) => projected(real, elementAt(problems, at)))
  const firstErrors = errorsOf(first, problems)
  const states = problems.map((problem, at) => {
    const row = elementAt(first, at)
    return {
      problem,
      real: elementAt(reals, at),
      row,
      dual: new Float64Array(size),
      best: row,
      error: elementAt(firstErrors, at),
    }
  })
  let before: number = strengths[0]
  for (const strength of strengths) {
    const pull = strength * variance
    const lower = decompose(pulled(inputs, size, pull), size)
    if (lower === undefined) continue
    const solver = solverOf(lower, size)
    for (const { dual } of states) for (let i = 0; i < size; i++) dual[i]! *= before / strength
    for (let turn = 0; turn < turnsEach; turn++) {
      for (const { problem, real, row, dual } of states)
        for (let i = 0; i < size; i++) real[i] = problem.cross[i]! + pull * (row.codes[i]! * row.scale - dual[i]!)
      solver.solve(reals)
      for (const state of states) {
        const { real, dual } = state
        for (let i = 0; i < size; i++) real[i]! += dual[i]!
        state.row = projected(real, state.problem, state.row.scale)
        for (let i = 0; i < size; i++) dual[i] = real[i]! - state.row.codes[i]! * state.row.scale
      }
    }
    const fitted = refitted(
      states.map(({ row }) => row),
      problems,
    )
    const errors = errorsOf(fitted, problems)
    for (const [at, state] of states.entries()) {
      const error = elementAt(errors, at)
      if (!(error < state.error)) continue
      state.best = elementAt(fitted, at)
      state.error = error
    }
    before = strength
  }
  return states.map(({ best }) => best)
}

function pulled(inputs: Float64Array, size: number, pull: number): Float64Array {
  const sum = inputs.slice()
  for (let i = 0; i < size; i++) sum[i * (size + 1)]! += pull
  return sum
}

function projected(real: Float64Array, { keep, set, scale: given }: DiscreteRowProblem, near?: number): DiscreteRow {
  if (given !== undefined) return { codes: codesAt(real, keep, set, given), scale: given }
  return near !== undefined && near > 0 ? project(real, keep, set, near) : bestProjection(real, keep, set)
}
