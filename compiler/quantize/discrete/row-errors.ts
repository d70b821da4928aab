// Errors of discrete rows that share their inputs' moments: one product serves them all.

import { elementAt, elements } from '../../../base/defined.ts'
import { addProduct } from '../../kernels/product.ts'
import type { DiscreteRow, DiscreteRowProblem } from './row.ts'

/** For each row the candidate with the least error; the first of equal ones. */
export function leastOf(
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
 * codes · inputs of rows that share their inputs' moments.
 *
 * @returns [rows × size]
 */
export function imagesOf(rows: readonly DiscreteRow[], problems: readonly DiscreteRowProblem[]): Float64Array {
  if (rows.length === 0) return new Float64Array()
  const [{ inputs, cross }] = elements(problems, 1)
  const size = cross.length
  const codes = new Float64Array(rows.length * size)
  for (const [at, row] of rows.entries()) codes.set(row.codes, at * size)
  const images = new Float64Array(rows.length * size)
  const a = { values: codes, step: size, depthStep: 1 }
  addProduct(images, { rows: rows.length, columns: size, depth: size }, a, { values: inputs, step: size, depthStep: 1 })
  return images
}

/** The errors of rows that share their inputs' moments. */
export function errorsOf(rows: readonly DiscreteRow[], problems: readonly DiscreteRowProblem[]): Float64Array {
  const images = imagesOf(rows, problems)
  return Float64Array.from(rows, ({ codes, scale }, at) => {
    const { square, along } = fitOf(
      codes,
      images.subarray(at * codes.length, (at + 1) * codes.length),
      elementAt(problems, at),
    )
    return scale * (scale * square - 2 * along)
  })
}

/** The scales that suit the codes best in the errors' own terms. */
export function refitted(rows: readonly DiscreteRow[], problems: readonly DiscreteRowProblem[]): DiscreteRow[] {
  const images = imagesOf(rows, problems)
  return rows.map((row, at) => {
    const problem = elementAt(problems, at)
    if (problem.scale !== undefined) return row
    const { codes } = row
    const { square, along } = fitOf(codes, images.subarray(at * codes.length, (at + 1) * codes.length), problem)
    return square > 0 && along > 0 ? { codes, scale: along / square } : row
  })
}

/** xᵀ·inputs·x − 2·xᵀ·cross of a discrete row. */
export function errorOf(row: DiscreteRow, problem: DiscreteRowProblem): number {
  return elementAt(errorsOf([row], [problem]), 0)
}

/** codesᵀ·inputs·codes and codesᵀ·cross. */
export function fitOf(
  codes: Int32Array,
  image: Float64Array,
  { cross }: DiscreteRowProblem,
): { square: number; along: number } {
  let [square, along] = [0, 0]
  for (let i = 0; i < codes.length; i++) {
    square += codes[i]! * image[i]!
    along += codes[i]! * cross[i]!
  }
  return { square, along }
}
