// What a weight is worth: how much of its layer's output power goes with it; and how a global density is shared out by that.

import { defined, elementAt } from '../../../base/defined.ts'
import { ownSources } from '../layer-samples.ts'
import type { FloatPlan } from '../plan.ts'
import type { LayerWeights } from './positions.ts'

/** Mean square of every channel of every map. */
export type ChannelPower = ReadonlyMap<string, Float64Array>

/** Gathers channel powers image by image. */
export class ChannelPowers {
  readonly #sums = new Map<string, { readonly squares: Float64Array; count: number }>()
  readonly #channels: ReadonlyMap<string, number>

  constructor(plan: FloatPlan) {
    const maps = [plan.input, ...plan.steps.flatMap((step) => (step.kind === 'logits' ? [] : [step.output]))]
    this.#channels = new Map(maps.map(({ name, channels }) => [name, channels]))
  }

  /** Adds what a map holds for one input; logits are no map. */
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

/** |weight| · root mean square of what it reads [rows × columns]: its share of the row's output. */
export function importanceOf(plan: FloatPlan, index: number, layer: LayerWeights, power: ChannelPower): Float64Array {
  const step = elementAt(plan.steps, index)
  const factor = new Float64Array(layer.columns)
  let at = 0
  if (step.kind !== 'maxPool')
    for (const { map, weights } of ownSources(step)) {
      const channels = defined(power.get(map))
      const taps = weights.columns / channels.length
      for (let column = 0; column < weights.columns; column++)
        factor[at++] = Math.sqrt(channels[Math.floor(column / taps)]!)
    }
  return layer.values.map((value, i) => Math.abs(value) * factor[i % layer.columns]!)
}

/** Layers keep at least this share of their weights. */
const leastShare = 0.02

/**
 * Densities of all layers that leave out the weights which cost the least, each layer's loss counted relative to its own output: the
 * layers that suffer more keep more.
 *
 * @param layers importance of every weight there is
 * @param density over all of them
 * @returns [layers]
 */
export function shareOut(layers: readonly Float64Array[], density: number): number[] {
  const costs = layers.map((importance) => {
    const all = importance.map((value) => value * value)
    const total = all.reduce((sum, value) => sum + value, 0) || 1
    return all.map((value) => value / total).sort()
  })
  const wanted = density * costs.reduce((sum, { length }) => sum + length, 0)
  const keptAbove = (threshold: number): number[] =>
    costs.map((list) => Math.max(leastShare * list.length, list.length - firstAbove(list, threshold)))
  let [low, high] = [-80, 0]
  for (let turn = 0; turn < 60; turn++) {
    const middle = (low + high) / 2
    const kept = keptAbove(Math.exp(middle)).reduce((sum, count) => sum + count, 0)
    if (kept > wanted) low = middle
    else high = middle
  }
  const kept = keptAbove(Math.exp(high))
  return costs.map(({ length }, at) => (length === 0 ? 1 : Math.min(1, elementAt(kept, at) / length)))
}

function firstAbove(sorted: Float64Array, threshold: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! > threshold) high = middle
    else low = middle + 1
  }
  return low
}
