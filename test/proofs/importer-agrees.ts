// The integers that the importer takes from a quantised file, against ONNX Runtime: the classes that both name, and the codes of every layer.

import { integerEvaluator } from '../../compiler/graph/evaluate-integer.ts'
import type { Graph } from '../../compiler/graph/graph.ts'
import type { Tensor } from '../../compiler/graph/tensor.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { normalise } from '../../compiler/passes/quantized/normalise.ts'
import { quantizeGiven } from '../../compiler/quantize/given/quantize-given.ts'
import { inputCodesOf, layerDifferences, runtimeMaps } from '../support/runtime-codes.ts'
import { agreement, realLogits } from './compare.ts'

/** Images on which every layer is compared. */
const layerImages = 10

export interface Agreement {
  readonly images: number
  /** percent of them on which both name the same class */
  readonly sameClass: number
  /** over layers and `layerImages` images, each layer fed the runtime's codes: the greatest percentage of codes that differ, and by how many steps */
  readonly codes: { readonly percent: number; readonly steps: number }
}

/** @param answers ONNX Runtime's, of each image */
export async function importerAgrees(
  quantised: Graph,
  images: readonly Tensor[],
  answers: readonly ArrayLike<number>[],
): Promise<Agreement> {
  const file = readOnnx(writeOnnx(quantised), 'quantised')
  const { graph } = quantizeGiven(normalise(file))
  const evaluate = integerEvaluator(graph)
  const last = graph.layers.at(-1)!
  const scales = last.kind === 'logits' ? [...last.scale] : []
  const own = images.map((image) => {
    const { logits, maps } = evaluate(inputCodesOf(graph, image))
    return logits === undefined ? Array.from(maps.get(graph.output)!) : realLogits(logits, scales)
  })
  const codes = { percent: 0, steps: 0 }
  const shares = new Map<string, number>()
  for (const image of images.slice(0, layerImages))
    for (const { layer, share, most } of layerDifferences(graph, await runtimeMaps(file, graph, image))) {
      shares.set(layer, (shares.get(layer) ?? 0) + (100 * share) / layerImages)
      codes.steps = Math.max(codes.steps, most)
    }
  codes.percent = Math.max(...shares.values())
  return { images: images.length, sameClass: (100 * agreement(own, answers)) / images.length, codes }
}
