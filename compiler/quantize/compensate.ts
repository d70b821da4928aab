// Compensation: the kept weights of a row are refitted by damped least squares, so that the row's output stays close to its target.

import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import type { Moments } from './moments.ts'

/** The damping towards the given weights, relative to the mean variance of the inputs, against overfitting to few samples. */
const relativeDamping = 0.02

/** The Hessian of a row's squared output error (but for a factor of 2): the damped covariance of its inputs. */
export interface RowHessian {
  /** Columns of the row's weights, ascending. */
  readonly columns: Int32Array
  /** [columns × columns], damped */
  readonly hessian: Matrix
}

/** Refits the rows of one layer; consecutive rows with the same columns share a decomposition. */
export class Compensator {
  readonly #moments: Moments
  readonly #damping: number
  #last: { readonly row: RowHessian; readonly cholesky: CholeskyDecomposition } | undefined

  /** @param dampingFactor more than 1 where samples are few */
  constructor(moments: Moments, dampingFactor = 1) {
    this.#moments = moments
    let variance = 0
    for (let c = 0; c < moments.columns; c++) variance += moments.covariance[c * (moments.columns + 1)]!
    this.#damping = (dampingFactor * relativeDamping * variance) / Math.max(1, moments.columns) || 1e-12
  }

  /**
   * The weights at these columns with the least squared error to the row's target output.
   *
   * @param weights the row's given weights at `columns`
   */
  solve(row: number, columns: Int32Array, weights: Float32Array): { weights: Float32Array; hessian: RowHessian } {
    if (columns.length === 0) return { weights, hessian: { columns, hessian: new Matrix(0, 0) } }
    const { row: hessian, cholesky } = this.#decompose(columns)
    const { crossCovariance: cross, columns: stride } = this.#moments
    const right = Matrix.columnVector(
      Array.from(columns, (column, i) => cross[row * stride + column]! + this.#damping * weights[i]!),
    )
    const solved = cholesky.isPositiveDefinite() ? Float32Array.from(cholesky.solve(right).to1DArray()) : weights
    return { weights: solved.every(Number.isFinite) ? solved : weights, hessian }
  }

  /** The bias with which a row's mean output equals its mean target. */
  bias(row: number, columns: Int32Array, weights: ArrayLike<number>): number {
    let bias = this.#moments.outputMean[row]!
    for (const [i, column] of columns.entries()) bias -= weights[i]! * this.#moments.inputMean[column]!
    return bias
  }

  #decompose(columns: Int32Array): { readonly row: RowHessian; readonly cholesky: CholeskyDecomposition } {
    const last = this.#last
    if (last !== undefined && same(last.row.columns, columns)) return last
    const { covariance: inputs, columns: stride } = this.#moments
    const part = new Matrix(columns.length, columns.length)
    for (let a = 0; a < columns.length; a++)
      for (let b = 0; b < columns.length; b++)
        part.set(a, b, inputs[columns[a]! * stride + columns[b]!]! + (a === b ? this.#damping : 0))
    this.#last = { row: { columns, hessian: part }, cholesky: new CholeskyDecomposition(part) }
    return this.#last
  }
}

function same(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
