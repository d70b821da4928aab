// The integer graph is close to the float graph at 8 bits, usable at 4, and has all integers within their ranges.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { evaluateInteger } from '../../../compiler/graph/evaluate-integer.ts'
import type { FloatGraph } from '../../../compiler/graph/graph.ts'
import type { IntegerGraph } from '../../../compiler/graph/integer.ts'
import { type Tensor, tensorOf } from '../../../compiler/graph/tensor.ts'
import { termCount } from '../../../compiler/terms.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { quantize, type QuantizeOptions } from '../../../compiler/quantize/quantize.ts'
import { shape as resnet8 } from '../../../examples/resnet8/build.ts'
import { shape as resnet20 } from '../../../examples/resnet20/build.ts'
import { resnet } from '../../../examples/support/resnet.ts'
import { machines } from '../../../isa/model/machine.ts'
import { randomFloatGraph, randomImage } from './random-float-graph.ts'

type Bits = Pick<QuantizeOptions, 'weightBits' | 'activationBits'>
const w8: Bits = { weightBits: 8, activationBits: 8 }
const w4: Bits = { weightBits: 4, activationBits: 4 }

function quantized(graph: FloatGraph, bits: Bits, others: Partial<QuantizeOptions> = {}) {
  const calibration = [1, 2, 3, 4].map((seed) => randomImage(graph, seed))
  return quantize(graph, { machine: machines.edge, ...bits, density: 1, calibration, ...others })
}

function codesOf({ input }: IntegerGraph, image: Tensor): Int16Array {
  return Int16Array.from(image.data, (value) =>
    Math.min(255, Math.max(0, Math.round(value / input.scale) + input.zeroPoint)),
  )
}

/** Real values of the integer graph's result. */
function resultOf(graph: IntegerGraph, image: Tensor): number[] {
  const { logits, maps } = evaluateInteger(graph, codesOf(graph, image))
  if (logits === undefined) {
    const last = graph.layers
      .flatMap((layer) => (layer.kind === 'logits' ? [] : [layer.output]))
      .find(({ name }) => name === graph.output)!
    return Array.from(maps.get(graph.output)!, (code) => last.scale * (code - last.zeroPoint))
  }
  const layer = graph.layers.at(-1)!
  if (layer.kind !== 'logits') throw new Error('a logits layer')
  return Array.from(logits, (value, row) => value * layer.scale[row]!)
}

/** Power of the difference to the float graph, relative to the power of its results about their mean. */
function relativeError(float: FloatGraph, integer: IntegerGraph, seeds: readonly number[]): number {
  let lost = 0
  let whole = 0
  for (const seed of seeds) {
    const image = randomImage(float, seed)
    const expected = evaluateFloat(float, new Map([[float.inputs[0]!.name, image]])).get(float.outputs[0]!.name)!.data
    const found = resultOf(integer, image)
    for (const [i, value] of found.entries()) {
      lost += (value - expected[i]!) ** 2
      whole += expected[i]! ** 2
    }
  }
  return Math.sqrt(lost / whole)
}

describe('a quantised network', () => {
  const graph8 = simplify(resnet(resnet8, 1))

  test('resnet8 at 8 bits is within 3 % of its float logits', () => {
    expect(relativeError(graph8, quantized(graph8, w8).graph, [11, 12, 13, 14, 15])).toBeLessThan(0.03)
  })

  test('resnet8 at 4 bits is within 20 %', () => {
    expect(relativeError(graph8, quantized(graph8, w4).graph, [11, 12, 13, 14, 15])).toBeLessThan(0.2)
  })

  test('has other weight bits for layers that are named', () => {
    const names = ['/conv1/Conv', '/fc/Gemm']
    const plain = quantized(graph8, w4)
    const mixed = quantized(graph8, w4, { weightBitsOf: { [names[0]!]: 8, [names[1]!]: 8 } })
    for (const [index, { name, weightNoise }] of mixed.report.layers.entries()) {
      const before = plain.report.layers[index]!.weightNoise
      if (names.includes(name)) expect(weightNoise).toBeLessThan(0.02 * before)
      else expect(weightNoise).toBe(before)
    }
  })

  test('ResNet-20 with option-A shortcuts at 8 bits is within 3 %', () => {
    const graph = simplify(resnet(resnet20, 1))
    expect(relativeError(graph, quantized(graph, w8).graph, [11])).toBeLessThan(0.03)
  })

  test('with residual blocks of any kind is close to its float graph at 8 bits', () => {
    const worst: number[] = []
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const graph = randomFloatGraph(seed)
        const calibration = Array.from({ length: 16 }, (_, i) => randomImage(graph, seed + i))
        const { graph: integer } = quantized(graph, w8, { calibration })
        const error = relativeError(graph, integer, [seed, seed + 1, seed + 2])
        worst.push(error)
        expect(error).toBeLessThan(0.08)
      }),
      { numRuns: 25 },
    )
    expect(worst.reduce((a, b) => a + b, 0) / worst.length).toBeLessThan(0.03)
  })
})

