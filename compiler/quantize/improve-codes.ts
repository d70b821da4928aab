// Coordinate descent on a row's codes: a code moves by one where that lowers the row's output error, given the errors of its other weights.

import type { Matrix } from 'ml-matrix'

/** Sweeps over a row's weights, at most. */
const sweeps = 6

/**
 * Moves codes by one while that lowers the row's output error (c·scale − w)ᵀ · H · (c·scale − w). In a pruned row no code becomes 0, so that the
 * row keeps the weights that pruning has chosen.
 *
 * @param codes changed in place
 * @param weights real weights
 * @param scale of each code
 * @param mayMove 1 where the code may move
 * @param hessian H, the covariance of the weights' inputs
 */
export function improveCodes(
  codes: Int32Array,
  weights: Float32Array,
  scale: Float64Array,
  mayMove: Uint8Array,
  hessian: Matrix,
  isPruned: boolean,
  [low, high]: readonly [number, number],
): void {
  if (isPruned)
    for (let i = 0; i < codes.length; i++) if (codes[i] === 0 && mayMove[i] === 1) codes[i] = weights[i]! < 0 ? -1 : 1
  const gradient = new Float64Array(codes.length)
  const error = Float64Array.from(codes, (code, i) => code * scale[i]! - weights[i]!)
  for (let a = 0; a < codes.length; a++)
    for (let b = 0; b < codes.length; b++) gradient[a]! += hessian.get(a, b) * error[b]!
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let moved = false
    for (let a = 0; a < codes.length; a++) {
      if (mayMove[a] === 0) continue
      const by = gradient[a]! > 0 ? -1 : 1
      const code = codes[a]! + by
      if (code < low || code > high || (isPruned && code === 0)) continue
      const gain = -2 * by * scale[a]! * gradient[a]! - scale[a]! * scale[a]! * hessian.get(a, a)
      if (!(gain > 0)) continue
      codes[a] = code
      moved = true
      for (let b = 0; b < codes.length; b++) gradient[b]! += by * scale[a]! * hessian.get(b, a)
    }
    if (!moved) return
  }
}
