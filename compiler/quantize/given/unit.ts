// The unit of a row whose weights and maps have given scales: what one integer of its accumulator stands for.

import { elementAt } from '../../../base/defined.ts'
import { maximumMagnitude, maximumRatio, termCount } from '../../terms.ts'
import { evenRequantiserOf, requantiserOf } from '../requantiser.ts'

/** One source of a row. */
export interface GivenPart {
  readonly role: 'main' | 'residual' | 'projection'
  /** What one of its integers stands for: weight scale times map scale. */
  readonly unit: number
  /** The greatest magnitude among its integers in the row. */
  readonly most: number
  /** The sum of their magnitudes. */
  readonly total: number
  /** The greatest distance of a code of its map from the zero point. */
  readonly codes: number
}

/** What a row's own unit is divided by where other sources have to be integers in it too. */
const refinement = 16

/** Steps of the output that a sum of shortcuts may be wrong by, at codes of 255, before more terms are worth their beats. */
const closeEnough = 0.003

/** Where scales are powers of two nothing need be wrong, and then halves are seen as the model sees them. */
const exact = 1e-6

/** Sums stay below 2^31 with room for zero points. */
const greatestBias = 2 ** 30

/**
 * The unit of a row. A single source keeps its own, so that its integers are the model's. Where a shortcut joins that
 * is no multiple of the row's unit, its ratio is rounded: the unit is a sixteenth of the weights' own, and coarser where ratio or bias would grow too
 * large.
 *
 * @param step what one code of the output stands for
 */
export function givenUnit(parts: readonly GivenPart[], bias: number, step: number): number {
  const used = parts.filter(({ most }) => most > 0)
  const main = used.find(({ role }) => role !== 'residual')
  const floor = Math.abs(bias) / greatestBias
  // A row without weights is its bias alone; logits have no steps of which that could be a part.
  const [first] = used
  if (first === undefined) return Math.max(Number.isFinite(step) ? step / 256 : elementAt(parts, 0).unit, floor)
  const { unit: own } = first
  // Parts of one concatenation share a scale, and so do maps whose model was quantised that way.
  if (used.every(({ unit }) => Math.abs(unit / own - 1) < 1e-7)) return Math.max(forBias(own, bias, step), floor)
  if (main === undefined) return Math.max(shortcutUnit(used, step), floor)
  // Scales that are powers of two are multiples of the least, which need not be the convolution's.
  const least = Math.min(...used.map((part) => part.unit))
  for (const whole of [main.unit, least]) {
    const isWhole = used.every(({ unit, most }) => most * (unit / whole) <= maximumRatio && wholeMultiple(unit / whole))
    if (isWhole) return Math.max(forBias(whole, bias, step), floor)
  }
  const ratio = Math.max(...used.filter((part) => part !== main).map(({ unit, most }) => unit * most))
  let unit = main.unit / refinement
  while (ratio / unit > maximumRatio || unit < floor) unit *= 2
  return unit
}

/**
 * What the units of a layer's rows are divided by, 1 or a power of 16, so that no rounding of a ratio is seen: one number for all rows, since weights
 * share beats only with weights of their own place.
 *
 * @param bits of an accumulator, which holds the sums
 */
export function finerBy(rows: readonly GivenRow[], step: number, bits: number): number {
  const rounded = rows.filter(({ parts, unit }) => isRounded(parts, unit, step))
  let finer = 1
  while (
    rounded.some(({ parts, unit }) => ratioError(parts, unit / finer) > unseen * step) &&
    rounded.every(({ parts, bias, unit }) => fits(parts, bias, unit / finer / refinement, bits))
  )
    finer *= refinement
  return finer
}

/**
 * The unit of a row whose output's step is smaller: a half, a quarter … of its own where only then the requantiser sends halves to even. A ratio of 1 or
 * more is none of its 15 bits; if it is whole there are no halves.
 *
 * @param positions how often the row is summed
 * @param bits of an accumulator
 */
export function unitForHalves({ parts, bias, unit }: GivenRow, step: number, positions: number, bits: number): number {
  if (unit < step || wholeMultiple(unit / step)) return unit
  let finer = unit
  for (let halvings = 0; finer >= step; halvings++) {
    // No accumulator holds so much finer a sum; of infinite scales no half is finite.
    if (halvings === maximumHalvings) return unit
    finer /= 2
  }
  const sums = parts.map((part) => ({ ...part, total: part.total * positions }))
  const isServed = evenRequantiserOf(finer / step).even === 1 && fits(sums, bias, finer, Math.min(bits, safeBits))
  return isServed ? finer : unit
}