describe('the integers', () => {
  test('keep their ranges: codes, terms, biases, multipliers', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(w4, w8, { weightBits: 4, activationBits: 8 } as const),
        (seed, bits) => {
          const { graph } = quantized(randomFloatGraph(seed), bits, { density: seed % 2 === 0 ? 1 : 0.5 })
          const [low, high] = bits.weightBits === 4 ? [-8, 7] : [-119, 119]
          for (const layer of graph.layers) {
            if (layer.kind === 'maxPool' || layer.kind === 'relayout') continue
            for (const { role, weights } of layer.kind === 'linear' ? layer.sources : [layer.source]) {
              const terms = role === 'residual' && bits.weightBits === 8 ? 3 : 2
              for (const value of weights.value) {
                if (role === 'main') expect(value >= low && value <= high).toBe(true)
                else expect(termCount(value)).toBeLessThanOrEqual(terms)
              }
            }
            for (const value of layer.bias) expect(Math.abs(value)).toBeLessThan(2 ** 30)
            if (layer.kind !== 'linear') continue
            for (const [row, m] of layer.multiplier.entries()) expect(m >= 2 ** 14 || layer.shift[row] === 0).toBe(true)
          }
        },
      ),
      { numRuns: 25 },
    )
  })

  test('of the input have 8 bits and a zero point, which padding reads as 0', () => {
    const { graph } = quantized(randomFloatGraph(3), w4)
    expect(graph.input.format).toEqual({ bits: 8, signed: false })
    expect(graph.input.zeroPoint).toBeGreaterThan(100)
  })

  test('are unsigned from 0 after a Relu, bounded like the Clip after a Clip, and else signed', () => {
    const builder = new GraphBuilder('clips')
    const input = builder.input('input', [1, 2, 4, 4])
    const clip = builder.node('Clip', [input], { min: 0, max: 0.5 })
    const plain = builder.node('Add', [clip, input])
    const { graph } = quantized(builder.build([plain]), w8)
    const [first, second] = elements(graph.layers, 2)
    if (first.kind !== 'linear' || second.kind !== 'linear') throw new Error('linear layers')
    expect([first.output.format.signed, first.output.zeroPoint, first.low, first.high]).toEqual([false, 0, 0, 255])
    expect(first.output.scale).toBeCloseTo(0.5 / 255, 6)
    expect([second.output.format.signed, second.low, second.high]).toEqual([true, -128, 127])
  })

  test('are the same for the same graph and options', () => {
    const make = () => quantized(randomFloatGraph(7), w4, { density: 0.6 })
    expect(make()).toEqual(make())
  })
})

describe('the report', () => {
  test('has densities, terms, noise and ranges', () => {
    const graph = simplify(resnet(resnet8, 1))
    const stages = new Map<string, [number, number]>()
    const { report, graph: integer } = quantized(graph, w4, {
      density: 0.25,
      progress: (stage, done, all) => stages.set(stage, [done, all]),
    })
    expect(report.density.asked).toBe(0.25)
    expect(Math.abs(report.density.kept - 0.25)).toBeLessThan(0.005)
    expect(Math.abs(report.density.nonZero - 0.25)).toBeLessThan(0.005)
    expect(report.layers.map(({ name }) => name)).toEqual(integer.layers.map(({ name }) => name))
    for (const layer of report.layers) {
      expect(layer.terms).toBeGreaterThanOrEqual(layer.nonZero)
      expect(layer.weightNoise).toBeGreaterThan(0)
      expect(layer.weightNoise).toBeLessThan(0.02)
    }
    expect(report.layers.filter(({ residualTerms }) => residualTerms > 0)).toHaveLength(1)
    for (const { clipped, scale, max } of report.maps) {
      expect(clipped).toBeLessThan(0.05)
      expect(scale * 256).toBeGreaterThan(max)
    }
    expect([...stages.keys()]).toEqual(['prune', 'calibrate', 'quantize'])
    for (const [done, all] of stages.values()) expect(done).toBe(all)
  })

  test('is made with a constant image as the only calibration input too', () => {
    const graph = randomFloatGraph(5)
    const [{ shape }] = elements(graph.inputs, 1)
    const zero = tensorOf('float32', new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)
    expect(() => quantized(graph, w8, { calibration: [zero] })).not.toThrow()
  })
})
