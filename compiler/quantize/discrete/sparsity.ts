// Which weights may be other than zero: the model's own, the most important of each row, or those that a machine's schedule serves.

import { defined, elementAt } from '../../../base/defined.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import { ownSources } from '../layer-samples.ts'
import type { FloatPlan, FloatSource, PlanStep } from '../plan.ts'
import { prunePlan } from '../prune.ts'
import { type ChannelPower, importanceOf, shareOut } from './importance.ts'
import type { LayerWeights } from './positions.ts'

/** `keep` the model's zeros and make no others; `free`: the best of each row; `scheduled`: equal counts for every row and cluster. */
export type Sparsity = 'keep' | 'free' | 'scheduled'

export interface SparsityOptions {
  readonly sparsity: Sparsity
  /** Share of all weights that stay, shared out by sensitivity among the layers that `densityOf` does not name. */
  readonly density: number
  readonly densityOf: Readonly<Record<string, number>>
  readonly machine: Machine
  readonly weightBits: 4 | 8
  readonly activationBits: 4 | 8
  readonly progress?: (done: number, all: number) => void
}

/** [rows × columns] of each layer, by the index of its step: 1 where a weight may be other than 0. */
export type Masks = ReadonlyMap<number, Uint8Array>

/** Chooses the weights that stay. */
export function chooseMasks(
  plan: FloatPlan,
  layers: ReadonlyMap<number, LayerWeights>,
  power: ChannelPower,
  options: SparsityOptions,
): Masks {
  const { sparsity, density, densityOf } = options
  const isWhole = density === 1 && Object.keys(densityOf).length === 0
  if (sparsity === 'keep' || isWhole)
    return new Map(
      [...layers].map(([index, { places, values }]) => [
        index,
        Uint8Array.from(places, (place, at) => (place > 0 && (sparsity !== 'keep' || values[at] !== 0) ? 1 : 0)),
      ]),
    )
  const importance = new Map([...layers].map(([index, layer]) => [index, importanceOf(plan, index, layer, power)]))
  const shares = sharesOf(layers, importance, density, densityOf)
  return sparsity === 'free'
    ? freeMasks(layers, importance, shares)
    : scheduledMasks(plan, layers, importance, shares, options)
}

/** The density of every node. */
function sharesOf(
  layers: ReadonlyMap<number, LayerWeights>,
  importance: ReadonlyMap<number, Float64Array>,
  density: number,
  densityOf: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const free = [...layers].filter(([, { node }]) => !Object.hasOwn(densityOf, node))
  const existing = free.map(([index, { places }]) => defined(importance.get(index)).filter((_, at) => places[at]! > 0))
  const shares = density === 1 ? free.map(() => 1) : shareOut(existing, density)
  return { ...densityOf, ...Object.fromEntries(free.map(([, { node }], at) => [node, elementAt(shares, at)])) }
}

function freeMasks(
  layers: ReadonlyMap<number, LayerWeights>,
  importance: ReadonlyMap<number, Float64Array>,
  shares: Readonly<Record<string, number>>,
): Masks {
  const masks = new Map<number, Uint8Array>()
  for (const [index, { node, rows, columns, places }] of layers) {
    const mask = new Uint8Array(rows * columns)
    const worth = defined(importance.get(index))
    const share = defined(shares[node])
    for (let row = 0; row < rows; row++) {
      const own: number[] = []
      for (let at = row * columns; at < (row + 1) * columns; at++) if (places[at]! > 0) own.push(at)
      own.sort((a, b) => worth[b]! - worth[a]! || a - b)
      for (const at of own.slice(0, Math.max(1, Math.round(share * own.length)))) mask[at] = 1
    }
    masks.set(index, mask)
  }
  return masks
}

/** The pruner chooses by magnitude: it is given the importance as if it were the weights. */
function scheduledMasks(
  plan: FloatPlan,
  layers: ReadonlyMap<number, LayerWeights>,
  importance: ReadonlyMap<number, Float64Array>,
  shares: Readonly<Record<string, number>>,
  { machine, weightBits, activationBits, progress }: SparsityOptions,
): Masks {
  const judged = {
    ...plan,
    steps: plan.steps.map((step, index) => withWeights(step, layers.get(index), importance.get(index))),
  }
  const pruned = prunePlan(judged, { machine, weightBits, activationBits, density: 1, densityOf: shares, progress })
  const masks = new Map<number, Uint8Array>()
  for (const [index, { rows, columns }] of layers) {
    const mask = new Uint8Array(rows * columns)
    const step = elementAt(pruned.plan.steps, index)
    let first = 0
    if (step.kind !== 'maxPool')
      for (const { weights } of ownSources(step)) {
        for (let row = 0; row < rows; row++)
          for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++)
            mask[row * columns + first + weights.column[i]!] = 1
        first += weights.columns
      }
    masks.set(index, mask)
  }
  return masks
}

/** A step whose own weights have other values. */
function withWeights(step: PlanStep, layer: LayerWeights | undefined, values: Float64Array | undefined): PlanStep {
  if (step.kind === 'maxPool' || layer === undefined || values === undefined) return step
  return replaceOwn(step, layer.columns, values)
}

/** A step whose own sources have these weights [rows × columns]; zeros are left out. */
export function replaceOwn<S extends Exclude<PlanStep, { kind: 'maxPool' }>>(
  step: S,
  columns: number,
  values: ArrayLike<number>,
): S {
  let first = 0
  const replace = (source: FloatSource): FloatSource => {
    if (source.dense === 0) return source
    const { rows, columns: width } = source.weights
    const [column, value]: [number[], number[]] = [[], []]
    const rowStart = new Int32Array(rows + 1)
    for (let row = 0; row < rows; row++) {
      for (let at = 0; at < width; at++) {
        const weight = values[row * columns + first + at]!
        if (weight === 0) continue
        column.push(at)
        value.push(weight)
      }
      rowStart[row + 1] = column.length
    }
    first += width
    const weights = { rows, columns: width, rowStart, column: Int32Array.from(column), value: Float32Array.from(value) }
    return { ...source, weights }
  }
  if (step.kind === 'logits') return { ...step, source: replace(step.source) }
  return { ...step, sources: step.sources.map(replace) }
}
