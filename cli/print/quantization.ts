// The text of a quantisation: its layers, advice, and totals.

import type { LayerQuality, PostTraining } from '../../compiler/quantize/discrete/post-training.ts'
import { type PrintableText, printableLines, paragraphs } from '../output.ts'
import type { Written } from './compilation.ts'
import { byteSize, facts, percent, table, whole } from './table.ts'

export function quantizationText(
  { layers, density }: PostTraining,
  { output, seconds, fileBytes }: Written,
): PrintableText {
  const decibels = ({ signalToNoise }: LayerQuality): string => `${signalToNoise.toFixed(1)} dB`
  const rows = table(
    ['layer', 'weights', '>density', '>levels', '>signal to noise'],
    layers.map((layer) => [
      layer.node,
      layer.set,
      percent(layer.nonZeros / Math.max(1, layer.weights)),
      whole(layer.levels),
      decibels(layer),
    ]),
  )
  const advice = layers.flatMap((layer) =>
    layer.advice === undefined
      ? []
      : [`${layer.node} has a low signal-to-noise ratio (${decibels(layer)}): ${layer.advice}`],
  )
  const totals = facts([
    ['model', `${output}, ${byteSize(fileBytes)}, QDQ`],
    ['density', percent(density)],
    ['time', `${seconds.toFixed(1)} s`],
  ])
  return paragraphs(rows, ...(advice.length > 0 ? [printableLines(advice)] : []), totals)
}
