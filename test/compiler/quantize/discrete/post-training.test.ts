// Post-training quantisation: the file runs in ONNX Runtime, the importer reads back the same integers, and densities and sets are those of the options.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { elements } from '../../../../base/defined.ts'
import { seededImages } from '../../../../compiler/calibration.ts'
import { compileGraph } from '../../../../compiler/backend.ts'
import { evaluateFloat } from '../../../../compiler/graph/evaluate-float.ts'
import type { FloatGraph } from '../../../../compiler/graph/graph.ts'
import { sourcesOf } from '../../../../compiler/graph/integer.ts'
import { tensor } from '../../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../../compiler/onnx/read.ts'
import { writeOnnx } from '../../../../compiler/onnx/write.ts'
import { normalise } from '../../../../compiler/passes/quantized/normalise.ts'
import { simplify } from '../../../../compiler/passes/simplify.ts'
import {
  type PostTrainingOptions,
  quantizeAfterTraining,
} from '../../../../compiler/quantize/discrete/post-training.ts'
import { weightSets } from '../../../../compiler/quantize/discrete/weight-sets.ts'
import { quantizeGiven } from '../../../../compiler/quantize/given/quantize-given.ts'
import { shape as resnet8 } from '../../../../examples/resnet8/build.ts'
import { resnet } from '../../../../examples/support/resnet.ts'
import { machines } from '../../../../isa/model/machine.ts'
import { relativeDifference, runModel } from '../../runtime.ts'
import { randomFloatGraph } from '../random-float-graph.ts'

const small = simplify(resnet({ ...resnet8, imageSize: 8, stageChannels: [16, 32] }, 3))

function quantized(float: FloatGraph, options: Partial<PostTrainingOptions> = {}) {
  return quantizeAfterTraining(float, {
    weights: 'int4',
    activationBits: 8,
    machine: machines.tiny,
    calibration: seededImages(float),
    ...options,
  })
}

const integersOf = (bytes: Uint8Array) => quantizeGiven(normalise(readOnnx(bytes, 'q'))).graph

test('files of random graphs give the same values in ONNX Runtime and in our evaluation, and are read by our importer', async () => {
  const seeds = fc.sample(fc.integer(), 12)
  for (const seed of seeds) {
    const float = simplify(randomFloatGraph(seed))
    const { graph } = quantized(float, { activationBits: seed % 2 === 0 ? 8 : 4 })
    const bytes = writeOnnx(graph)
    const image = new Map([[float.inputs[0]!.name, seededImages(float)[0]!]])
    const [runtime] = elements((await runModel(bytes, image)).values(), 1)
    const [own] = elements(evaluateFloat(readOnnx(bytes, 'q'), image).values(), 1)
    // A value between two codes may be rounded to either.
    expect(relativeDifference(own, runtime), `seed ${seed}`).toBeLessThan(0.3)
    integersOf(bytes)
  }
})

