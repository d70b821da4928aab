// Discrete rows: nearest levels, projections that are idempotent, coordinate descent that never raises the error, and ADMM close to the best rows.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { elements } from '../../../../base/defined.ts'
import { admm } from '../../../../compiler/quantize/discrete/admm.ts'
import { decompose } from '../../../../compiler/kernels/cholesky.ts'
import { solverOf } from '../../../../compiler/kernels/solve.ts'
import { coordinateDescent } from '../../../../compiler/quantize/discrete/coordinate-descent.ts'
import { bestRoundings } from '../../../../compiler/quantize/discrete/round-rows.ts'
import { errorOf } from '../../../../compiler/quantize/discrete/row-errors.ts'
import { bestProjection, project, type DiscreteRowProblem } from '../../../../compiler/quantize/discrete/row.ts'
import { nearestPlanes } from '../../../../compiler/quantize/discrete/nearest-plane.ts'
import { byAdmm, byRounding } from '../../../../compiler/quantize/discrete/layer.ts'
import { nearestLevel, weightSets } from '../../../../compiler/quantize/discrete/weight-sets.ts'
import { termCount } from '../../../../compiler/terms.ts'
import { normal, random } from '../../../../base/random.ts'
import { byGptq } from '../../../proofs/gptq.ts'

const sets = Object.values(weightSets)

/** matrix · vector for a symmetric matrix. */
function product(matrix: Float64Array, size: number, vector: ArrayLike<number>): Float64Array {
  const result = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    const value = vector[i]!
    if (value === 0) continue
    for (let j = 0, at = i * size; j < size; j++, at++) result[j]! += matrix[at]! * value
  }
  return result
}

/** A Hessian of correlated inputs, and a row of weights over them. */
function problemOf(seed: number, size: number, set = weightSets.int4 as DiscreteRowProblem['set']) {
  const uniform = random(seed)
  const mixing = Float64Array.from({ length: size * size }, (_, i) => normal(uniform) + (i % (size + 1) === 0 ? 2 : 0))
  const hessian = new Float64Array(size * size)
  for (let a = 0; a < size; a++)
    for (let b = 0; b < size; b++)
      for (let k = 0; k < size; k++) hessian[a * size + b]! += (mixing[a * size + k]! * mixing[b * size + k]!) / size
  const weights = Float64Array.from({ length: size }, () => normal(uniform))
  const keep = Uint8Array.from({ length: size }, () => (uniform() < 0.8 ? 1 : 0))
  return { weights, problem: { set, hessian, crossCovariance: product(hessian, size, weights), keep } }
}

test('a decomposition solves for the operand of a product', () => {
  const { problem, weights } = problemOf(1, 12)
  const right = problem.crossCovariance.slice()
  solverOf(decompose(problem.hessian, 12)!, 12).solve([right])
  for (const [i, value] of right.entries()) expect(value).toBeCloseTo(weights[i]!, 8)
  expect(decompose(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined()
})

test('the nearest level is nearest', () => {
  fc.assert(
    fc.property(fc.constantFrom(...sets), fc.double({ min: -200, max: 200, noNaN: true }), (set, value) => {
      const found = Math.abs(set.levels[nearestLevel(set, value)]! - value)
      expect(found).toBeLessThanOrEqual(Math.min(...set.levels.map((level) => Math.abs(level - value))) + 1e-12)
    }),
  )
})

describe('a projected row', () => {
  test('has only levels of its set, only weights of its mask, and is its own projection', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...sets), (seed, set) => {
        const { weights, problem } = problemOf(seed, 10, set)
        const row = bestProjection(weights, problem.keep, set)
        for (const [i, code] of row.codes.entries()) {
          expect(set.levels).toContain(code)
          if (problem.keep[i] === 0) expect(code).toBe(0)
        }
        const real = Float64Array.from(row.codes, (code) => code * row.scale)
        const again = project(real, problem.keep, set, row.scale)
        expect(again.codes).toEqual(row.codes)
        expect(again.scale).toBeCloseTo(row.scale, 12)
      }),
    )
  })

  test('of zeros is zeros', () => {
    const row = bestProjection(new Float64Array(4), new Uint8Array(4).fill(1), weightSets.int4)
    expect([...row.codes]).toEqual([0, 0, 0, 0])
  })
})

test('coordinate descent never raises the error', () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(...sets), (seed, set) => {
      const { weights, problem } = problemOf(seed, 12, set)
      const [before] = elements(bestRoundings([weights], [problem]), 1)
      const [after] = elements(coordinateDescent([before], [problem]), 1)
      expect(errorOf(after, problem)).toBeLessThanOrEqual(errorOf(before, problem) + 1e-9)
      for (const code of after.codes) expect(set.levels).toContain(code)
    }),
  )
})

