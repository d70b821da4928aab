// Bias correction: the mean error of a layer's output is added to its bias where the held-out samples confirm it.

import type { DiscreteLayer, LayerData } from './layer.ts'
import type { LayerWeights } from './weight-indices.ts'

/** The corrected bias of each row; the given one where the correction would make the mean error on the held-out samples larger. */
export function correctedBias(
  weights: LayerWeights,
  discrete: DiscreteLayer,
  bias: Float64Array,
  fitting: LayerData,
  heldOut: LayerData,
): Float64Array {
  const fitted = unbiased(weights, discrete, fitting)
  const expected = unbiased(weights, discrete, heldOut)
  return bias.map((value, row) =>
    Math.abs(expected[row]! - fitted[row]!) < Math.abs(expected[row]! - value) ? fitted[row]! : value,
  )
}

/** [rows] The bias with which the mean output of the discrete weights equals the mean target. */
function unbiased(
  { rows, columns }: LayerWeights,
  { codes, scale }: DiscreteLayer,
  { count, inputs, targets }: LayerData,
): Float64Array {
  const inputMean = new Float64Array(columns)
  const targetMean = new Float64Array(rows)
  for (let sample = 0; sample < count; sample++) {
    for (let i = 0, at = sample * columns; i < columns; i++, at++) inputMean[i]! += inputs[at]! / count
    for (let row = 0; row < rows; row++) targetMean[row]! += targets[sample * rows + row]! / count
  }
  return targetMean.map((mean, row) => {
    let sum = 0
    for (let i = 0, at = row * columns; i < columns; i++, at++) sum += codes[at]! * inputMean[i]!
    return mean - scale[row]! * sum
  })
}
