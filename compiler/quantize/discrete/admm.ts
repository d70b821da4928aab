// ADMM over discrete rows: min ‖W·X − Y‖² with W real, W = G and G discrete (arXiv 1707.09870); all rows share one decomposition.

import { elementAt } from '../../../base/defined.ts'
import { decompose } from '../../kernels/cholesky.ts'
import { solverOf } from '../../kernels/solve.ts'
import { errorsOf, withBestScales } from './row-errors.ts'
import { bestProjection, codesAt, type DiscreteRow, project, type DiscreteRowProblem } from './row.ts'

/** ADMM's penalty parameters ρ, one after the other, relative to the mean variance of the inputs. */
const penalties = [0.05, 0.15, 0.5, 1.5, 5] as const
const iterationsPerPenalty = 8

/** The relative damping of the first, unconstrained solution: just enough for a decomposition. */
const firstDamping = 1e-6

/** A row between two iterations. */
interface RowState {
  readonly problem: DiscreteRowProblem
  /** W */
  readonly real: Float64Array
  /** G */
  discrete: DiscreteRow
  /** U, the scaled dual variable */
  readonly dual: Float64Array
  best: DiscreteRow
  leastError: number
}

/**
 * Discrete rows found by ADMM. An iteration solves W = (A + ρ)⁻¹·(B + ρ·(G − U)), projects W + U on the discrete rows as G, and sets U to W + U − G. Of the
 * projections at the end of each penalty the one with the least error is returned.
 *
 * @param problems rows with the same Hessian A; B is the covariance of inputs and target
 */
export function admm(problems: readonly DiscreteRowProblem[]): DiscreteRow[] {
  const [problem] = problems
  if (problem === undefined) return []
  const { hessian } = problem
  const size = problem.crossCovariance.length
  let variance = 0
  for (let i = 0; i < size; i++) variance += hessian[i * (size + 1)]!
  variance /= Math.max(1, size)
  if (!(variance > 0)) return problems.map(({ keep }) => ({ codes: new Int32Array(keep.length), scale: 0 }))

  const states = firstStates(problems, decompose(withDiagonal(hessian, size, firstDamping * variance), size))
  let previous: number = penalties[0]
  for (const relative of penalties) {
    const penalty = relative * variance
    const lower = decompose(withDiagonal(hessian, size, penalty), size)
    if (lower === undefined) continue
    // The scaled dual variable is the dual variable ÷ ρ.
    for (const { dual } of states) for (let i = 0; i < size; i++) dual[i]! *= previous / relative
    iterate(states, penalty, lower)
    keepBest(states, problems)
    previous = relative
  }
  return states.map(({ best }) => best)
}

/** The projections of the unconstrained solutions. @param lower undefined where the Hessian is singular */
function firstStates(problems: readonly DiscreteRowProblem[], lower: Float64Array | undefined): RowState[] {
  const reals = problems.map(({ crossCovariance }) => crossCovariance.slice())
  if (lower !== undefined) solverOf(lower, elementAt(reals, 0).length).solve(reals)
  const rows = reals.map((real, at) => projected(real, elementAt(problems, at)))
  const errors = errorsOf(rows, problems)
  return problems.map((problem, at) => {
    const real = elementAt(reals, at)
    const row = elementAt(rows, at)
    const dual = new Float64Array(real.length)
    return { problem, real, discrete: row, dual, best: row, leastError: elementAt(errors, at) }
  })
}

/** @param lower the decomposition of A + ρ */
function iterate(states: readonly RowState[], penalty: number, lower: Float64Array): void {
  const reals = states.map(({ real }) => real)
  const size = elementAt(reals, 0).length
  const solver = solverOf(lower, size)
  for (let iteration = 0; iteration < iterationsPerPenalty; iteration++) {
    for (const { problem, real, discrete, dual } of states)
      for (let i = 0; i < size; i++)
        real[i] = problem.crossCovariance[i]! + penalty * (discrete.codes[i]! * discrete.scale - dual[i]!)
    solver.solve(reals)
    for (const state of states) {
      const { real, dual } = state
      for (let i = 0; i < size; i++) real[i]! += dual[i]!
      state.discrete = projected(real, state.problem, state.discrete.scale)
      for (let i = 0; i < size; i++) dual[i] = real[i]! - state.discrete.codes[i]! * state.discrete.scale
    }
  }
}

function keepBest(states: readonly RowState[], problems: readonly DiscreteRowProblem[]): void {
  const rows = withBestScales(
    states.map(({ discrete }) => discrete),
    problems,
  )
  const errors = errorsOf(rows, problems)
  for (const [at, state] of states.entries()) {
    const error = elementAt(errors, at)
    if (!(error < state.leastError)) continue
    state.best = elementAt(rows, at)
    state.leastError = error
  }
}

function withDiagonal(matrix: Float64Array, size: number, added: number): Float64Array {
  const sum = matrix.slice()
  for (let i = 0; i < size; i++) sum[i * (size + 1)]! += added
  return sum
}

/** @param near a scale from which the projection starts; absent: many are tried */
function projected(real: Float64Array, { keep, set, scale: given }: DiscreteRowProblem, near?: number): DiscreteRow {
  if (given !== undefined) return { codes: codesAt(real, keep, set, given), scale: given }
  return near !== undefined && near > 0 ? project(real, keep, set, near) : bestProjection(real, keep, set)
}