describe('a small ResNet', () => {
  test('has the written integers again after import', () => {
    const { graph, layers } = quantized(small)
    const integer = integersOf(writeOnnx(graph))
    const { constants } = normalise(graph)
    for (const { node } of layers) {
      const written = graph.constants.get(`${node}.weight_codes`)!
      const used = integer.layers
        .flatMap((layer) => sourcesOf(layer).map((source) => ({ layer, source })))
        .find(({ layer, source }) => source.role === 'main' && layer.name === node)
      if (used === undefined) continue
      const { rows, columns, rowStart, value } = used.source.weights
      for (let row = 0; row < rows; row++) {
        const own = [...written.data.subarray(row * columns, (row + 1) * columns)].filter((code) => code !== 0)
        const found = [...value.subarray(rowStart[row], rowStart[row + 1])]
        // With a shortcut the accumulator scale may be a sixteenth of the convolution's own; no ratio is rounded.
        const factor = own.length === 0 ? 1 : found[0]! / own[0]!
        expect([1, 16]).toContain(factor)
        expect(found).toEqual(own.map((code) => code * factor))
      }
    }
    expect(constants.size).toBeGreaterThan(0)
  })

  test('is closer to its float network than with rounding weight by weight', async () => {
    const { byRounding } = await import('../../../../compiler/quantize/discrete/layer.ts')
    const calibration = [...seededImages(small), ...seededImages(small).map((image) => image)]
    const noise = (method?: PostTrainingOptions['method']): number =>
      quantized(small, { calibration, method }).layers.reduce((sum, layer) => sum + layer.noise, 0)
    expect(noise()).toBeLessThan(0.8 * noise(byRounding))
  })

  test.each(['int8', 'int4', 'pow2', 'ternary'] as const)('has only levels of %s', (set) => {
    const { graph, layers } = quantized(small, { weights: set, ends: set })
    for (const { node, levels } of layers) {
      const codes = new Set(graph.constants.get(`${node}.weight_codes`)!.data)
      expect(codes.size).toBe(levels)
      for (const code of codes) expect(weightSets[set].levels).toContain(code)
    }
  })

  test('has other sets for layers that are named', () => {
    const { layers } = quantized(small, { weightsOf: { '/conv1/Conv': 'ternary' } })
    expect(layers[0]).toMatchObject({ node: '/conv1/Conv', set: 'ternary' })
  })

  test.each(['free', 'scheduled'] as const)('at density 0.5, %s, keeps 46 % to 52 % of the weights', (sparsity) => {
    const { density } = quantized(small, { density: 0.5, sparsity, weights: 'int8' })
    expect(density).toBeLessThan(0.52)
    expect(density).toBeGreaterThan(0.46)
  })

  test('pruned for a machine has schedules within 2 % of their lower bound', () => {
    const { graph } = quantized(small, { density: 0.5, sparsity: 'scheduled' })
    const { program } = compileGraph(integersOf(writeOnnx(graph)), { name: 'small', machine: machines.tiny })
    const beats = program.layers.reduce((sum, layer) => sum + layer.beats, 0)
    const bound = program.layers.reduce((sum, layer) => sum + layer.boundBeats, 0)
    expect(beats).toBeLessThanOrEqual(1.02 * bound)
  })

  test('keeps the zeros of the model with the sparsity `keep`', () => {
    const name = small.nodes.find(({ op }) => op === 'Conv')!.inputs[1]!
    const weights = small.constants.get(name)!
    const zeroed = tensor(
      Float32Array.from(weights.data, (value, at) => (at % 3 === 0 ? 0 : value)),
      weights.shape,
    )
    const pruned = { ...small, constants: new Map([...small.constants, [name, zeroed]]) }
    const { graph, layers } = quantized(pruned, { sparsity: 'keep' })
    const codes = graph.constants.get(`${layers[0]!.node}.weight_codes`)!.data
    for (let at = 0; at < codes.length; at += 3) expect(codes[at]).toBe(0)
  })

  test('is the same every time', () => {
    const [first, second] = [quantized(small), quantized(small)].map(({ graph }) => writeOnnx(graph))
    expect(first).toEqual(second)
  })

  test('raises the scales of rows with tiny weights', () => {
    const name = small.nodes.find(({ op }) => op === 'Conv')!.inputs[1]!
    const weights = small.constants.get(name)!
    const dead = tensor(
      Float32Array.from(weights.data, (value, at) => (at < 27 ? value * 1e-20 : value)),
      weights.shape,
    )
    const { graph, layers } = quantized({ ...small, constants: new Map([...small.constants, [name, dead]]) })
    const scale = graph.constants.get(`${layers[0]!.node}.weight_scale`)!.data
    expect(scale.every((value) => value > 1e-12)).toBe(true)
    const bias = graph.constants.get(`${layers[0]!.node}.bias_codes`)!.data
    expect(Math.max(...[...bias].map(Math.abs))).toBeLessThan(2 ** 30)
    integersOf(writeOnnx(graph))
  })

  test('has advice for layers of low signal-to-noise ratio', () => {
    const { layers } = quantized(small, { weights: 'ternary', density: 0.1, sparsity: 'free' })
    expect(layers.some(({ advice }) => advice !== undefined && /raise|more/.test(advice))).toBe(true)
  })
})

describe('refuses', () => {
  test('a single calibration input', () => {
    const calibration = seededImages(small).slice(0, 1)
    expect(() => quantized(small, { calibration })).toThrow(/^calibration: 1 input;.*at least 2.*give more pictures/)
  })

  test('a name that no layer has', () => {
    expect(() => quantized(small, { weightsOf: { nowhere: 'int8' } })).toThrow(
      /layer 'nowhere': no layer has this name/,
    )
  })
})
