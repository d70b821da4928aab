// The quality of a quantised layer in numbers, and advice where its signal-to-noise ratio is low.

import { addProduct } from '../../kernels/product.ts'
import type { DiscreteLayer, LayerData } from './layer.ts'
import type { LayerWeights } from './weight-indices.ts'
import type { WeightSetName } from './weight-sets.ts'

export interface LayerQuality {
  /** The Conv or Gemm node. */
  readonly node: string
  readonly set: WeightSetName
  readonly weights: number
  readonly nonZeros: number
  /** Different integers in use. */
  readonly levels: number
  /** ‖W·X − Q·X‖² ÷ ‖W·X − mean‖² on held-out samples; X as the quantised network feeds it. */
  readonly noise: number
  /** 1 ÷ noise in decibels: higher is better. */
  readonly signalToNoise: number
  /** What would help, where the ratio is low. */
  readonly advice?: string
}

export interface QualityInput {
  readonly weights: LayerWeights
  readonly name: WeightSetName
  readonly discrete: DiscreteLayer
  readonly bias: Float64Array
  readonly mask: Uint8Array
  readonly fitting: LayerData
  readonly heldOut: LayerData
}

/** Below this signal-to-noise ratio, in decibels, advice is given. */
const lowRatio = 10

/** If the noise on held-out samples exceeds that on the samples for fitting by more than this factor, the samples were too few. */
const overfitting = 2

export function describeLayer({ weights, name, discrete, bias, mask, heldOut, fitting }: QualityInput): LayerQuality {
  const noise = noiseOf(weights, discrete, bias, heldOut)
  const signalToNoise = -10 * Math.log10(Math.max(noise, 1e-12))
  const nonZeros = discrete.codes.reduce((count, code) => count + (code === 0 ? 0 : 1), 0)
  const all = weights.indices.reduce((count, index) => count + (index > 0 ? 1 : 0), 0)
  const allowed = mask.reduce((count, keep) => count + keep, 0)
  const quality = {
    node: weights.node,
    set: name,
    weights: all,
    nonZeros,
    levels: new Set(discrete.codes).size,
    noise,
    signalToNoise,
  }
  if (signalToNoise >= lowRatio) return quality
  const fewSamples = noise > overfitting * noiseOf(weights, discrete, bias, fitting)
  const advice = fewSamples
    ? 'give more calibration pictures'
    : allowed < 0.75 * all
      ? `raise its density (--density-of ${weights.node}=${Math.min(1, (1.5 * allowed) / all).toFixed(2)})`
      : name === 'int8'
        ? 'raise the bits of the feature maps'
        : `give it more levels (--weights-of ${weights.node}=int8)`
  return { ...quality, advice }
}

/** Error power ÷ signal power over all rows. */
export function noiseOf(
  { rows, columns }: LayerWeights,
  { codes, scale }: DiscreteLayer,
  bias: Float64Array,
  { count, inputs, targets }: LayerData,
): number {
  const outputs = new Float64Array(count * rows)
  const a = { values: inputs, step: columns, depthStep: 1 }
  addProduct(outputs, { rows: count, columns: rows, depth: columns }, a, {
    values: Float64Array.from(codes),
    step: columns,
    depthStep: 1,
  })
  let error = 0
  let signal = 0
  for (let row = 0; row < rows; row++) {
    let [sum, squares] = [0, 0]
    for (let sample = 0; sample < count; sample++) {
      const at = sample * rows + row
      error += (targets[at]! - bias[row]! - scale[row]! * outputs[at]!) ** 2
      sum += targets[at]!
      squares += targets[at]! ** 2
    }
    signal += squares - (sum * sum) / Math.max(1, count)
  }
  return signal > 0 ? error / signal : 0
}
