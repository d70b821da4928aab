// The plan evaluator equals its reference, histograms count every value, and the ranges of codes suit the values.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tensorOf } from '../../../compiler/graph/tensor.ts'
import { calibrate, chooseMaps } from '../../../compiler/quantize/calibrate.ts'
import { planEvaluator } from '../../../compiler/quantize/evaluate-plan.ts'
import { fuse } from '../../../compiler/quantize/fuse.ts'
import { Histogram } from '../../../compiler/quantize/histogram.ts'
import { normal, random } from '../../../base/random.ts'
import { randomFloatGraph, randomImage } from './random-float-graph.ts'
import { referencePlan } from './reference-plan.ts'

test('the sparse evaluation of a plan equals its reference', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const graph = randomFloatGraph(seed)
      const plan = fuse(graph)
      const image = randomImage(graph, seed)
      const expected = referencePlan(plan, image.data)
      const found = new Map<string, Float64Array>()
      const output = planEvaluator(plan)(image.data, (name, values) => found.set(name, values))
      expect(output).toBe(found.get(plan.output))
      expect([...found.keys()]).toEqual([...expected.keys()])
      for (const [name, values] of found)
        for (const [i, value] of values.entries()) expect(Math.abs(value - expected.get(name)![i]!)).toBeLessThan(1e-9)
    }),
    { numRuns: 100 },
  )
})

describe('a histogram', () => {
  test('counts every value, whatever the order and magnitude of the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const histogram = new Histogram()
        for (const value of values) histogram.add([value])
        expect(histogram.count).toBe(values.length)
        expect(histogram.max).toBe(Math.max(0, ...values))
        expect(histogram.min).toBe(Math.min(0, ...values))
        expect(histogram.shareAbove(4e6)).toBe(0)
      }),
    )
  })

  test('estimates the quantisation noise of uniform values as scale² ÷ 12', () => {
    const uniform = random(1)
    const histogram = new Histogram()
    histogram.add(Float64Array.from({ length: 100_000 }, () => uniform()))
    expect(histogram.noise(1 / 15, 0, 15) / ((1 / 15) ** 2 / 12)).toBeCloseTo(1, 1)
  })
})

describe('the codes of maps', () => {
  const graph = randomFloatGraph(4)
  const plan = fuse(graph)
  const images = [1, 2, 3].map((seed) => randomImage(graph, seed))

  test('cover the whole range at 8 bits, and zero has a code', () => {
    const statistics = calibrate(plan, images)
    for (const [name, { scale, zeroPoint, format }] of chooseMaps(plan, statistics, 8)) {
      const { min, max } = statistics.get(name)!
      const [low, high] = format.signed ? [-128, 127] : [0, 255]
      expect(scale * (high - zeroPoint)).toBeGreaterThan(0.99 * max)
      expect(scale * (low - zeroPoint)).toBeLessThan(0.99 * min + 1e-9)
    }
  })

  test('saturate at 4 bits where that makes less noise', () => {
    const uniform = random(2)
    const histogram = new Histogram()
    histogram.add(Float64Array.from({ length: 50_000 }, () => Math.max(0, normal(uniform))))
    const layer = plan.layers[0]!
    if (layer.kind !== 'linear') throw new Error('a linear layer')
    const single = { ...plan, layers: [{ ...layer, low: 0 }] }
    const statistics = new Map([
      [plan.input.name, histogram],
      [layer.output.name, histogram],
    ])
    const { scale, format } = chooseMaps(single, statistics, 4).get(layer.output.name)!
    expect(format).toEqual({ bits: 4, signed: false })
    expect(scale * 15).toBeLessThan(0.9 * histogram.max)
    expect(histogram.noise(scale, 0, 15)).toBeLessThan(0.9 * histogram.noise(histogram.max / 15, 0, 15))
  })

  test('are the same for the same inputs', () => {
    const codes = (): unknown => [...chooseMaps(plan, calibrate(plan, images), 4)]
    expect(codes()).toEqual(codes())
  })

  test('missing inputs, and inputs of another size or not finite, are refused', () => {
    const { channels, height, width } = plan.input
    const size = channels * height * width
    expect(() => calibrate(plan, [])).toThrow(/no inputs/)
    expect(() => calibrate(plan, [tensorOf('float32', [1], [1])])).toThrow(/calibration input 0: 1 values/)
    const infinite = tensorOf('float32', new Array<number>(size).fill(Infinity), [1, channels, height, width])
    expect(() => calibrate(plan, [infinite])).toThrow(/a value of 'input' is Infinity/)
  })
})
