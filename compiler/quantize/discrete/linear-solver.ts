// Cholesky on flat arrays: one decomposition serves all rows of a layer, whose right-hand sides lie row by row.

/**
 * The lower triangle L of A = L·Lᵀ; undefined where A is not positive definite.
 *
 * @param matrix [size × size], symmetric
 */
export function decompose(matrix: Float64Array, size: number): Float64Array | undefined {
  const lower = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j]
      for (let k = 0, a = i * size, b = j * size; k < j; k++, a++, b++) sum -= lower[a] * lower[b]
      if (i !== j) lower[i * size + j] = sum / lower[j * size + j]
      else if (sum > 0) lower[i * size + i] = Math.sqrt(sum)
      else return undefined
    }
  return lower
}

/** Solves L·Lᵀ·x = right in place. */
export function solve(lower: Float64Array, size: number, right: Float64Array): void {
  for (let i = 0; i < size; i++) {
    let sum = right[i]
    for (let j = 0, at = i * size; j < i; j++, at++) sum -= lower[at] * right[j]
    right[i] = sum / lower[i * size + i]
  }
  for (let i = size - 1; i >= 0; i--) {
    const value = right[i] / lower[i * size + i]
    right[i] = value
    for (let j = 0, at = i * size; j < i; j++, at++) right[j] -= lower[at] * value
  }
}

/** Solves for many right-hand sides in place, four at a time: additions of one would wait for each other. */
export function solveAll(lower: Float64Array, size: number, rights: readonly Float64Array[]): void {
  let at = 0
  for (; at + 3 < rights.length; at += 4) solveFour(lower, size, rights[at], rights[at + 1], rights[at + 2], rights[at + 3]) // prettier-ignore
  for (; at < rights.length; at++) solve(lower, size, rights[at])
}

function solveFour(
  lower: Float64Array,
  size: number,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  d: Float64Array,
): void {
  for (let i = 0; i < size; i++) {
    let sumA = a[i]
    let sumB = b[i]
    let sumC = c[i]
    let sumD = d[i]
    for (let j = 0, at = i * size; j < i; j++, at++) {
      const factor = lower[at]
      sumA -= factor * a[j]
      sumB -= factor * b[j]
      sumC -= factor * c[j]
      sumD -= factor * d[j]
    }
    const diagonal = lower[i * size + i]
    a[i] = sumA / diagonal
    b[i] = sumB / diagonal
    c[i] = sumC / diagonal
    d[i] = sumD / diagonal
  }
  for (let i = size - 1; i >= 0; i--) {
    const diagonal = lower[i * size + i]
    const valueA = (a[i] /= diagonal)
    const valueB = (b[i] /= diagonal)
    const valueC = (c[i] /= diagonal)
    const valueD = (d[i] /= diagonal)
    for (let j = 0, at = i * size; j < i; j++, at++) {
      const factor = lower[at]
      a[j] -= factor * valueA
      b[j] -= factor * valueB
      c[j] -= factor * valueC
      d[j] -= factor * valueD
    }
  }
}

/** matrix · vector for a symmetric matrix; zeros of the vector are skipped. */
export function product(matrix: Float64Array, size: number, vector: ArrayLike<number>): Float64Array {
  const result = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    const value = vector[i]
    if (value === 0) continue
    for (let j = 0, at = i * size; j < size; j++, at++) result[j] += matrix[at] * value
  }
  return result
}
