// Wide weights for 4-bit multipliers: an integer as a sum of few terms v·16^phase, v in −8..7, combined by Horner's method.
import { nibbleRange, signedNibble } from '../isa/numerics.ts'
import type { SparseWeights } from './graph/integer.ts'

/** One product of the PE array: `value · 16^phase`. */
export interface Term {
  /** −8..7, never 0 */
  readonly value: number
  /** 0 for units, 1 for sixteens, … */
  readonly phase: number
}

const values = nibbleRange(true)

/** The greatest magnitude that one term in each of two phases represents, for either sign. */
export const twoTermReach = values.high * 16 + values.high

/** The greatest magnitude that `termsOf` accepts: it has five phases at most. */
export const maximumMagnitude = 0x7ffff

/** The most phases of a product: those of the widest weight, and one more for the upper plane. */
export const mostPhases = 8

/** The greatest magnitude that `closestWithTerms` returns; its terms lie in phases 0 to 2. */
export const maximumRatio = 4095

/**
 * The fewest terms that sum to an integer; among those the fewest phases, and one term a phase unless two save a phase
 * (120 = 7·16 + 1·16 − 8). The highest phase comes first; 0 has no terms.
 *
 * Balanced digits are minimal: two terms in a phase change the carry by one, and that saves at most one term above.
 *
 * @param value an integer, |value| ≤ maximumMagnitude
 */
export function termsOf(value: number): readonly Term[] {
  if (!Number.isInteger(value) || Math.abs(value) > maximumMagnitude)
    throw new RangeError(`no terms for ${value}; allowed: integers of at most ${maximumMagnitude} in magnitude`)
  const terms: Term[] = []
  for (let rest = value, phase = 0; rest !== 0; phase++) {
    const digit = signedNibble(rest & 15)
    if (digit !== 0) terms.unshift({ value: digit, phase })
    rest = (rest - digit) / 16
  }
  return joinTop(terms)
}

/** How many terms `termsOf` returns. */
export function termCount(value: number): number {
  return value >= -smallest && value < smallest ? smallCounts[value + smallest]! : countOf(value)
}

const counted = new WeakMap<SparseWeights, Int32Array>()

/** [rows] the number of terms of each row's weights; counted once for each matrix. */
export function termsOfRows(weights: SparseWeights): Int32Array {
  let terms = counted.get(weights)
  if (terms === undefined) {
    const { rows, rowStart, value } = weights
    terms = new Int32Array(rows)
    for (let row = 0; row < rows; row++) {
      let own = 0
      for (let at = rowStart[row]!, end = rowStart[row + 1]!; at < end; at++) own += termCount(value[at]!)
      terms[row] = own
    }
    counted.set(weights, terms)
  }
  return terms
}

/** The number of terms of all weights. */
export const termsOfAll = (weights: SparseWeights): number =>
  termsOfRows(weights).reduce((sum, terms) => sum + terms, 0)

/** Most weights are small: their counts come from a table. */
const smallest = 512
const smallCounts = Uint8Array.from({ length: 2 * smallest }, (_, at) => countOf(at - smallest))

function countOf(value: number): number {
  let count = 0
  for (let rest = value; rest !== 0;) {
    const digit = ((((rest + 8) % 16) + 16) % 16) - 8
    if (digit !== 0) count++
    rest = (rest - digit) / 16
  }
  return count
}

/**
 * The integer nearest to a real value that has at most `maxTerms` terms within three phases; ties go to fewer terms, then to
 * the smaller magnitude.
 *
 * @param maxTerms 1 to 3
 */
export function closestWithTerms(value: number, maxTerms: number): number {
  const list = representable(maxTerms)
  let low = 0
  let high = list.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (list[middle]! <= value) low = middle
    else high = middle
  }
  const below = list[low]!
  const above = list[high]!
  const gap = value - below - (above - value)
  if (gap !== 0) return gap < 0 ? below : above
  const fewer = termCount(below) - termCount(above)
  if (fewer !== 0) return fewer < 0 ? below : above
  return Math.abs(below) <= Math.abs(above) ? below : above
}

/** Two top terms {±1, d} in adjacent phases fit into the lower phase as two terms: the same count, one phase fewer. */
function joinTop(terms: readonly Term[]): readonly Term[] {
  const [top, below] = terms
  if (top === undefined || below === undefined || top.phase !== below.phase + 1) return terms
  const sum = 16 * top.value + below.value
  if (sum > 2 * values.high || sum < 2 * values.low) return terms
  const first = sum > 0 ? values.high : values.low
  return [{ value: first, phase: below.phase }, { value: sum - first, phase: below.phase }, ...terms.slice(2)]
}

function isRatio(value: number): boolean {
  return Math.abs(value) <= maximumRatio && termsOf(value).every((term) => term.phase < 3)
}

const representableLists = new Map<number, Int32Array>()

/** All integers of at most `maxTerms` terms within the phases of ratios, ascending. */
function representable(maxTerms: number): Int32Array {
  const known = representableLists.get(maxTerms)
  if (known !== undefined) return known
  if (!Number.isInteger(maxTerms) || maxTerms < 1 || maxTerms > 3)
    throw new RangeError(`${maxTerms} terms; allowed: 1 to 3`)
  const single: number[] = []
  for (let phase = 0; phase < 3; phase++)
    for (let value = values.low; value <= values.high; value++) single.push(value * 16 ** phase)
  let sums = new Set<number>([0])
  for (let count = 0; count < maxTerms; count++) {
    const longer = new Set<number>()
    for (const sum of sums) for (const term of single) longer.add(sum + term)
    sums = longer
  }
  const list = Int32Array.from([...sums].filter(isRatio)).sort()
  representableLists.set(maxTerms, list)
  return list
}
