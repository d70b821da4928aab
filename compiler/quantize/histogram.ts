// A histogram of real values whose range doubles as needed: one pass over the values, and the same result on every machine.

/** Bins on either side of zero. */
const half = 1024

export class Histogram {
  /** Bin i holds values from (i − half)·width to (i + 1 − half)·width. */
  readonly #bins = new Float64Array(2 * half)
  #width = 2 ** -20 / half
  #min = Infinity
  #max = -Infinity
  #count = 0
  #squares = 0

  add(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      if (value < this.#min) this.#min = value
      if (value > this.#max) this.#max = value
    }
    while (this.#max >= half * this.#width || this.#min < -half * this.#width) this.#double()
    for (let i = 0; i < values.length; i++) {
      this.#bins[Math.floor(values[i]! / this.#width) + half]!++
      this.#squares += values[i]! * values[i]!
    }
    this.#count += values.length
  }

  get count(): number {
    return this.#count
  }

  /** Least value, at most 0. */
  get min(): number {
    return Math.min(0, this.#min)
  }

  /** Greatest value, at least 0. */
  get max(): number {
    return Math.max(0, this.#max)
  }

  get meanSquare(): number {
    return this.#count === 0 ? 0 : this.#squares / this.#count
  }

  /** Mean squared error of quantising to codes low..high times scale, where each value counts as the middle of its bin. */
  noise(scale: number, low: number, high: number): number {
    let sum = 0
    for (const [bin, count] of this.#bins.entries()) {
      if (count === 0) continue
      const value = (bin - half + 0.5) * this.#width
      const code = Math.min(Math.max(Math.round(value / scale), low), high)
      // After a Relu many values are exactly 0, the lower edge of their bin, and have no error.
      const error = bin === half && code === 0 ? 0 : value - code * scale
      sum += count * error * error
    }
    return sum / Math.max(1, this.#count)
  }

  /** Share of values outside ±magnitude. */
  shareAbove(magnitude: number): number {
    let sum = 0
    for (const [bin, count] of this.#bins.entries())
      if (Math.abs((bin - half + 0.5) * this.#width) > magnitude) sum += count
    return sum / Math.max(1, this.#count)
  }

  /** The least magnitude, to the width of a bin, that this share of the values does not exceed. */
  magnitudeOf(share: number): number {
    const most = Math.max(this.max, -this.min)
    let within = 0
    for (let bin = 0; bin < half; bin++) {
      within += this.#bins[half + bin]! + this.#bins[half - 1 - bin]!
      if (within >= share * this.#count) return Math.min(most, (bin + 1) * this.#width)
    }
    return most
  }

  #double(): void {
    const old = this.#bins.slice()
    this.#bins.fill(0)
    for (const [bin, count] of old.entries()) this.#bins[((bin - half) >> 1) + half]! += count
    this.#width *= 2
  }
}
