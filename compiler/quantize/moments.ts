// Moments of a layer over its samples: means and covariances of its inputs, and their covariances with its target outputs.

import { addProduct } from '../kernels/product.ts'

/** Of inputs x [columns] and target outputs y [rows]. */
export interface Moments {
  readonly columns: number
  /** [columns × columns] mean of (x − mean)(x − mean)ᵀ */
  readonly covariance: Float64Array
  /** [rows × columns] mean of (y − mean)(x − mean)ᵀ */
  readonly crossCovariance: Float64Array
  /** [columns] */
  readonly inputMean: Float64Array
  /** [rows] */
  readonly outputMean: Float64Array
}

/** Samples that are collected before they are multiplied. */
const samplesAtOnce = 256

/** Accumulates moments sample by sample. */
export class MomentSum {
  readonly #columns: number
  readonly #rows: number
  /** [columns × columns] Σ x·xᵀ, of which only the upper triangle is computed */
  readonly #inputs: Float64Array
  readonly #cross: Float64Array
  readonly #inputSum: Float64Array
  readonly #outputSum: Float64Array
  /** [samples × columns] and [samples × rows] that are not multiplied yet */
  readonly #x: Float64Array
  readonly #y: Float64Array
  #collected = 0
  #count = 0

  constructor(rows: number, columns: number) {
    this.#columns = columns
    this.#rows = rows
    this.#inputs = new Float64Array(columns * columns)
    this.#cross = new Float64Array(rows * columns)
    this.#inputSum = new Float64Array(columns)
    this.#outputSum = new Float64Array(rows)
    this.#x = new Float64Array(samplesAtOnce * columns)
    this.#y = new Float64Array(samplesAtOnce * rows)
  }

  add(x: ArrayLike<number>, y: ArrayLike<number>): void {
    this.#x.set(x, this.#collected * this.#columns)
    this.#y.set(y, this.#collected * this.#rows)
    for (let c = 0; c < this.#columns; c++) this.#inputSum[c]! += x[c]!
    for (let row = 0; row < this.#rows; row++) this.#outputSum[row]! += y[row]!
    this.#count++
    if (++this.#collected === samplesAtOnce) this.#multiply()
  }

  #multiply(): void {
    const [columns, rows, depth] = [this.#columns, this.#rows, this.#collected]
    const x = { values: this.#x, step: 1, depthStep: columns }
    const y = { values: this.#y, step: 1, depthStep: rows }
    addProduct(this.#inputs, { rows: columns, columns, depth }, x, x, { upper: true })
    addProduct(this.#cross, { rows, columns, depth }, y, x)
    this.#collected = 0
  }

  moments(): Moments {
    this.#multiply()
    const columns = this.#columns
    const inputMean = this.#inputSum.map((sum) => sum / this.#count)
    const outputMean = this.#outputSum.map((sum) => sum / this.#count)
    const inputs = new Float64Array(columns * columns)
    for (let a = 0; a < columns; a++)
      for (let b = a; b < columns; b++) {
        const moment = this.#inputs[a * columns + b]! / this.#count - inputMean[a]! * inputMean[b]!
        inputs[a * columns + b] = moment
        inputs[b * columns + a] = moment
      }
    const cross = this.#cross.map((sum, at) => {
      const row = Math.floor(at / columns)
      return sum / this.#count - outputMean[row]! * inputMean[at % columns]!
    })
    return { columns, covariance: inputs, crossCovariance: cross, inputMean, outputMean }
  }
}
