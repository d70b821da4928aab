// The shipped ResNet-8 with every rounding kept: its shortcuts join convolutions although the scales are not multiples of each other, and nearly all codes are ONNX Runtime's.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { seededImages } from '../../../compiler/calibration.ts'
import { evaluateInteger } from '../../../compiler/graph/evaluate-integer.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { normalise } from '../../../compiler/passes/quantized/normalise.ts'
import { quantizeGiven } from '../../../compiler/quantize/given/quantize-given.ts'
import { inputCodesOf, layerDifferences, runtimeMaps } from '../../support/runtime-codes.ts'
import { openModel } from '../runtime.ts'

/** The share of a layer's codes that may be off by one, because of the requantiser's 15 bits (compiler/quantize/README.md). */
const greatestShare = 3e-4
/** For logits from −6 to 8: the effect of a 4-bit code that is off by one. */
const greatestError = 0.4

describe.each(['resnet8-50', 'resnet8-75'])('%s', (name) => {
  const bytes = readFileSync(new URL(`../../../examples/resnet8-cifar10/${name}.onnx`, import.meta.url))
  const file = readOnnx(bytes, name)
  const { graph } = quantizeGiven(normalise(file), { exact: true })
  const images = seededImages(file, 8)

  test('gives the codes of ONNX Runtime except for at most 3 in 10,000, which are off by one, in layers with and without shortcuts', async () => {
    const shares = new Map<string, number>()
    for (const image of images)
      for (const { layer, share, most } of layerDifferences(graph, await runtimeMaps(file, graph, image))) {
        expect(most, layer).toBeLessThanOrEqual(1)
        shares.set(layer, (shares.get(layer) ?? 0) + share / images.length)
      }
    expect(shares.size).toBe(9)
    for (const [layer, share] of shares) expect(share, layer).toBeLessThanOrEqual(greatestShare)
  })

  test('gives the logits of ONNX Runtime on many images, and close ones on the others', async () => {
    const model = await openModel(bytes)
    const last = graph.layers.at(-1)!
    if (last.kind !== 'logits') throw new Error('the last layer is no logits')
    const errors: number[] = []
    for (const image of images) {
      const [runtime] = elements((await model.run(new Map([[file.inputs[0]!.name, image]]))).values(), 1)
      const logits = evaluateInteger(graph, inputCodesOf(graph, image)).logits!
      errors.push(Math.max(...Array.from(logits, (value, at) => Math.abs(value * last.scale[at]! - runtime.data[at]!))))
    }
    await model.close()
    expect(Math.max(...errors)).toBeLessThanOrEqual(greatestError)
    expect(errors.filter((error) => error < 1e-4).length).toBeGreaterThanOrEqual(images.length / 4)
  })
})
