// Biases that make a layer's mean output right, where pictures that nothing was learnt from agree.

import type { DiscreteLayer, LayerData } from './layer.ts'
import type { LayerWeights } from './positions.ts'

/** The correction of each row, or nothing where it makes the mean error on the held-out samples larger. */
export function correctedBias(
  weights: LayerWeights,
  discrete: DiscreteLayer,
  bias: Float64Array,
  learnt: LayerData,
  heldOut: LayerData,
): Float64Array {
  const wish = meanRest(weights, discrete, learnt)
  const check = meanRest(weights, discrete, heldOut)
  return bias.map((value, row) =>
    Math.abs(check[row]! - wish[row]!) < Math.abs(check[row]! - value) ? wish[row]! : value,
  )
}

/** [rows] Mean of what the discrete weights leave of the wanted outputs: the bias that they need. */
function meanRest(
  { rows, columns }: LayerWeights,
  { codes, scale }: DiscreteLayer,
  { count, found, wanted }: LayerData,
): Float64Array {
  const inputs = new Float64Array(columns)
  const outputs = new Float64Array(rows)
  for (let sample = 0; sample < count; sample++) {
    for (let i = 0, at = sample * columns; i < columns; i++, at++) inputs[i]! += found[at]! / count
    for (let row = 0; row < rows; row++) outputs[row]! += wanted[sample * rows + row]! / count
  }
  return outputs.map((mean, row) => {
    let sum = 0
    for (let i = 0, at = row * columns; i < columns; i++, at++) sum += codes[at]! * inputs[i]!
    return mean - scale[row]! * sum
  })
}
