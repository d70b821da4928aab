// A row's accumulator scale suits its weights and makes every shortcut's ratio an integer of few terms; the requantiser is as exact as int16 allows.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { termCount } from '../../../compiler/terms.ts'
import { evenRequantiserOf, requantiserOf } from '../../../compiler/quantize/requantiser.ts'
import {
  chooseAccumulatorScale,
  codesAt,
  type RowPart,
  type AccumulatorScaleProblem,
} from '../../../compiler/quantize/accumulator-scale.ts'
import { normal, random } from '../../../base/random.ts'

function rowOf(
  seed: number,
  weightBits: 4 | 8,
  residuals: number,
  [least, greatest] = [0.01, 1],
): AccumulatorScaleProblem {
  const uniform = random(seed)
  const spread = least * (greatest / least) ** uniform()
  const main: RowPart = {
    role: 'main',
    weights: Float32Array.from({ length: 144 }, () => spread * normal(uniform)),
    mapScale: 0.02 + 0.1 * uniform(),
    power: 1,
  }
  const shortcuts = Array.from({ length: residuals }, (): RowPart => ({
    role: 'residual',
    weights: Float32Array.of(1),
    mapScale: 0.02 + 0.1 * uniform(),
    power: 1,
  }))
  return { parts: [main, ...shortcuts], bias: normal(uniform), weightBits, outputScale: 0.05 }
}

/** Squared error of a part's codes. */
function lost(row: AccumulatorScaleProblem, part: RowPart, scale: number): number {
  const codes = codesAt(part, scale, row.weightBits)
  return part.weights.reduce((sum, weight, i) => sum + (weight - (codes[i]! * scale) / part.mapScale) ** 2, 0)
}

function noise(row: AccumulatorScaleProblem, part: RowPart, scale: number): number {
  return lost(row, part, scale) / part.weights.reduce((sum, weight) => sum + weight ** 2, 0)
}

describe('the accumulator scale of a row', () => {
  test.each([
    [4, 0.02],
    [8, 0.0003],
  ] as const)('of %i-bit weights leaves little noise in normal weights', (bits, most) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const row = rowOf(seed, bits, 0)
        expect(noise(row, row.parts[0]!, chooseAccumulatorScale(row))).toBeLessThan(most)
      }),
    )
  })

  // Weights as trained networks have them: standard deviations of 0.02 to 0.1.
  test.each([4, 8] as const)('with %i-bit weights suits a shortcut too, for a few percent of noise', (bits) => {
    let joint = 0
    let free = 0
    for (let seed = 0; seed < 300; seed++) {
      const row = rowOf(seed, bits, 1, [0.02, 0.1])
      const scale = chooseAccumulatorScale(row)
      const [main, shortcut] = elements(row.parts, 2)
      const [ratio] = elements(codesAt(shortcut, scale, bits), 1)
      expect(termCount(ratio)).toBeLessThanOrEqual(bits === 4 ? 2 : 3)
      expect(noise(row, shortcut, scale)).toBeLessThan(1e-3)
      joint += lost(row, main, scale) + lost(row, shortcut, scale)
      free += lost(row, main, chooseAccumulatorScale({ ...row, parts: [main] }))
    }
    expect(joint / free).toBeLessThan(1.03)
  })

  test('of one map alone is its scale: the ratio is 1', () => {
    const part: RowPart = { role: 'residual', weights: Float32Array.of(1), mapScale: 0.037, power: 1 }
    const scale = chooseAccumulatorScale({ parts: [part], bias: 0, weightBits: 4, outputScale: 0.05 })
    expect([...codesAt(part, scale, 4)]).toEqual([1])
    expect(scale).toBeCloseTo(0.037, 12)
  })

  test('of two maps makes both nearly exact', () => {
    const part = (scale: number): RowPart => ({
      role: 'residual',
      weights: Float32Array.of(1),
      mapScale: scale,
      power: 1,
    })
    const parts = [part(0.0371), part(0.0523)]
    const row: AccumulatorScaleProblem = { parts, bias: 0, weightBits: 4, outputScale: 0.05 }
    const scale = chooseAccumulatorScale(row)
    for (const each of parts) expect(noise(row, each, scale)).toBeLessThan(1e-4)
  })

  test('of a row with tiny weights is large enough for its shortcut and its bias', () => {
    const dead: RowPart = { role: 'main', weights: new Float32Array(144).fill(3e-7), mapScale: 1e-3, power: 1 }
    const shortcut: RowPart = { role: 'residual', weights: Float32Array.of(1), mapScale: 0.1, power: 1 }
    const scale = chooseAccumulatorScale({ parts: [dead, shortcut], bias: 5, weightBits: 4, outputScale: 0.1 })
    expect(0.1 / scale).toBeLessThanOrEqual(4095)
    const alone = chooseAccumulatorScale({ parts: [dead], bias: 5, weightBits: 4, outputScale: 0.1 })
    expect(5 / alone).toBeLessThan(2 ** 30)
    const empty = chooseAccumulatorScale({
      parts: [{ ...dead, weights: new Float32Array(0) }],
      bias: 0.3,
      weightBits: 4,
      outputScale: 0.1,
    })
    expect(Math.abs(Math.round(0.3 / empty) * empty - 0.3)).toBeLessThan(0.001)
  })
})

