// The importance of weights, by their share of the layer's output, and the density of each layer by the sensitivity that follows from it.

import { defined, elementAt } from '../../../base/defined.ts'
import { ownSources } from '../layer-samples.ts'
import type { FloatPlan } from '../plan.ts'
import type { LayerWeights } from './weight-indices.ts'

/** Mean square of every channel of every map. */
export type ChannelPower = ReadonlyMap<string, Float64Array>

/** Accumulates channel powers image by image. */
export class ChannelPowers {
  readonly #sums = new Map<string, { readonly squares: Float64Array; count: number }>()
  readonly #channels: ReadonlyMap<string, number>

  constructor(plan: FloatPlan) {
    const maps = [plan.input, ...plan.layers.flatMap((each) => (each.kind === 'logits' ? [] : [each.output]))]
    this.#channels = new Map(maps.map(({ name, channels }) => [name, channels]))
  }

  /** Adds the values of a map for one input; logits, which are not a map, are ignored. */
  add(name: string, map: ArrayLike<number>): void {
    const channels = this.#channels.get(name)
    if (channels === undefined) return
    const sum = this.#sums.get(name) ?? { squares: new Float64Array(channels), count: 0 }
    const pixels = map.length / channels
    for (let i = 0; i < map.length; i++) sum.squares[Math.floor(i / pixels)]! += map[i]! * map[i]!
    sum.count += pixels
    this.#sums.set(name, sum)
  }

  result(): ChannelPower {
    return new Map([...this.#sums].map(([name, { squares, count }]) => [name, squares.map((value) => value / count)]))
  }
}

/** [rows × columns] |weight| · root mean square of the channel that it reads: its share of the row's output. */
export function importanceOf(plan: FloatPlan, index: number, layer: LayerWeights, power: ChannelPower): Float64Array {
  const planned = elementAt(plan.layers, index)
  const factor = new Float64Array(layer.columns)
  let at = 0
  if (planned.kind !== 'maxPool')
    for (const { map, weights } of ownSources(planned)) {
      const channels = defined(power.get(map))
      const taps = weights.columns / channels.length
      for (let column = 0; column < weights.columns; column++)
        factor[at++] = Math.sqrt(channels[Math.floor(column / taps)]!)
    }
  return layer.values.map((value, i) => Math.abs(value) * factor[i % layer.columns]!)
}

/** The least share of its weights that a layer keeps. */
const leastShare = 0.02

/**
 * The density of each layer at one common threshold of loss, where a weight's loss is its squared importance relative to its layer's: sensitive
 * layers keep more.
 *
 * @param layers the importance of every weight of each layer
 * @param density over all layers
 * @returns [layers]
 */
export function allocateDensity(layers: readonly Float64Array[], density: number): number[] {
  const losses = layers.map((importance) => {
    const all = importance.map((value) => value * value)
    const total = all.reduce((sum, value) => sum + value, 0) || 1
    return all.map((value) => value / total).sort()
  })
  const target = density * losses.reduce((sum, { length }) => sum + length, 0)
  const keptAbove = (threshold: number): number[] =>
    losses.map((list) => Math.max(leastShare * list.length, list.length - firstAbove(list, threshold)))
  let [low, high] = [-80, 0]
  // Bisection of the threshold's logarithm.
  for (let iteration = 0; iteration < 60; iteration++) {
    const middle = (low + high) / 2
    const kept = keptAbove(Math.exp(middle)).reduce((sum, count) => sum + count, 0)
    if (kept > target) low = middle
    else high = middle
  }
  const kept = keptAbove(Math.exp(high))
  return losses.map(({ length }, at) => (length === 0 ? 1 : Math.min(1, elementAt(kept, at) / length)))
}

/** The index of the first value above the threshold. */
function firstAbove(sorted: Float64Array, threshold: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! > threshold) high = middle
    else low = middle + 1
  }
  return low
}