test('ADMM with coordinate descent is within 10 % of the best of all ternary rows', () => {
  let [found, best, rounded] = [0, 0, 0]
  for (let seed = 0; seed < 20; seed++) {
    const size = 7
    const { weights, problem } = problemOf(seed, size, weightSets.ternary)
    const offset = weights.reduce((sum, weight, i) => sum + weight * problem.crossCovariance[i]!, 0)
    const errors = Array.from({ length: 3 ** size }, (_, at) => {
      const codes = Int32Array.from({ length: size }, (__, i) =>
        problem.keep[i] === 0 ? 0 : (Math.floor(at / 3 ** i) % 3) - 1,
      )
      const image = product(problem.hessian, size, codes)
      const square = codes.reduce((sum, code, i) => sum + code * image[i]!, 0)
      const along = codes.reduce((sum, code, i) => sum + code * problem.crossCovariance[i]!, 0)
      return square > 0 ? -(along ** 2) / square : 0
    })
    best += offset + Math.min(...errors)
    found += offset + errorOf(byAdmm([problem], [weights])[0]!, problem)
    rounded += offset + errorOf(byRounding([problem], [weights])[0]!, problem)
  }
  expect(found).toBeLessThan(1.1 * best)
  expect(found).toBeLessThan(0.8 * rounded)
})

test('nearest plane has less error than rounding, and rounds a single column', () => {
  let [corrected, rounded] = [0, 0]
  for (let seed = 0; seed < 20; seed++) {
    const { weights, problem } = problemOf(seed, 16)
    const offset = weights.reduce((sum, weight, i) => sum + weight * problem.crossCovariance[i]!, 0)
    corrected += offset + errorOf(nearestPlanes([problem], [weights])![0]!, problem)
    rounded += offset + errorOf(byRounding([problem], [weights])[0]!, problem)
  }
  expect(corrected).toBeLessThan(0.9 * rounded)
  const one = {
    set: weightSets.int4,
    hessian: Float64Array.of(2),
    crossCovariance: Float64Array.of(6),
    keep: Uint8Array.of(1),
    scale: 1,
  }
  const weights = [Float64Array.of(3)]
  expect(nearestPlanes([one], weights)).toEqual([{ codes: Int32Array.of(3), scale: 1 }])
  expect(nearestPlanes([{ ...one, hessian: Float64Array.of(0) }], weights)).toBeUndefined()
})

test('ADMM leaves no more error than rounding or a GPTQ-style correction, whatever the set', () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(...sets), fc.integer({ min: 1, max: 24 }), (seed, set, size) => {
      const { weights, problem } = problemOf(seed, size, set)
      const [admm, ...others] = [byAdmm, byRounding, byGptq].map((method) =>
        errorOf(method([problem], [weights])[0]!, problem),
      )
      const offset = weights.reduce((sum, weight, i) => sum + weight * problem.crossCovariance[i]!, 0)
      for (const other of others) expect(admm).toBeLessThanOrEqual(other + 1e-9 * offset)
    }),
  )
})

test('the ratio of a shortcut to the scale of its row is an integer, or a number of sixteenths, with few terms', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.constantFrom(...sets),
      fc.double({ min: 0.05, max: 40, noNaN: true }),
      (seed, set, shortcut) => {
        const { weights, problem } = problemOf(seed, 16, set)
        const [free] = elements(byAdmm([problem], [weights]), 1)
        const joined = { ...problem, shortcut }
        const [row] = elements(byAdmm([joined], [weights]), 1)
        if (!(free.scale > 0)) return
        const ratio = shortcut / row.scale
        const parts = Math.round(ratio * 16)
        expect(Math.abs((ratio * 16) / parts - 1)).toBeLessThan(1e-6)
        expect(parts % 16 === 0 ? 0 : ratio).toBeLessThan(2 * 6)
        expect(termCount(parts % 16 === 0 ? parts / 16 : parts)).toBeLessThanOrEqual(set.levels.length > 16 ? 3 : 2)
        for (const code of row.codes) expect(set.levels).toContain(code)
        expect(row.scale).toBe(Math.fround(row.scale))
      },
    ),
  )
})

test('ADMM gives zeros where the inputs do not vary', () => {
  const problem = {
    set: weightSets.int4,
    hessian: new Float64Array(4),
    crossCovariance: new Float64Array(2),
    keep: Uint8Array.of(1, 1),
  }
  expect(admm([problem])).toEqual([{ codes: Int32Array.of(0, 0), scale: 0 }])
})