/** Halvings of a unit at most: an accumulator has no more bits. */
const maximumHalvings = 32

/** Sums below this leave room in 32 bits for the bias and what zero points add to it. */
const safeBits = 28

/** One row: its sources, its real bias, and what one integer of its accumulator stands for. */
export interface GivenRow {
  readonly parts: readonly GivenPart[]
  readonly bias: number
  readonly unit: number
}

/** True if the sources of a row are not all integers in its unit. */
export const isRounded = (parts: readonly GivenPart[], unit: number, step: number): boolean =>
  ratioError(parts, unit) > exact * step

/** Steps of the output that no ratio's rounding should be wrong by: what the requantiser's own rounding may be of 8 codes. */
const unseen = 2 ** -12

/** What the ratios' rounding to whole units makes of the worst codes. */
function ratioError(parts: readonly GivenPart[], unit: number): number {
  return parts.reduce((error, part) => {
    const ratio = part.unit / unit
    return error + Math.abs(ratio - Math.round(ratio)) * unit * part.most * part.codes
  }, 0)
}

/** Whether integers and sums in a unit are what the machine can add up, were they all in one cluster. */
function fits(parts: readonly GivenPart[], bias: number, unit: number, bits: number): boolean {
  if (Math.abs(bias) / unit > greatestBias) return false
  const sum = parts.reduce((all, part) => all + (part.unit / unit) * part.total * part.codes, 0)
  return sum < 2 ** (bits - 1) && parts.every((part) => (part.unit / unit) * part.most <= maximumMagnitude)
}

/** Whether a ratio of products of float32 scales is meant to be an integer. */
function wholeMultiple(ratio: number): boolean {
  return Math.round(ratio) >= 1 && Math.abs(ratio / Math.round(ratio) - 1) < 3e-7
}

/** Whether a step of so many units is meant to be 2, 4, 8 …: a sum is then at a half of it, or a whole unit away. */
export function halfIsWhole(step: number): boolean {
  const power = Math.round(Math.log2(step))
  return power >= 1 && power < 31 && Math.abs(step / 2 ** power - 1) < 3e-7
}

/** Steps of the output that a bias may be wrong by. */
const closeBias = 0.002

/**
 * A unit in which the bias is an integer, nearly: real biases of coarse weights need sixteenths, which cost an empty beat each. Where half a step
 * of the output is a whole number of units none is needed, since the bias can be rounded down (step.ts).
 */
function forBias(own: number, bias: number, step: number): number {
  let unit = own
  if (halfIsWhole(step / unit)) return unit
  for (let round = 0; round < 2; round++) {
    const error = Math.abs(bias / unit - Math.round(bias / unit)) * unit
    if (!(error > closeBias * step)) break
    unit /= refinement
  }
  return unit
}

const shortcutUnits = new Map<string, number>()

/** The unit in which a sum of shortcuts is exact, else near enough, with the fewest terms; else nearest. */
function shortcutUnit(parts: readonly GivenPart[], step: number): number {
  const key = JSON.stringify([parts.map(({ unit, most }) => [unit, most]), step])
  const known = shortcutUnits.get(key)
  if (known !== undefined) return known
  const largest = parts.reduce((a, b) => (a.unit * a.most >= b.unit * b.most ? a : b))
  let best = { unit: largest.unit, error: Infinity, terms: Infinity, rank: 3 }
  for (let ratio = 1; ratio * largest.most <= maximumRatio; ratio++) {
    const unit = largest.unit / ratio
    // The requantiser's own rounding may mend what the ratio's does.
    const { multiplier, shift } = requantiserOf(unit / step)
    const effective = multiplier * 2 ** -shift
    let error = 0
    let terms = 0
    for (const part of parts) {
      const integer = Math.round(part.unit / unit)
      error += Math.abs(part.unit / step - integer * effective) * part.most * 255
      terms += termCount(integer)
    }
    const rank = error < exact ? 0 : error <= closeEnough ? 1 : 2
    const better = rank === best.rank ? (rank === 2 ? error < best.error : terms < best.terms) : rank < best.rank
    if (better) best = { unit, error, terms, rank }
  }
  shortcutUnits.set(key, best.unit)
  return best.unit
}
