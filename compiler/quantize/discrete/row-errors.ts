// Errors of discrete rows with the same Hessian, computed by one matrix product.

import { elementAt, elements } from '../../../base/defined.ts'
import { addProduct } from '../../kernels/product.ts'
import type { DiscreteRow, DiscreteRowProblem } from './row.ts'

/** For each row the candidate with the least error; the first of equal ones. */
export function bestOfEach(
  candidates: readonly (readonly DiscreteRow[])[],
  problems: readonly DiscreteRowProblem[],
): DiscreteRow[] {
  const errors = candidates.map((rows) => errorsOf(rows, problems))
  return problems.map((_, at) => {
    let best = 0
    for (let each = 1; each < candidates.length; each++) if (errors[each]![at]! < errors[best]![at]!) best = each
    const rows = elementAt(candidates, best)
    return elementAt(rows, at)
  })
}

/**
 * codes · Hessian of rows with the same Hessian.
 *
 * @returns [rows × size]
 */
export function hessianProducts(rows: readonly DiscreteRow[], problems: readonly DiscreteRowProblem[]): Float64Array {
  if (rows.length === 0) return new Float64Array()
  const [{ hessian, crossCovariance }] = elements(problems, 1)
  const size = crossCovariance.length
  const codes = new Float64Array(rows.length * size)
  for (const [at, row] of rows.entries()) codes.set(row.codes, at * size)
  const products = new Float64Array(rows.length * size)
  const a = { values: codes, step: size, depthStep: 1 }
  addProduct(products, { rows: rows.length, columns: size, depth: size }, a, {
    values: hessian,
    step: size,
    depthStep: 1,
  })
  return products
}

/** The errors of rows with the same Hessian; see `DiscreteRowProblem`. */
export function errorsOf(rows: readonly DiscreteRow[], problems: readonly DiscreteRowProblem[]): Float64Array {
  const products = hessianProducts(rows, problems)
  return Float64Array.from(rows, ({ codes, scale }, at) => {
    const { quadratic, linear } = errorTerms(
      codes,
      products.subarray(at * codes.length, (at + 1) * codes.length),
      elementAt(problems, at),
    )
    return scale * (scale * quadratic - 2 * linear)
  })
}

/** The rows with the scales of least error for their codes, unless the scale is given. */
export function withBestScales(rows: readonly DiscreteRow[], problems: readonly DiscreteRowProblem[]): DiscreteRow[] {
  const products = hessianProducts(rows, problems)
  return rows.map((row, at) => {
    const problem = elementAt(problems, at)
    if (problem.scale !== undefined) return row
    const { codes } = row
    const { quadratic, linear } = errorTerms(
      codes,
      products.subarray(at * codes.length, (at + 1) * codes.length),
      problem,
    )
    return quadratic > 0 && linear > 0 ? { codes, scale: linear / quadratic } : row
  })
}

/** The error of one row. */
export function errorOf(row: DiscreteRow, problem: DiscreteRowProblem): number {
  return elementAt(errorsOf([row], [problem]), 0)
}

/** The terms of a row's error: codesᵀ · Hessian · codes, and codesᵀ · crossCovariance. @param product codes · Hessian */
export function errorTerms(
  codes: Int32Array,
  product: Float64Array,
  { crossCovariance }: DiscreteRowProblem,
): { quadratic: number; linear: number } {
  let [quadratic, linear] = [0, 0]
  for (let i = 0; i < codes.length; i++) {
    quadratic += codes[i]! * product[i]!
    linear += codes[i]! * crossCovariance[i]!
  }
  return { quadratic, linear }
}
