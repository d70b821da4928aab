// Scales that suit shortcuts: the shortcut's unit is a multiple of the row's, so that no importer has to round their ratio.

import { elementAt } from '../../../base/defined.ts'
import { closestWithTerms } from '../../terms.ts'
import { ratioTerms } from '../row-unit.ts'
import { polishAll } from './polish.ts'
import { leastOf } from './row-errors.ts'
import { codesAt, type DiscreteRow, type DiscreteRowProblem } from './row.ts'
import type { WeightSet } from './weight-sets.ts'

/** From this ratio on whole ones are near enough; smaller ones come in sixteenths, which cost another phase. */
const leastWhole = 6
const sixteenths = 16

/** Ratios on either side of the wish. */
const neighbours = 3

/** A ratio has two terms as a rule, three where the weights themselves have two. */
const termsOf = ({ levels }: WeightSet): number => ratioTerms[levels.length > 16 ? 8 : 4]

/**
 * Rows whose scales divide those of their shortcuts, polished again; others as they are.
 *
 * @param problems rows that share their inputs' moments
 */
export function snapped(rows: readonly DiscreteRow[], problems: readonly DiscreteRowProblem[]): DiscreteRow[] {
  const chosen = rows.flatMap(({ scale }, at) => {
    const problem = elementAt(problems, at)
    const { shortcut, scale: given, set } = problem
    return shortcut !== undefined && given === undefined && scale > 0
      ? [{ at, row: elementAt(rows, at), problem, scales: scalesNear(scale, shortcut, set) }]
      : []
  })
  const result = rows.slice()
  if (chosen.length === 0) return result
  const candidates = Array.from({ length: 2 * neighbours + 1 }, (_, each) => {
    const fixed = chosen.map(({ problem, scales }) => ({
      ...problem,
      scale: elementAt(scales, Math.min(each, scales.length - 1)),
    }))
    return polishAll(
      chosen.map(({ row }, i) => moved(row, elementAt(fixed, i))),
      fixed,
    )
  })
  const best = leastOf(
    candidates,
    chosen.map(({ problem }) => problem),
  )
  for (const [i, { at }] of chosen.entries()) result[at] = elementAt(best, i)
  return result
}

/** The scale next to one that suits a shortcut. */
export function snappedScale(scale: number, shortcut: number | undefined, set: WeightSet): number {
  if (shortcut === undefined || !(scale > 0)) return scale
  return scalesNear(scale, shortcut, set).reduce((a, b) => (Math.abs(b - scale) < Math.abs(a - scale) ? b : a))
}

/** Scales of which the shortcut's unit is a multiple with few terms, or a few sixteenths. */
function scalesNear(scale: number, shortcut: number, set: WeightSet): readonly number[] {
  const wish = shortcut / scale
  const per = wish >= leastWhole ? 1 : sixteenths
  const middle = Math.max(1, Math.round(wish * per))
  const ratios = new Set<number>()
  for (let ratio = Math.max(1, middle - neighbours); ratio <= middle + neighbours; ratio++)
    ratios.add(closestWithTerms(ratio, termsOf(set)))
  return [...ratios].map((ratio) => Math.fround((shortcut * per) / ratio))
}

/** The same weights at another scale, to the nearest codes. */
function moved(
  { codes, scale: from }: DiscreteRow,
  { keep, set, scale }: DiscreteRowProblem & { readonly scale: number },
): DiscreteRow {
  return {
    codes: codesAt(
      Float64Array.from(codes, (code) => code * from),
      keep,
      set,
      scale,
    ),
    scale,
  }
}
