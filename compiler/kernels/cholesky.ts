// Cholesky decomposition on flat arrays, block by block: one decomposition for all right-hand sides.

import { addProduct } from './product.ts'

/** Columns of a block. */
const blockColumns = 48

/**
 * The lower triangle L of A = L·Lᵀ; undefined where A is not positive definite.
 *
 * @param matrix [size × size], symmetric
 */
export function decompose(matrix: Float64Array, size: number): Float64Array | undefined {
  const lower = new Float64Array(size * size)
  for (let first = 0; first < size; first += blockColumns) {
    const width = Math.min(blockColumns, size - first)
    const height = size - first
    /** [height × width] the diagonal block and the rows below it */
    const panel = new Float64Array(height * width)
    for (let i = 0; i < height; i++)
      panel.set(matrix.subarray((first + i) * size + first, (first + i) * size + first + width), i * width)
    const decomposed = { values: lower.subarray(first * size), step: size, depthStep: 1 }
    addProduct(panel, { rows: height, columns: width, depth: first }, decomposed, decomposed, { sign: -1 })
    if (!decomposePanel(panel, height, width)) return undefined
    for (let i = 0; i < height; i++)
      lower.set(panel.subarray(i * width, i * width + Math.min(width, i + 1)), (first + i) * size + first)
  }
  return lower
}

/** A panel whose first rows are its diagonal block, in place; false where that is not positive definite. */
function decomposePanel(panel: Float64Array, height: number, width: number): boolean {
  for (let i = 0; i < height; i++)
    for (let j = 0; j < width && j <= i; j++) {
      let sum = panel[i * width + j]!
      for (let k = 0, a = i * width, b = j * width; k < j; k++, a++, b++) sum -= panel[a]! * panel[b]!
      if (i !== j) panel[i * width + j] = sum / panel[j * width + j]!
      else if (sum > 0) panel[i * width + i] = Math.sqrt(sum)
      else return false
    }
  return true
}
