// Second moments of a layer: how its inputs vary together, and with what its outputs ought to be.

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

/** Gathers moments sample by sample. */
export class MomentSum {
  readonly #columns: number
  readonly #rows: number
  readonly #inputs: Float64Array
  readonly #cross: Float64Array
  readonly #inputSum: Float64Array
  readonly #outputSum: Float64Array
  readonly #live: Int32Array
  #count = 0

  constructor(rows: number, columns: number) {
    this.#columns = columns
    this.#rows = rows
    this.#inputs = new Float64Array(columns * columns)
    this.#cross = new Float64Array(rows * columns)
    this.#inputSum = new Float64Array(columns)
    this.#outputSum = new Float64Array(rows)
    this.#live = new Int32Array(columns)
  }

  /** Half of the inputs are zero behind a Relu: only the others are visited. */
  add(x: Float64Array, y: Float64Array): void {
    const columns = this.#columns
    const live = this.#live
    let count = 0
    for (let c = 0; c < columns; c++) {
      if (x[c] === 0) continue
      live[count++] = c
      this.#inputSum[c] += x[c]
    }
    for (let i = 0; i < count; i++) {
      const value = x[live[i]]
      const at = live[i] * columns
      for (let j = i; j < count; j++) this.#inputs[at + live[j]] += value * x[live[j]]
    }
    for (let row = 0; row < this.#rows; row++) {
      const value = y[row]
      const at = row * columns
      this.#outputSum[row] += value
      for (let i = 0; i < count; i++) this.#cross[at + live[i]] += value * x[live[i]]
    }
    this.#count++
  }

  moments(): Moments {
    const columns = this.#columns
    const inputMean = this.#inputSum.map((sum) => sum / this.#count)
    const outputMean = this.#outputSum.map((sum) => sum / this.#count)
    const inputs = new Float64Array(columns * columns)
    for (let a = 0; a < columns; a++)
      for (let b = a; b < columns; b++) {
        const moment = this.#inputs[a * columns + b] / this.#count - inputMean[a] * inputMean[b]
        inputs[a * columns + b] = moment
        inputs[b * columns + a] = moment
      }
    const cross = this.#cross.map((sum, at) => {
      const row = Math.floor(at / columns)
      return sum / this.#count - outputMean[row] * inputMean[at % columns]
    })
    return { columns, inputs, cross, inputMean, outputMean }
  }
}
