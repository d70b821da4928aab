// What quantisation did to a layer, in numbers, and what to raise where it suffers.

import { addProduct } from '../../kernels/product.ts'
import type { LinearStep, LogitsStep } from '../plan.ts'
import type { DiscreteLayer, LayerData } from './layer.ts'
import type { LayerWeights } from './positions.ts'
import type { WeightSetName } from './weight-sets.ts'

export interface LayerQuality {
  /** The Conv or Gemm node. */
  readonly node: string
  readonly set: WeightSetName
  readonly weights: number
  readonly nonZeros: number
  /** Different integers in use. */
  readonly levels: number
  /** ‖W·X − Q·X‖² ÷ ‖W·X‖² on held-out samples, means taken off; X as the quantised network feeds it. */
  readonly noise: number
  /** The same as decibels: higher is better. */
  readonly signalToNoise: number
  /** What to raise, where the layer suffers. */
  readonly advice?: string
}

export interface QualityInput {
  readonly step: LinearStep | LogitsStep
  readonly weights: LayerWeights
  readonly name: WeightSetName
  readonly discrete: DiscreteLayer
  readonly bias: Float64Array
  readonly mask: Uint8Array
  readonly learnt: LayerData
  readonly heldOut: LayerData
}

/** Below this many decibels a layer suffers. */
const suffering = 10

/** Learnt and held-out noise further apart than this factor: the samples were too few. */
const apart = 2

export function describeLayer({ weights, name, discrete, bias, mask, heldOut, learnt }: QualityInput): LayerQuality {
  const noise = noiseOf(weights, discrete, bias, heldOut)
  const signalToNoise = -10 * Math.log10(Math.max(noise, 1e-12))
  const nonZeros = discrete.codes.reduce((count, code) => count + (code === 0 ? 0 : 1), 0)
  const all = weights.places.reduce((count, place) => count + (place > 0 ? 1 : 0), 0)
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
  if (signalToNoise >= suffering) return quality
  const fewSamples = noise > apart * noiseOf(weights, discrete, bias, learnt)
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
  { count, found, wanted }: LayerData,
): number {
  const outputs = new Float64Array(count * rows)
  const a = { values: found, step: columns, depthStep: 1 }
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
      error += (wanted[at]! - bias[row]! - scale[row]! * outputs[at]!) ** 2
      sum += wanted[at]!
      squares += wanted[at]! ** 2
    }
    signal += squares - (sum * sum) / Math.max(1, count)
  }
  return signal > 0 ? error / signal : 0
}
