// Second moments of a layer: how its inputs vary together, and with what its outputs ought to be.

import { addProduct } from '../kernels/product.ts'

/** Moments about the means of samples of inputs x [columns] and wanted outputs y [rows]. */
export interface Moments {
  readonly columns: number
  /** [columns × columns] mean of (x − mean)(x − mean)ᵀ */
  readonly inputs: Float64Array
  /** [rows × columns] mean of (y − mean)(x − mean)ᵀ */
  readonly cross: Float64Array
  /** [columns] */
  readonly inputMean: Float64Array
  /** [rows] */
  readonly outputMean: Float64Array
}

/** Samples that are gathered before they are multiplied. */
const samplesAtOnce = 256

/** Gathers moments sample by sample. */
export class MomentSum {
  readonly #columns: number
  readonly #rows: number
  /** [columns × columns], of which the upper half counts */
  readonly #inputs: Float64Array
  readonly #cross: Float64Array
  readonly #inputSum: Float64Array
  readonly #outputSum: Float64Array
  /** [samples × columns] and [samples × rows] that wait */
  readonly #x: Float64Array
  readonly #y: Float64Array
  #waiting = 0
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
    this.#x.set(x, this.#waiting * this.#columns)
    this.#y.set(y, this.#waiting * this.#rows)
    for (let c = 0; c < this.#columns; c++) this.#inputSum[c]! += x[c]!
    for (let row = 0; row < this.#rows; row++) this.#outputSum[row]! += y[row]!
    this.#count++
    if (++this.#waiting === samplesAtOnce) this.#multiply()
  }

  #multiply(): void {
    const [columns, rows, depth] = [this.#columns, this.#rows, this.#waiting]
    const x = { values: this.#x, step: 1, depthStep: columns }
    const y = { values: this.#y, step: 1, depthStep: rows }
    addProduct(this.#inputs, { rows: columns, columns, depth }, x, x, { upper: true })
    addProduct(this.#cross, { rows, columns, depth }, y, x)
    this.#waiting = 0
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
    return { columns, inputs, cross, inputMean, outputMean }
  }
}
