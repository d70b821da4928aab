// Quantised models keep their scales: every layer gives ONNX Runtime's codes, and both formats give the same integers.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { seededImages } from '../../../compiler/calibration.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Graph } from '../../../compiler/graph/graph.ts'
import type { Tensor } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { isQuantised, normalise } from '../../../compiler/passes/quantized/normalise.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { quantizeGiven } from '../../../compiler/quantize/given/quantize-given.ts'
import { build } from '../../../examples/resnet8/build.ts'
import { layerDifferences, runtimeCodes, withoutInnerRounding } from '../../support/runtime-codes.ts'
import { quantizeStatic, type StaticOptions } from '../../support/static-quantiser.ts'
import { data } from '../data.ts'
import { runModel } from '../runtime.ts'

const trained = data('models', 'cifar10-resnet', 'resnet20.onnx')
const models = [
  { name: 'the example ResNet-8', present: true, note: '', bytes: () => build() },
  { name: 'the trained ResNet-20', ...trained, bytes: () => new Uint8Array(readFileSync(trained.path)) },
]

const eight: StaticOptions = { format: 'QDQ', activations: 'uint8', weights: 'int8', perChannel: true }
const spellings: readonly [string, StaticOptions][] = [
  ['uint8 maps, int8 weights with a scale for each channel', eight],
  ['int8 maps', { ...eight, activations: 'int8' }],
  ['uint8 weights with one scale', { ...eight, weights: 'uint8', perChannel: false }],
  ['float weights before their quantisers', { ...eight, floatWeights: true }],
  ['operators on codes', { ...eight, format: 'QOperator' }],
  ['uint4 maps, int4 weights', { ...eight, activations: 'uint4', weights: 'int4' }],
]

for (const { name, present, note, bytes } of models) {
  describe.skipIf(!present)(`${name}, quantised${note}`, () => {
    const setup = present ? prepare(bytes()) : undefined

    describe.each(spellings)('with %s', (_, options) => {
      const bits = options.activations === 'uint4' ? 4 : 8

      it('evaluates to the codes of ONNX Runtime, and so does its normal form', async () => {
        const { images, quantised } = setup!(options)
        const inputs = new Map([[quantised.inputs[0]!.name, images[0]!]])
        const [expected] = elements((await runModel(writeOnnx(quantised), inputs)).values(), 1)
        const step = scaleOf(quantised, outputName(quantised))
        for (const graph of [quantised, normalise(quantised)])
          expect(greatestDifference([...evaluateFloat(graph, inputs).values()][0]!, expected)).toBeLessThanOrEqual(
            1.001 * step,
          )
      })

      it('gives the codes of ONNX Runtime in at least 99.8 % of every layer’s elements, and is off by one in the others', async () => {
        const { images, quantised } = setup!(options)
        const codes = await runtimeCodes(quantised, images[0]!)
        const { graph } = quantizeGiven(normalise(quantised), { exact: true })
        const layers = layerDifferences(graph, codes)
        expect(layers.length).toBeGreaterThanOrEqual(9)
        for (const { layer, share, most, joined } of layers) {
          expect(joined).toBe(false)
          expect(share, layer).toBeLessThanOrEqual(0.002)
          expect(most, layer).toBeLessThanOrEqual(1)
        }
      })

      it.skipIf(options.format !== 'QDQ')(
        'joins convolutions and sums only where that moves no code by more than one, and at most 2 % of the codes of 4 bits',
        async () => {
          const { images, quantised } = setup!(options)
          const { graph } = quantizeGiven(normalise(quantised))
          const stated = layerDifferences(graph, await runtimeCodes(quantised, images[0]!))
          const joined = stated.filter((layer) => layer.joined)
          for (const { most, share, joined: isJoined, layer } of stated) {
            expect(most, layer).toBeLessThanOrEqual(1)
            if (!isJoined) expect(share, layer).toBeLessThanOrEqual(0.002)
            else if (bits === 4) expect(share, layer).toBeLessThanOrEqual(0.02)
          }
          const direct = withoutInnerRounding(
            quantised,
            joined.map(({ layer }) => layer),
          )
          for (const { layer, share, most } of layerDifferences(graph, await runtimeCodes(direct, images[0]!))) {
            expect(share, layer).toBeLessThanOrEqual(0.02)
            expect(most, layer).toBeLessThanOrEqual(1)
          }
        },
      )
    })

    it('gives the same integers in both formats', () => {
      const [pairs, operators] = (['QDQ', 'QOperator'] as const).map((format) => {
        const { graph } = quantizeGiven(normalise(setup!({ ...eight, format }).quantised), { exact: true })
        return graph.layers.map((layer) =>
          layer.kind === 'linear'
            ? [
                layer.bias,
                layer.multiplier,
                layer.shift,
                layer.low,
                layer.high,
                layer.sources.map(({ weights }) => weights),
              ]
            : [],
        )
      })
      expect(operators).toEqual(pairs)
    })
  })
}

/** The model in every spelling, each quantised once. */
function prepare(bytes: Uint8Array): (options: StaticOptions) => { images: readonly Tensor[]; quantised: Graph } {
  const float = simplify(readOnnx(bytes, 'model'))
  const images = seededImages(float, 2)
  const made = new Map<string, Graph>()
  return (options) => {
    const key = JSON.stringify(options)
    const quantised = made.get(key) ?? readOnnx(writeOnnx(quantizeStatic(float, images, options)), 'model')
    made.set(key, quantised)
    expect(isQuantised(quantised)).toBe(true)
    return { images, quantised }
  }
}

function outputName({ nodes }: Graph): string {
  return nodes.at(-1)!.inputs[0]!.slice(0, -'_quantized'.length)
}

function scaleOf({ constants }: Graph, name: string): number {
  return constants.get(`${name}_scale`)!.data[0]!
}

function greatestDifference(a: Tensor, b: Tensor): number {
  let most = 0
  for (let at = 0; at < b.size; at++) most = Math.max(most, Math.abs(a.data[at]! - b.data[at]!))
  return most
}
