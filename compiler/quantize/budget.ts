// The budget of pruning: how many weights each row keeps in each cluster, so that layers fill their beats and the density is met.

import { defined } from '../../base/defined.ts'
import { didYouMean } from '../../base/did-you-mean.ts'
import { DlpError } from '../../base/error.ts'
import type { FloatPlan, FloatSource, PlanStep } from './plan.ts'

export interface DensityOptions {
  /** Share of non-zero weights over all convolutions and matrices; the first convolution keeps twice that share. */
  readonly density: number
  /** Share for single layers, by the name of their Conv or Gemm node. */
  readonly densityOf: Readonly<Record<string, number>>
}

/** One prunable source and its cells: a cell is a (row, cluster), or a row where clusters do not matter. */
export interface Prunable {
  readonly step: PlanStep
  readonly source: FloatSource
  /** [cells] weights that can be kept */
  readonly available: Int32Array
  /** [cells] entries that a shortcut takes from the same beats */
  readonly reserved: Int32Array
  /** cycles of an image for each further weight of every cell: beats at every position of every row group */
  readonly quotaCycles: number
}

/** A source with its quota: cell i keeps min(available, quota − reserved) weights. */
export interface Budgeted extends Prunable {
  readonly quota: number
}

/** Weights that a source keeps at a quota. */
export function keptAt({ available, reserved }: Prunable, quota: number): number {
  let kept = 0
  for (let cell = 0; cell < available.length; cell++)
    kept += Math.min(available[cell]!, Math.max(0, quota - reserved[cell]!))
  return kept
}

/**
 * Chooses each source's quota. Quotas are rounded down, then up where a weight costs the fewest cycles, until the weights kept in all come
 * as close to the density as whole beats allow: a beat of a late layer brings many weights and is paid at few positions. Layers named in
 * `densityOf` are rounded for themselves.
 *
 * @throws DlpError if a density is outside (0, 1] or a name is none of a layer
 */
export function chooseQuotas(
  plan: FloatPlan,
  prunables: readonly Prunable[],
  options: DensityOptions,
): readonly Budgeted[] {
  const { density, densityOf } = options
  checkDensity('density', density)
  for (const [name, value] of Object.entries(densityOf)) {
    checkDensity(`density of '${name}'`, value)
    if (!prunables.some(({ source }) => source.node === name))
      throw new DlpError({
        where: `density of '${name}'`,
        what: 'no layer has this name',
        allowed: prunables.map(({ source }) => source.node).join(', '),
        help: didYouMean(
          name,
          prunables.map(({ source }) => source.node),
        ),
      })
  }
  const namedShare = ({ source: { node } }: Prunable): number | undefined =>
    Object.hasOwn(densityOf, node) ? densityOf[node] : undefined
  const isNamed = (each: Prunable): boolean => namedShare(each) !== undefined
  const free = prunables.filter((each) => !isNamed(each))
  const isFirst = ({ source }: Prunable): boolean => source.map === plan.input.name && source.role === 'main'
  const firstShare = Math.min(1, 2 * density)
  const first = total(free.filter(isFirst))
  const rest = total(free.filter((each) => !isFirst(each)))
  const restShare = rest === 0 ? 0 : Math.min(1, Math.max(0, (density * (first + rest) - firstShare * first) / rest))
  const target = (each: Prunable): number =>
    each.source.dense * (namedShare(each) ?? (isFirst(each) ? firstShare : restShare))
  const bounds = new Map(prunables.map((each) => [each, lowerQuota(each, target(each))]))
  const boundOf = (each: Prunable): number => defined(bounds.get(each))
  const step = (each: Prunable): number => keptAt(each, boundOf(each) + 1) - keptAt(each, boundOf(each))
  const lacking = (each: Prunable): number => target(each) - keptAt(each, boundOf(each))
  const raised = new Set(prunables.filter((each) => isNamed(each) && step(each) < 2 * lacking(each)))
  let open = free.reduce((sum, each) => sum + lacking(each), 0)
  const cost = (each: Prunable): number => each.quotaCycles / Math.max(1, step(each))
  for (const each of [...free].sort((a, b) => cost(a) - cost(b))) {
    if (step(each) >= 2 * open) continue
    raised.add(each)
    open -= step(each)
  }
  return prunables.map((each) => ({ ...each, quota: boundOf(each) + (raised.has(each) ? 1 : 0) }))
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

function total(list: readonly Prunable[]): number {
  return list.reduce((sum, { source }) => sum + source.dense, 0)
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
