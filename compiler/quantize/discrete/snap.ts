// Snaps a row's scale so that the scale of its shortcut is a multiple of it with few terms: an importer then need not round their ratio.

import { elementAt } from '../../../base/defined.ts'
import { closestWithTerms } from '../../terms.ts'
import { ratioTerms } from '../accumulator-scale.ts'
import { coordinateDescent } from './coordinate-descent.ts'
import { bestOfEach } from './row-errors.ts'
import { codesAt, type DiscreteRow, type DiscreteRowProblem } from './row.ts'
import type { WeightSet } from './weight-sets.ts'

/** From this ratio up integers are close enough; smaller ratios are multiples of a sixteenth, which cost another phase. */
const leastInteger = 6
const sixteenths = 16

/** Ratios on either side of the unsnapped one that are tried. */
const neighbours = 3

/** A ratio has at most two terms, or three if the weights themselves have two. */
const termsOf = ({ levels }: WeightSet): number => ratioTerms[levels.length > 16 ? 8 : 4]

/**
 * Rows with shortcuts, at scales that divide those of the shortcuts and after another coordinate descent; other rows unchanged.
 *
 * @param problems rows with the same Hessian
 */
export function snapScales(rows: readonly DiscreteRow[], problems: readonly DiscreteRowProblem[]): DiscreteRow[] {
  const withShortcut = rows.flatMap(({ scale }, at) => {
    const problem = elementAt(problems, at)
    const { shortcut, scale: given, set } = problem
    return shortcut !== undefined && given === undefined && scale > 0
      ? [{ at, row: elementAt(rows, at), problem, scales: scalesNear(scale, shortcut, set) }]
      : []
  })
  const result = rows.slice()
  if (withShortcut.length === 0) return result
  const candidates = Array.from({ length: 2 * neighbours + 1 }, (_, each) => {
    const fixed = withShortcut.map(({ problem, scales }) => ({
      ...problem,
      scale: elementAt(scales, Math.min(each, scales.length - 1)),
    }))
    return coordinateDescent(
      withShortcut.map(({ row }, i) => atScale(row, elementAt(fixed, i))),
      fixed,
    )
  })
  const best = bestOfEach(
    candidates,
    withShortcut.map(({ problem }) => problem),
  )
  for (const [i, { at }] of withShortcut.entries()) result[at] = elementAt(best, i)
  return result
}

/** The closest scale that suits a shortcut. */
export function snappedScale(scale: number, shortcut: number | undefined, set: WeightSet): number {
  if (shortcut === undefined || !(scale > 0)) return scale
  return scalesNear(scale, shortcut, set).reduce((a, b) => (Math.abs(b - scale) < Math.abs(a - scale) ? b : a))
}

/** Scales close to the given one of which the shortcut's scale is a multiple, in integers or sixteenths, with few terms. */
function scalesNear(scale: number, shortcut: number, set: WeightSet): readonly number[] {
  const denominator = shortcut / scale >= leastInteger ? 1 : sixteenths
  const middle = Math.max(1, Math.round((shortcut / scale) * denominator))
  const ratios = new Set<number>()
  for (let ratio = Math.max(1, middle - neighbours); ratio <= middle + neighbours; ratio++)
    ratios.add(closestWithTerms(ratio, termsOf(set)))
  return [...ratios].map((ratio) => Math.fround((shortcut * denominator) / ratio))
}

/** The same weights at another scale, rounded to the nearest codes. */
function atScale(
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
