// Refinement: least squares finds the weights of a linear relation, improved codes never raise the error, and a refined network is closer to its float network.

import fc from 'fast-check'
import { Matrix } from 'ml-matrix'
import { describe, expect, test } from 'vitest'
import { seededImages } from '../../../compiler/calibration.ts'
import { evaluateInteger } from '../../../compiler/graph/evaluate-integer.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { Compensator } from '../../../compiler/quantize/compensate.ts'
import { planEvaluator } from '../../../compiler/quantize/evaluate-plan.ts'
import { fuse } from '../../../compiler/quantize/fuse.ts'
import { MomentSum } from '../../../compiler/quantize/moments.ts'
import { quantize } from '../../../compiler/quantize/quantize.ts'
import { improveCodes } from '../../../compiler/quantize/improve-codes.ts'
import { gatherColumns, samplePixels } from '../../../compiler/quantize/layer-samples.ts'
import { shape as resnet8 } from '../../../examples/resnet8/build.ts'
import { resnet } from '../../../examples/support/resnet.ts'
import { machines } from '../../../isa/model/machine.ts'
import { normal, random } from '../../../base/random.ts'

describe('moments', () => {
  test('equal their definition', () => {
    const uniform = random(1)
    const samples = Array.from({ length: 50 }, () => ({
      x: Float64Array.from({ length: 4 }, () => Math.max(0, normal(uniform))),
      y: Float64Array.from({ length: 2 }, () => normal(uniform)),
    }))
    const sum = new MomentSum(2, 4)
    for (const { x, y } of samples) sum.add(x, y)
    const { covariance: inputs, crossCovariance: cross, inputMean, outputMean } = sum.moments()
    const mean = (of: (sample: (typeof samples)[0]) => number): number =>
      samples.reduce((total, each) => total + of(each), 0) / 50
    for (let a = 0; a < 4; a++) {
      expect(inputMean[a]).toBeCloseTo(
        mean(({ x }) => x[a]!),
        10,
      )
      for (let b = 0; b < 4; b++)
        expect(inputs[a * 4 + b]).toBeCloseTo(
          mean(({ x }) => (x[a]! - inputMean[a]!) * (x[b]! - inputMean[b]!)),
          10,
        )
      for (let row = 0; row < 2; row++)
        expect(cross[row * 4 + a]).toBeCloseTo(
          mean(({ x, y }) => (x[a]! - inputMean[a]!) * (y[row]! - outputMean[row]!)),
          10,
        )
    }
  })
})

describe('compensation', () => {
  test('finds the weights and the bias of a linear relation', () => {
    const uniform = random(2)
    const true_ = [0.5, -1, 2]
    const sum = new MomentSum(1, 3)
    for (let i = 0; i < 400; i++) {
      const x = Float64Array.from({ length: 3 }, () => normal(uniform))
      sum.add(x, Float64Array.of(3 + x.reduce((total, value, c) => total + value * true_[c]!, 0)))
    }
    const compensator = new Compensator(sum.moments())
    const columns = Int32Array.of(0, 1, 2)
    const { weights } = compensator.solve(0, columns, Float32Array.from(true_))
    for (const [i, weight] of weights.entries()) expect(weight).toBeCloseTo(true_[i]!, 4)
    expect(compensator.bias(0, columns, weights)).toBeCloseTo(3, 4)
  })

  test('raises a weight in place of a pruned one whose input is nearly the same', () => {
    const uniform = random(3)
    const sum = new MomentSum(1, 2)
    for (let i = 0; i < 400; i++) {
      const a = normal(uniform)
      const x = Float64Array.of(a, a + 0.1 * normal(uniform))
      sum.add(x, Float64Array.of(x[0]! + x[1]!))
    }
    const { weights } = new Compensator(sum.moments()).solve(0, Int32Array.of(1), Float32Array.of(1))
    expect(weights[0]).toBeGreaterThan(1.9)
    expect(weights[0]).toBeLessThan(2.05)
  })
})

describe('improved codes', () => {
  test('never make the output error larger, stay in range, and in pruned rows are never 0', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, isPruned) => {
        const uniform = random(seed)
        const count = 12
        const root = new Matrix(
          Array.from({ length: count }, () => Array.from({ length: count }, () => normal(uniform))),
        )
        const inputs = root.mmul(root.transpose())
        const weights = Float32Array.from({ length: count }, () => 3 * normal(uniform))
        const step = new Float64Array(count).fill(0.7)
        const start = Int32Array.from(
          weights,
          (weight) => Math.min(7, Math.max(-8, Math.round(weight / 0.7))) || (isPruned ? 1 : 0),
        )
        const error = (codes: Int32Array): number => {
          const difference = Matrix.columnVector(Array.from(codes, (code, i) => code * step[i]! - weights[i]!))
          return difference.transpose().mmul(inputs).mmul(difference).get(0, 0)
        }
        const codes = start.slice()
        improveCodes(codes, weights, step, new Uint8Array(count).fill(1), inputs, isPruned, [-8, 7])
        expect(error(codes)).toBeLessThanOrEqual(error(start) + 1e-9)
        for (const code of codes) expect(code >= -8 && code <= 7 && !(isPruned && code === 0)).toBe(true)
      }),
    )
  })
})

describe('samples', () => {
  test('are pixels of the images, all of them where there are few', () => {
    const output = { channels: 1, height: 3, width: 5 }
    expect(samplePixels(2, output, 100, 1)).toHaveLength(30)
    const some = samplePixels(7, output, 20, 1)
    expect(some).toHaveLength(20)
    for (const { image, y, x } of some) expect(image < 7 && y < 3 && x < 5).toBe(true)
    expect(new Set(some.map(({ image }) => image)).size).toBe(7)
  })

  test('read the taps of the kernel, and 0 in the padding', () => {
    const geometry = { kernel: [2, 2], stride: [2, 2], pads: [1, 1], dilation: [1, 1] } as const
    const into = new Float64Array(5)
    gatherColumns(
      geometry,
      { channels: 1, height: 3, width: 3 },
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
      { image: 0, y: 0, x: 1 },
      into,
      1,
    )
    expect([...into]).toEqual([0, 0, 0, 2, 3])
  })
})

test('a pruned 4-bit network is closer to its float network after refinement, and keeps its density', () => {
  const graph = simplify(resnet(resnet8, 1))
  const images = seededImages(graph, 19)
  const [calibration, others] = [images.slice(0, 16), images.slice(16)]
  const evaluate = planEvaluator(fuse(graph))
  const lostBy = (refine: boolean): number => {
    const { graph: integer, report } = quantize(graph, {
      machine: machines.edge,
      weightBits: 4,
      activationBits: 4,
      density: 0.4,
      calibration,
      refine,
    })
    expect(Math.abs(report.density.nonZero - 0.4)).toBeLessThan(0.005)
    const last = integer.layers.at(-1)!
    let lost = 0
    for (const image of others) {
      const expected = evaluate(image.data)
      const { scale, zeroPoint } = integer.input
      const codes = Int16Array.from(image.data, (value) =>
        Math.min(255, Math.max(0, Math.round(value / scale) + zeroPoint)),
      )
      const { logits } = evaluateInteger(integer, codes)
      if (last.kind !== 'logits' || logits === undefined) throw new Error('logits')
      for (const [row, value] of logits.entries()) lost += (value * last.scale[row]! - expected[row]!) ** 2
    }
    return lost
  }
  const [plain, refined] = [lostBy(false), lostBy(true)]
  expect(refined).toBeLessThan(0.5 * plain)
})
