// The budget of pruning: how many weights each row keeps in each cluster, so that layers fill their beats and the density is met.

import { DlpError } from '../../isa/error.ts'
import type { FloatPlan, FloatSource, Step } from './plan.ts'

export interface DensityOptions {
  /** Share of non-zero weights over all convolutions and matrices; the first convolution keeps twice that share. */
  readonly density: number
  /** Share for single layers, by the name of their Conv or Gemm node. */
  readonly densityOf: Readonly<Record<string, number>>
}

/** One prunable source and its cells: a cell is a (row, cluster), or a row where clusters do not matter. */
export interface Prunable {
  readonly step: Step
  readonly source: FloatSource
  /** [cells] weights that can be kept */
  readonly available: Int32Array
  /** [cells] entries that a shortcut takes from the same beats */
  readonly reserved: Int32Array
}

/** A source with its quota: cell i keeps min(available, quota − reserved) weights. */
export interface Budgeted extends Prunable {
  readonly quota: number
}

/** Weights that a source keeps at a quota. */
export function keptAt({ available, reserved }: Prunable, quota: number): number {
  let kept = 0
  for (let cell = 0; cell < available.length; cell++)
    kept += Math.min(available[cell], Math.max(0, quota - reserved[cell]))
  return kept
}

/**
 * Chooses each source's quota. Quotas are rounded up or down so that the weights kept in all come as close to the density as
 * whole beats allow; layers named in `densityOf` are rounded for themselves.
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
      })
  }
  const isNamed = ({ source }: Prunable): boolean => Object.hasOwn(densityOf, source.node)
  const free = prunables.filter((each) => !isNamed(each))
  const isFirst = ({ source }: Prunable): boolean => source.map === plan.input.name && source.role === 'main'
  const firstShare = Math.min(1, 2 * density)
  const first = total(free.filter(isFirst))
  const rest = total(free.filter((each) => !isFirst(each)))
  const restShare = rest === 0 ? 0 : Math.min(1, Math.max(0, (density * (first + rest) - firstShare * first) / rest))
  const target = (each: Prunable): number =>
    each.source.dense * (isNamed(each) ? densityOf[each.source.node] : isFirst(each) ? firstShare : restShare)
  const bounds = new Map(prunables.map((each) => [each, lowerQuota(each, target(each))]))
  const step = (each: Prunable): number => keptAt(each, bounds.get(each)! + 1) - keptAt(each, bounds.get(each)!)
  const quotas = new Map<Prunable, number>()
  let excess = 0
  // The coarsest choices first: the finer ones then make up for them.
  for (const each of [...prunables].sort((a, b) => step(b) - step(a))) {
    const lower = bounds.get(each)!
    const before = isNamed(each) ? 0 : excess
    const [down, up] = [lower, lower + 1].map((quota) => before + keptAt(each, quota) - target(each))
    const goesUp = Math.abs(up) < Math.abs(down)
    quotas.set(each, goesUp ? lower + 1 : lower)
    if (!isNamed(each)) excess = goesUp ? up : down
  }
  return prunables.map((each) => ({ ...each, quota: quotas.get(each)! }))
}

/** The greatest quota that keeps at most `target` weights. */
function lowerQuota(each: Prunable, target: number): number {
  let low = 0
  let high = each.available.reduce((most, count, cell) => Math.max(most, count + each.reserved[cell]), 0)
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
