// Coordinate descent: each code moves to a neighbouring level while that lowers its row's error.

import { elementAt } from '../../../base/defined.ts'
import { errorTerms, hessianProducts } from './row-errors.ts'
import type { DiscreteRow, DiscreteRowProblem } from './row.ts'
import { nearestLevel } from './weight-sets.ts'

/** Sweeps over all codes of a row in a round, and rounds of sweeps and a fit of the scale, at most. */
const sweeps = 8
const rounds = 4

/** Moves the codes of each row to neighbouring levels while that lowers its error, and fits the scale to them. */
export function coordinateDescent(
  rows: readonly DiscreteRow[],
  problems: readonly DiscreteRowProblem[],
): DiscreteRow[] {
  const products = hessianProducts(rows, problems)
  return rows.map((row, at) =>
    descend(row, elementAt(problems, at), products.subarray(at * row.codes.length, (at + 1) * row.codes.length)),
  )
}

/** @param product codes · Hessian, kept up to date */
function descend(row: DiscreteRow, problem: DiscreteRowProblem, product: Float64Array): DiscreteRow {
  const { set, hessian, crossCovariance, keep } = problem
  const { levels } = set
  const size = row.codes.length
  const codes = row.codes.slice()
  let { scale } = row
  if (!(scale > 0)) return row
  for (let round = 0; round < rounds; round++) {
    let movedInRound = false
    for (let sweep = 0; sweep < sweeps; sweep++) {
      let moved = false
      for (let i = 0; i < size; i++) {
        if (keep[i] === 0) continue
        const slope = scale * product[i]! - crossCovariance[i]!
        const at = nearestLevel(set, codes[i]!) + (slope > 0 ? -1 : 1)
        if (at < 0 || at >= levels.length) continue
        const by = levels[at]! - codes[i]!
        if (!(2 * slope * by * scale + (by * scale) ** 2 * hessian[i * (size + 1)]! < 0)) continue
        codes[i] = levels[at]!
        moved = true
        for (let j = 0, from = i * size; j < size; j++, from++) product[j]! += by * hessian[from]!
      }
      if (!moved) break
      movedInRound = true
    }
    if (problem.scale !== undefined || (round > 0 && !movedInRound)) break
    const { quadratic, linear } = errorTerms(codes, product, problem)
    if (!(quadratic > 0 && linear > 0)) break
    scale = linear / quadratic
  }
  return { codes, scale }
}