describe('the requantiser', () => {
  test('is as exact as 15 bits allow over its whole range', () => {
    fc.assert(
      fc.property(fc.double({ min: -33, max: 14, noNaN: true }), (exponent) => {
        const ratio = 2 ** exponent
        const { multiplier, shift } = requantiserOf(ratio)
        expect(multiplier).toBeGreaterThanOrEqual(shift === 0 ? 1 : 2 ** 14)
        expect(multiplier).toBeLessThan(2 ** 15)
        expect(shift).toBeGreaterThanOrEqual(0)
        expect(shift).toBeLessThanOrEqual(47)
        expect(Math.abs(multiplier / 2 ** shift / ratio - 1)).toBeLessThanOrEqual(2 ** -15 + 1e-12)
      }),
    )
  })

  test('saturates outside its range', () => {
    expect(requantiserOf(2 ** 20)).toEqual({ multiplier: 32767, shift: 0, even: 0 })
    expect(requantiserOf(2 ** -60)).toEqual({ multiplier: 1, shift: 47, even: 0 })
  })

  test('of a model that rounds halves to even is exact where there are halves, and else the nearest', () => {
    for (let power = 1; power <= 30; power++) {
      const { multiplier, shift, even } = evenRequantiserOf(2 ** -power * (1 + 1e-7))
      expect([multiplier / 2 ** shift, even]).toEqual([2 ** -power, 1])
    }
    expect(evenRequantiserOf(0.375)).toEqual({ multiplier: 3 * 2 ** 12, shift: 15, even: 1 })
    for (const ratio of [0.3, 1, 4, 1.5, 2 ** -31]) expect(evenRequantiserOf(ratio)).toEqual(requantiserOf(ratio))
  })
})

test.each([
  ['of one scale', () => 1],
  ['of as many scales', (at: number) => 1 + at / 1000],
])('a sum of thousands of shortcuts %s has an accumulator scale at which no ratio is 0', (_, scaleOf) => {
  const parts = Array.from({ length: 4000 }, (_, at): RowPart => ({
    role: 'residual',
    weights: Float32Array.of(1),
    mapScale: scaleOf(at),
    power: 1,
  }))
  const scale = chooseAccumulatorScale({ parts, bias: 0, weightBits: 4, outputScale: 0.05 })
  expect(scale).toBeGreaterThan(0)
  for (const part of parts) expect(codesAt(part, scale, 4)[0]).not.toBe(0)
})
