// Babai's nearest plane: codes are chosen column by column, each compensating the errors of those before it. It is GPTQ's correction (arXiv 2210.17323)
// without an inverse of the Hessian.

import { elementAt, elements } from '../../../base/defined.ts'
import { decompose } from '../../kernels/cholesky.ts'
import { Elimination, sides } from '../../kernels/eliminate.ts'
import { solverOf } from '../../kernels/solve.ts'
import { bestOfEach } from './row-errors.ts'
import { bestProjection, type DiscreteRow, type DiscreteRowProblem } from './row.ts'
import { nearestLevel } from './weight-sets.ts'

/** Fractions of the scale that suits the least-squares solution best; they are tried in the order of columns that is best at that scale. */
const fractions = [0.85, 0.925, 1.075]

/** An order of the columns, and the Cholesky factor of the Hessian in that order. */
interface Order {
  /** [size] the column at each index; the column at the last index is rounded first */
  readonly column: Int32Array
  readonly lower: Float64Array
}

/**
 * For each row the best of several nearest planes: columns from either end or by falling variance, scales around that of the least-squares solution, and
 * the scale of plain rounding.
 *
 * @param problems rows with the same Hessian
 * @param weights the model's weights, which plain rounding would round
 * @returns undefined if the Hessian is singular
 */
export function nearestPlanes(
  problems: readonly DiscreteRowProblem[],
  weights: readonly Float64Array[],
): DiscreteRow[] | undefined {
  const [problem] = problems
  if (problem === undefined) return []
  const orders = ordersOf(problem.hessian, problem.crossCovariance.length)
  if (orders === undefined) return undefined
  const [firstToLast] = elements(orders, 1)
  const solutions = leastSquares(firstToLast, problems)
  const scales = problems.map(
    ({ keep, set, scale }, at) => scale ?? bestProjection(elementAt(solutions, at), keep, set).scale,
  )
  const planes = (order: Order, scaleOf: (row: number) => number, rows?: readonly number[]): DiscreteRow[] =>
    nearestPlane(
      order,
      (rows ?? problems.map((_, at) => at)).map((at) => ({
        problem: elementAt(problems, at),
        solution: elementAt(solutions, at),
        scale: scaleOf(at),
      })),
    )
  const starts = orders.map((order) => planes(order, (at) => elementAt(scales, at)))
  const best = bestOfEach(starts, problems)
  if (problem.scale !== undefined) return best
  const others = fractions.map(() => best.slice())
  for (const [index, order] of orders.entries()) {
    const rows = best.flatMap((row, at) => (row === elementAt(starts, index)[at] ? [at] : []))
    for (const [each, fraction] of fractions.entries()) {
      const other = elementAt(others, each)
      for (const [i, row] of planes(order, (at) => fraction * elementAt(scales, at), rows).entries())
        other[elementAt(rows, i)] = row
    }
  }
  const plain = planes(firstToLast, (at) => {
    const { keep, set } = elementAt(problems, at)
    return bestProjection(elementAt(weights, at), keep, set).scale
  })
  return bestOfEach([best, ...others, plain], problems)
}

/** First column first, last column first, greatest variance first. */
function ordersOf(hessian: Float64Array, size: number): Order[] | undefined {
  const indices = Array.from({ length: size }, (_, i) => i)
  const variance = (i: number): number => hessian[i * (size + 1)]!
  const orders: Order[] = []
  for (const order of [
    [...indices].reverse(),
    indices,
    [...indices].sort((a, b) => variance(a) - variance(b) || b - a),
  ]) {
    const column = Int32Array.from(order)
    const lower = decompose(permuted(hessian, column), size)
    if (lower === undefined) return undefined
    orders.push({ column, lower })
  }
  return orders
}

function permuted(matrix: Float64Array, column: Int32Array): Float64Array {
  const size = column.length
  const result = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0, from = column[i]! * size; j < size; j++) result[i * size + j] = matrix[from + column[j]!]!
  return result
}

/** The real rows of least error. */
function leastSquares({ column, lower }: Order, problems: readonly DiscreteRowProblem[]): Float64Array[] {
  const rights = problems.map(({ crossCovariance: cross }) => Float64Array.from(column, (at) => cross[at]!))
  solverOf(lower, column.length).solve(rights)
  return rights.map((right) => {
    const real = new Float64Array(right.length)
    for (const [i, at] of column.entries()) real[at] = right[i]!
    return real
  })
}

/** A row to be rounded at a scale. */
interface RowAtScale {
  readonly problem: DiscreteRowProblem
  /** the real row of least error */
  readonly solution: Float64Array
  readonly scale: number
}

function nearestPlane({ column, lower }: Order, rows: readonly RowAtScale[]): DiscreteRow[] {
  const size = column.length
  const codes = rows.map(() => new Int32Array(size))
  const elimination = new Elimination(lower, size)
  const { decided, rest } = elimination
  for (let first = 0; first < rows.length; first += sides) {
    const count = Math.min(sides, rows.length - first)
    elimination.reset()
    for (let i = size - 1; i >= 0; i--) {
      const own = column[i]!
      const diagonal = lower[i * (size + 1)]!
      for (let side = 0; side < count; side++) {
        const { problem, solution, scale } = rows[first + side]!
        const { keep, set } = problem
        if (keep[own] === 1 && scale > 0) {
          const target = solution[own]! + decided[i * sides + side]! / diagonal
          codes[first + side]![own] = set.levels[nearestLevel(set, target / scale)]!
        }
        rest[side] = solution[own]! - codes[first + side]![own]! * scale
      }
      elimination.eliminate(i)
    }
  }
  return rows.map(({ scale }, at) => ({ codes: elementAt(codes, at), scale }))
}
