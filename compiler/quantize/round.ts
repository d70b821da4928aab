// Rounding with the inputs in mind: codes move by one where the errors of a row's other weights make that better.

import type { Matrix } from 'ml-matrix'

/** Sweeps over a row's weights after which the codes stay as they are. */
const sweeps = 6

/**
 * Moves codes by one while that lowers the row's output error (c·step − w)ᵀ · inputs · (c·step − w). In a pruned
 * row no code is 0: pruning has decided which weights there are.
 *
 * @param codes changed in place
 * @param weights real weights
 * @param step real value of one code of each weight
 * @param free 1 where the code may move
 * @param inputs second moments of the weights' inputs
 */
export function improveCodes(
  codes: Int32Array,
  weights: Float32Array,
  step: Float64Array,
  free: Uint8Array,
  inputs: Matrix,
  isPruned: boolean,
  [low, high]: readonly [number, number],
): void {
  if (isPruned)
    for (let i = 0; i < codes.length; i++) if (codes[i] === 0 && free[i] === 1) codes[i] = weights[i]! < 0 ? -1 : 1
  const gradient = new Float64Array(codes.length)
  const error = Float64Array.from(codes, (code, i) => code * step[i]! - weights[i]!)
  for (let a = 0; a < codes.length; a++)
    for (let b = 0; b < codes.length; b++) gradient[a]! += inputs.get(a, b) * error[b]!
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let moved = false
    for (let a = 0; a < codes.length; a++) {
      if (free[a] === 0) continue
      const by = gradient[a]! > 0 ? -1 : 1
      const code = codes[a]! + by
      if (code < low || code > high || (isPruned && code === 0)) continue
      const gain = -2 * by * step[a]! * gradient[a]! - step[a]! * step[a]! * inputs.get(a, a)
      if (!(gain > 0)) continue
      codes[a] = code
      moved = true
      for (let b = 0; b < codes.length; b++) gradient[b]! += by * step[a]! * inputs.get(b, a)
    }
    if (!moved) return
  }
}
