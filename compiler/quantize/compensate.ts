// Compensation: the weights that pruning left take over, by least squares, what the layer's inputs have lost.

import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import type { Moments } from './moments.ts'

/** Pull towards the given weights, relative to the mean variance of the inputs: what keeps few samples from being overfitted. */
const damping = 0.02

/** The part of the moments that a row with few weights needs. */
export interface RowMoments {
  /** Columns of the row's weights, ascending. */
  readonly columns: Int32Array
  /** [columns × columns], damped */
  readonly inputs: Matrix
}

/** Rows of one layer that share columns share the decomposition. */
export class Compensator {
  readonly #moments: Moments
  readonly #pull: number
  #last: { readonly row: RowMoments; readonly cholesky: CholeskyDecomposition } | undefined

  /** @param doubt factor of the damping: more than 1 where samples are few */
  constructor(moments: Moments, doubt = 1) {
    this.#moments = moments
    let variance = 0
    for (let c = 0; c < moments.columns; c++) variance += moments.inputs[c * (moments.columns + 1)]!
    this.#pull = (doubt * damping * variance) / Math.max(1, moments.columns) || 1e-12
  }

  /**
   * The weights at these columns that come nearest to the wanted outputs of a row.
   *
   * @param weights the row's weights at `columns` so far
   */
  solve(row: number, columns: Int32Array, weights: Float32Array): { weights: Float32Array; moments: RowMoments } {
    if (columns.length === 0) return { weights, moments: { columns, inputs: new Matrix(0, 0) } }
    const { row: moments, cholesky } = this.#decompose(columns)
    const { cross, columns: stride } = this.#moments
    const wanted = Matrix.columnVector(
      Array.from(columns, (column, i) => cross[row * stride + column]! + this.#pull * weights[i]!),
    )
    const found = cholesky.isPositiveDefinite() ? Float32Array.from(cholesky.solve(wanted).to1DArray()) : weights
    return { weights: found.every(Number.isFinite) ? found : weights, moments }
  }

  /** The bias with which a row's mean output is as wanted. */
  bias(row: number, columns: Int32Array, weights: ArrayLike<number>): number {
    let bias = this.#moments.outputMean[row]!
    for (const [i, column] of columns.entries()) bias -= weights[i]! * this.#moments.inputMean[column]!
    return bias
  }

  #decompose(columns: Int32Array): { readonly row: RowMoments; readonly cholesky: CholeskyDecomposition } {
    const last = this.#last
    if (last !== undefined && same(last.row.columns, columns)) return last
    const { inputs, columns: stride } = this.#moments
    const part = new Matrix(columns.length, columns.length)
    for (let a = 0; a < columns.length; a++)
      for (let b = 0; b < columns.length; b++)
        part.set(a, b, inputs[columns[a]! * stride + columns[b]!]! + (a === b ? this.#pull : 0))
    this.#last = { row: { columns, inputs: part }, cholesky: new CholeskyDecomposition(part) }
    return this.#last
  }
}

function same(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
