// Matrix products: c += a·b. Every element adds its products in the order of the depth.

import { kernels, Workspace } from './workspace.ts'

/** A matrix by the steps between its elements. */
export interface Operand {
  readonly values: Float64Array | Float32Array
  /** from one row (of a) or column (of b) to the next */
  readonly step: number
  /** from one index along the depth to the next */
  readonly depthStep: number
}

export interface ProductSize {
  readonly rows: number
  readonly columns: number
  readonly depth: number
}

export interface ProductOptions {
  /** −1: the products are subtracted */
  readonly sign?: 1 | -1
  /** only elements on and above the diagonal are needed; the others are undefined */
  readonly upper?: boolean
}

/** So many indices along the depth are packed at a time. */
const depthAtOnce = 256

/**
 * sum += sign · a·b.
 *
 * @param sum [rows × columns]
 */
export function addProduct(
  sum: Float64Array,
  { rows, columns, depth }: ProductSize,
  a: Operand,
  b: Operand,
  { sign = 1, upper = false }: ProductOptions = {},
): void {
  if (rows === 0 || columns === 0 || depth === 0) return
  const [height, width] = [padded(rows), padded(columns)]
  const space = new Workspace()
  const c = space.take(8 * height * width)
  const panel = (size: number) => space.take(8 * size * Math.min(depth, depthAtOnce))
  const [left, right] = [panel(height), panel(width)]
  const found = space.doubles(c, height * width)
  for (let row = 0; row < rows; row++) found.set(sum.subarray(row * columns, (row + 1) * columns), row * width)
  for (let from = 0; from < depth; from += depthAtOnce) {
    const taken = Math.min(depthAtOnce, depth - from)
    pack(space.doubles(left, height * taken), a, rows, from, taken, sign)
    pack(space.doubles(right, width * taken), b, columns, from, taken, 1)
    kernels().addProduct(c, 8 * width, left, right, height, width, taken, upper ? 1 : 0)
  }
  for (let row = 0; row < rows; row++) sum.set(found.subarray(row * width, row * width + columns), row * columns)
}

/** Panels of four: [size / 4][depth][4]. */
function pack(
  into: Float64Array,
  { values, step, depthStep }: Operand,
  size: number,
  from: number,
  depth: number,
  sign: number,
): void {
  into.fill(0)
  for (let at = 0; at < size; at++) {
    let to = (at >> 2) * depth * 4 + (at & 3)
    let index = at * step + from * depthStep
    for (let k = 0; k < depth; k++, to += 4, index += depthStep) into[to] = sign * values[index]!
  }
}

function padded(size: number): number {
  return (size + 3) & ~3
}
