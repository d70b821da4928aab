// A GPTQ-style correction (arXiv 2210.17323), to compare with: the columns are rounded one after the other, and the remaining ones compensate the error.

import { elements } from '../../base/defined.ts'
import { decompose } from '../../compiler/kernels/cholesky.ts'
import { solverOf } from '../../compiler/kernels/solve.ts'
import { byRounding, type Method } from '../../compiler/quantize/discrete/layer.ts'
import { bestProjection } from '../../compiler/quantize/discrete/row.ts'
import { nearestLevel } from '../../compiler/quantize/discrete/weight-sets.ts'

/** Rows with the scale that plain rounding would take. */
export const byGptq: Method = (problems, weights) => {
  const [{ hessian, crossCovariance }] = elements(problems, 1)
  const size = crossCovariance.length
  const lower = decompose(hessian, size)
  if (lower === undefined) return byRounding(problems, weights)
  const factor = decompose(inverse(lower, size), size)
  const solutions = problems.map(({ crossCovariance: target }) => target.slice())
  solverOf(lower, size).solve(solutions)
  return problems.map((problem, at) => {
    const { keep, set } = problem
    const { scale } = problem.scale === undefined ? bestProjection(weights[at]!, keep, set) : { scale: problem.scale }
    const codes = new Int32Array(size)
    if (factor === undefined || !(scale > 0)) return { codes, scale }
    const rest = solutions[at]!
    for (let i = 0; i < size; i++) {
      if (keep[i] === 1) codes[i] = set.levels[nearestLevel(set, rest[i]! / scale)]!
      const error = (rest[i]! - codes[i]! * scale) / factor[i * (size + 1)]!
      // Column i of the lower factor of the inverse is row i of its upper one.
      for (let j = i + 1; j < size; j++) rest[j]! -= error * factor[j * size + i]!
    }
    return { codes, scale }
  })
}

function inverse(lower: Float64Array, size: number): Float64Array {
  const result = new Float64Array(size * size)
  for (let i = 0; i < size; i++) result[i * (size + 1)] = 1
  solverOf(lower, size).solve(Array.from({ length: size }, (_, i) => result.subarray(i * size, (i + 1) * size)))
  return result
}
