// The budget of pruning: how many weights each row keeps in each cluster, so that layers fill their beats and the network meets the density.

import { defined } from '../../base/defined.ts'
import { didYouMean } from '../../base/did-you-mean.ts'
import { DlpError } from '../../base/error.ts'
import type { FloatPlan, FloatSource, FloatLayer } from './plan.ts'

export interface DensityOptions {
  /** Share of non-zero weights over all convolutions and matrices; the first convolution keeps twice that share. */
  readonly density: number
  /** Share for single layers, by the name of their Conv or Gemm node. */
  readonly densityOf: Readonly<Record<string, number>>
}

/** A source to prune and its cells: a cell is the weights of a row in one cluster, or of a row where clusters do not matter. */
export interface Prunable {
  readonly layer: FloatLayer
  readonly source: FloatSource
  /** [cells] weights that can be kept */
  readonly available: Int32Array
  /** [cells] operands of shortcuts in the same beats */
  readonly reserved: Int32Array
  /** cycles of an image that one weight more in every cell costs: a beat at every position of every row group */
  readonly quotaCycles: number
}

/** A source with its quota, a number of beats: cell i keeps min(available, quota − reserved) weights. */
export interface Budgeted extends Prunable {
  readonly quota: number
}

/** The number of weights that a source keeps with a quota. */
export function keptAt({ available, reserved }: Prunable, quota: number): number {
  let kept = 0
  for (let cell = 0; cell < available.length; cell++)
    kept += Math.min(available[cell]!, Math.max(0, quota - reserved[cell]!))
  return kept
}

/**
 * Chooses each source's quota. Quotas are rounded down, then up where a weight costs the fewest cycles, until the weights of all layers together come
 * as close to the density as whole beats allow: a beat of a late layer adds many weights and costs cycles at few positions. The quotas of layers
 * named in `densityOf` are rounded to the nearest, independently of the others.
 *
 * @throws DlpError if a density is outside (0, 1] or a name is not that of a layer
 */
export function chooseQuotas(
  plan: FloatPlan,
  prunables: readonly Prunable[],
  options: DensityOptions,
): readonly Budgeted[] {
  checkDensities(prunables, options)
  const { density, densityOf } = options
  const namedShare = ({ source: { node } }: Prunable): number | undefined =>
    Object.hasOwn(densityOf, node) ? densityOf[node] : undefined
  const isNamed = (each: Prunable): boolean => namedShare(each) !== undefined
  const free = prunables.filter((each) => !isNamed(each))
  const isFirst = ({ source }: Prunable): boolean => source.map === plan.input.name && source.role === 'main'
  const firstShare = Math.min(1, 2 * density)
  const first = denseWeights(free.filter(isFirst))
  const rest = denseWeights(free.filter((each) => !isFirst(each)))
  const restShare = rest === 0 ? 0 : Math.min(1, Math.max(0, (density * (first + rest) - firstShare * first) / rest))
  const target = (each: Prunable): number =>
    each.source.dense * (namedShare(each) ?? (isFirst(each) ? firstShare : restShare))
  const lowerQuotas = new Map(prunables.map((each) => [each, lowerQuota(each, target(each))]))
  const lowerOf = (each: Prunable): number => defined(lowerQuotas.get(each))
  /** Weights that the source keeps in addition if its quota is rounded up. */
  const gain = (each: Prunable): number => keptAt(each, lowerOf(each) + 1) - keptAt(each, lowerOf(each))
  /** Weights that the source lacks to its target if its quota is rounded down. */
  const lacking = (each: Prunable): number => target(each) - keptAt(each, lowerOf(each))
  const raised = new Set(prunables.filter((each) => isNamed(each) && gain(each) < 2 * lacking(each)))
  let remaining = free.reduce((sum, each) => sum + lacking(each), 0)
  const cost = (each: Prunable): number => each.quotaCycles / Math.max(1, gain(each))
  for (const each of [...free].sort((a, b) => cost(a) - cost(b))) {
    if (gain(each) >= 2 * remaining) continue
    raised.add(each)
    remaining -= gain(each)
  }
  return prunables.map((each) => ({ ...each, quota: lowerOf(each) + (raised.has(each) ? 1 : 0) }))
}

/** The greatest quota that keeps at most `target` weights. */
function lowerQuota(each: Prunable, target: number): number {
  let low = 0
  let high = each.available.reduce((most, count, cell) => Math.max(most, count + each.reserved[cell]!), 0)
  if (keptAt(each, high) <= target) return high
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (keptAt(each, middle) <= target) low = middle
    else high = middle
  }
  return low
}

function denseWeights(list: readonly Prunable[]): number {
  return list.reduce((sum, { source }) => sum + source.dense, 0)
}

function checkDensities(prunables: readonly Prunable[], { density, densityOf }: DensityOptions): void {
  checkDensity('density', density)
  const names = prunables.map(({ source }) => source.node)
  for (const [name, value] of Object.entries(densityOf)) {
    checkDensity(`density of '${name}'`, value)
    if (!names.includes(name))
      throw new DlpError({
        where: `density of '${name}'`,
        what: 'no layer has this name',
        allowed: names.join(', '),
        help: didYouMean(name, names),
      })
  }
}

function checkDensity(where: string, value: number): void {
  if (!(value > 0 && value <= 1))
    throw new DlpError({
      where,
      what: `${value}`,
      allowed: 'more than 0, at most 1',
      help: '0.25 keeps a quarter of the weights',
    })
}
