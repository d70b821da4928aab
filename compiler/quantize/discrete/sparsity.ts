// Masks of the weights that may be other than zero: the model's non-zeros, the most important of each row, or those for which a schedule exists.

import { defined, elementAt } from '../../../base/defined.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import { ownSources } from '../layer-samples.ts'
import type { FloatPlan, FloatSource, FloatLayer } from '../plan.ts'
import { prunePlan } from '../prune.ts'
import { type ChannelPower, importanceOf, allocateDensity } from './importance.ts'
import type { LayerWeights } from './weight-indices.ts'

/** `keep`: the model's zeros and no others; `free`: the most important weights of each row; `scheduled`: equally many in every row and cluster. */
export type Sparsity = 'keep' | 'free' | 'scheduled'

export interface SparsityOptions {
  readonly sparsity: Sparsity
  /** Share of all weights that are kept, allocated by sensitivity to the layers that `densityOf` does not name. */
  readonly density: number
  readonly densityOf: Readonly<Record<string, number>>
  readonly machine: Machine
  readonly weightBits: 4 | 8
  readonly activationBits: 4 | 8
  readonly progress?: (done: number, all: number) => void
}

/** [rows × columns] of each layer, by its index in the plan: 1 where a weight may be other than 0. */
export type Masks = ReadonlyMap<number, Uint8Array>

/** Chooses the weights that are kept. */
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
      [...layers].map(([index, { indices, values }]) => [
        index,
        Uint8Array.from(indices, (own, at) => (own > 0 && (sparsity !== 'keep' || values[at] !== 0) ? 1 : 0)),
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
  const existing = free.map(([index, { indices }]) =>
    defined(importance.get(index)).filter((_, at) => indices[at]! > 0),
  )
  const shares = density === 1 ? free.map(() => 1) : allocateDensity(existing, density)
  return { ...densityOf, ...Object.fromEntries(free.map(([, { node }], at) => [node, elementAt(shares, at)])) }
}

function freeMasks(
  layers: ReadonlyMap<number, LayerWeights>,
  importance: ReadonlyMap<number, Float64Array>,
  shares: Readonly<Record<string, number>>,
): Masks {
  const masks = new Map<number, Uint8Array>()
  for (const [index, { node, rows, columns, indices }] of layers) {
    const mask = new Uint8Array(rows * columns)
    const scores = defined(importance.get(index))
    const share = defined(shares[node])
    for (let row = 0; row < rows; row++) {
      const own: number[] = []
      for (let at = row * columns; at < (row + 1) * columns; at++) if (indices[at]! > 0) own.push(at)
      own.sort((a, b) => scores[b]! - scores[a]! || a - b)
      for (const at of own.slice(0, Math.max(1, Math.round(share * own.length)))) mask[at] = 1
    }
    masks.set(index, mask)
  }
  return masks
}

/** The pruner of the machine, which prunes by magnitude, run on importances in place of weights. */
function scheduledMasks(
  plan: FloatPlan,
  layers: ReadonlyMap<number, LayerWeights>,
  importance: ReadonlyMap<number, Float64Array>,
  shares: Readonly<Record<string, number>>,
  { machine, weightBits, activationBits, progress }: SparsityOptions,
): Masks {
  const scored: FloatPlan = {
    ...plan,
    layers: plan.layers.map((planned, index) => withWeights(planned, layers.get(index), importance.get(index))),
  }
  const pruned = prunePlan(scored, { machine, weightBits, activationBits, density: 1, densityOf: shares, progress })
  const masks = new Map<number, Uint8Array>()
  for (const [index, { rows, columns }] of layers) {
    const mask = new Uint8Array(rows * columns)
    const planned = elementAt(pruned.plan.layers, index)
    let first = 0
    if (planned.kind !== 'maxPool')
      for (const { weights } of ownSources(planned)) {
        for (let row = 0; row < rows; row++)
          for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++)
            mask[row * columns + first + weights.column[i]!] = 1
        first += weights.columns
      }
    masks.set(index, mask)
  }
  return masks
}

/** The layer with other values of its own weights. */
function withWeights(
  planned: FloatLayer,
  layer: LayerWeights | undefined,
  values: Float64Array | undefined,
): FloatLayer {
  if (planned.kind === 'maxPool' || layer === undefined || values === undefined) return planned
  return replaceOwn(planned, layer.columns, values)
}

/** The layer with these weights [rows × columns] in its own sources; zeros are left out. */
export function replaceOwn<S extends Exclude<FloatLayer, { kind: 'maxPool' }>>(
  planned: S,
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
  if (planned.kind === 'logits') return { ...planned, source: replace(planned.source) }
  return { ...planned, sources: planned.sources.map(replace) }
}
