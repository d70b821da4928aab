// The accumulator scale of a row whose weights and maps have given scales: the real value of a 1 in the row's accumulator.

import { elementAt } from '../../../base/defined.ts'
import { maximumMagnitude, maximumRatio, termCount } from '../../terms.ts'
import { evenRequantiserOf, requantiserOf } from '../requantiser.ts'

/** One source of a row. */
export interface GivenPart {
  readonly role: 'main' | 'residual' | 'projection'
  /** The scale of its products: weight scale times map scale. */
  readonly scale: number
  /** The greatest magnitude among its integer weights in the row. */
  readonly most: number
  /** The sum of their magnitudes. */
  readonly total: number
  /** The greatest distance of a code of its map from the zero point. */
  readonly codes: number
}

/** One row: its sources, its real bias, and its accumulator scale. */
export interface GivenRow {
  readonly parts: readonly GivenPart[]
  readonly bias: number
  readonly accumulatorScale: number
}

/** The divisor of a row's own scale where other sources must be integers in it too: one 4-bit term more. */
const subdivision = 16

/** The error of a sum of shortcuts, in codes of the output at input codes of 255, that is tolerated rather than paid for with more terms and beats. */
const toleratedError = 0.003

/** Errors below this, in codes of the output, are those of float32: where scales are powers of two nothing is rounded, and halves must stay halves. */
const exactError = 1e-6

/** Sums stay below 2^31 with room for zero points. */
const greatestBias = 2 ** 30

/**
 * The accumulator scale of a row. With a single source it is the source's own, so that the integers are the model's. Where a shortcut joins whose
 * scale is no multiple of it, the shortcut's ratio is rounded: the accumulator scale is a sixteenth of the weights' own, or coarser where
 * ratio or bias would be too large.
 *
 * @param outputScale infinite for logits
 */
export function givenScale(parts: readonly GivenPart[], bias: number, outputScale: number): number {
  const used = parts.filter(({ most }) => most > 0)
  const main = used.find(({ role }) => role !== 'residual')
  const least = Math.abs(bias) / greatestBias
  // A row without weights is its bias alone; logits have no output scale of which its scale could be a part.
  const [first] = used
  if (first === undefined)
    return Math.max(Number.isFinite(outputScale) ? outputScale / 256 : elementAt(parts, 0).scale, least)
  // The maps of a concatenation share a scale, and models may have equal scales elsewhere.
  if (used.every(({ scale }) => Math.abs(scale / first.scale - 1) < 1e-7))
    return Math.max(scaleForBias(first.scale, bias, outputScale), least)
  if (main === undefined) return Math.max(shortcutScale(used, outputScale), least)
  // Scales that are powers of two are multiples of the least, which need not be the convolution's.
  const finest = Math.min(...used.map(({ scale }) => scale))
  for (const candidate of [main.scale, finest]) {
    const isExact = used.every(
      ({ scale, most }) => most * (scale / candidate) <= maximumRatio && isIntegerRatio(scale / candidate),
    )
    if (isExact) return Math.max(scaleForBias(candidate, bias, outputScale), least)
  }
  const greatest = Math.max(...used.filter((part) => part !== main).map(({ scale, most }) => scale * most))
  let scale = main.scale / subdivision
  while (greatest / scale > maximumRatio || scale < least) scale *= 2
  return scale
}

/**
 * The divisor of the accumulator scales of a layer, 1 or a power of 16, at which no rounding of a ratio can show: one number for all rows, since
 * weights share beats only with weights of the same term position.
 *
 * @param bits of an accumulator, which must hold the sums
 */
export function layerSubdivision(rows: readonly GivenRow[], outputScale: number, bits: number): number {
  const rounded = rows.filter(({ parts, accumulatorScale }) => hasRoundedRatios(parts, accumulatorScale, outputScale))
  let divisor = 1
  while (
    rounded.some(
      ({ parts, accumulatorScale }) => ratioError(parts, accumulatorScale / divisor) > hiddenError * outputScale,
    ) &&
    rounded.every(({ parts, bias, accumulatorScale }) =>
      fitsAccumulator(parts, bias, accumulatorScale / divisor / subdivision, bits),
    )
  )
    divisor *= subdivision
  return divisor
}

/**
 * The accumulator scale of a row whose output scale is smaller: a half, a quarter … of its own if only then the requantiser rounds halves to even. It
 * cannot represent ratios of 1 or more in its 15 bits; a ratio that is an integer makes no halves.
 *
 * @param positions how often the row is summed
 * @param bits of an accumulator
 */
export function scaleForHalves(
  { parts, bias, accumulatorScale }: GivenRow,
  outputScale: number,
  positions: number,
  bits: number,
): number {
  if (accumulatorScale < outputScale || isIntegerRatio(accumulatorScale / outputScale)) return accumulatorScale
  let finer = accumulatorScale
  for (let halvings = 0; finer >= outputScale; halvings++) {
    // No accumulator holds a sum that is so much finer; half of an infinite scale is infinite.
    if (halvings === maximumHalvings) return accumulatorScale
    finer /= 2
  }
  const sums = parts.map((part) => ({ ...part, total: part.total * positions }))
  const roundsToEven = evenRequantiserOf(finer / outputScale).even === 1
  return roundsToEven && fitsAccumulator(sums, bias, finer, Math.min(bits, safeBits)) ? finer : accumulatorScale
}

/** Halvings of a scale at most: an accumulator has no more bits. */
const maximumHalvings = 32

/** Sums of this many bits leave room in 32 bits for the bias and for what zero points add to it. */
const safeBits = 28

/** True if not all products of a row's sources are integers in its accumulator scale. */
export const hasRoundedRatios = (parts: readonly GivenPart[], accumulatorScale: number, outputScale: number): boolean =>
  ratioError(parts, accumulatorScale) > exactError * outputScale

/** The error of a ratio's rounding, in codes of the output, that does not show: the requantiser's own rounding error of 8 codes. */
const hiddenError = 2 ** -12

/** The error that rounded ratios make at the worst codes. */
function ratioError(parts: readonly GivenPart[], accumulatorScale: number): number {
  return parts.reduce((error, part) => {
    const ratio = part.scale / accumulatorScale
    return error + Math.abs(ratio - Math.round(ratio)) * accumulatorScale * part.most * part.codes
  }, 0)
}

/** True if an accumulator can hold the sums and the machine can multiply by the weights, even if one cluster has all of them. */
function fitsAccumulator(parts: readonly GivenPart[], bias: number, accumulatorScale: number, bits: number): boolean {
  if (Math.abs(bias) / accumulatorScale > greatestBias) return false
  const sum = parts.reduce((all, part) => all + (part.scale / accumulatorScale) * part.total * part.codes, 0)
  return sum < 2 ** (bits - 1) && parts.every((part) => (part.scale / accumulatorScale) * part.most <= maximumMagnitude)
}

/** True if a ratio of products of float32 scales is an integer but for their rounding. */
function isIntegerRatio(ratio: number): boolean {
  return Math.round(ratio) >= 1 && Math.abs(ratio / Math.round(ratio) - 1) < 3e-7
}

/**
 * True if the output scale is 2, 4, 8 … accumulator scales (but for float32): half of it is then an integer, and a sum is either exactly at a half of
 * an output code or at least 1 away from it.
 *
 * @param outputStep output scale ÷ accumulator scale
 */
export function halfStepIsInteger(outputStep: number): boolean {
  const power = Math.round(Math.log2(outputStep))
  return power >= 1 && power < 31 && Math.abs(outputStep / 2 ** power - 1) < 3e-7
}

/** The tolerated error of a bias, in codes of the output. */
const toleratedBiasError = 0.002

/**
 * An accumulator scale in which the bias is nearly an integer: real biases of coarse weights need sixteenths, each of which costs an empty beat. Where
 * half of the output scale is an integer in the accumulator scale none is needed, since the bias can be rounded down (`roundedBias`).
 */
function scaleForBias(own: number, bias: number, outputScale: number): number {
  let scale = own
  if (halfStepIsInteger(outputScale / scale)) return scale
  for (let round = 0; round < 2; round++) {
    const error = Math.abs(bias / scale - Math.round(bias / scale)) * scale
    if (!(error > toleratedBiasError * outputScale)) break
    scale /= subdivision
  }
  return scale
}

const shortcutScales = new Map<string, number>()

/** The scale in which a sum of shortcuts is exact, or else has a tolerated error, with the fewest terms; or else the one of least error. */
function shortcutScale(parts: readonly GivenPart[], outputScale: number): number {
  const key = JSON.stringify([parts.map(({ scale, most }) => [scale, most]), outputScale])
  const cached = shortcutScales.get(key)
  if (cached !== undefined) return cached
  const largest = parts.reduce((a, b) => (a.scale * a.most >= b.scale * b.most ? a : b))
  let best = { scale: largest.scale, error: Infinity, terms: Infinity, rank: 3 }
  for (let ratio = 1; ratio * largest.most <= maximumRatio; ratio++) {
    const scale = largest.scale / ratio
    // The errors are those of ratio and requantiser together, as one may cancel the other.
    const { multiplier, shift } = requantiserOf(scale / outputScale)
    const effective = multiplier * 2 ** -shift
    let error = 0
    let terms = 0
    for (const part of parts) {
      const integer = Math.round(part.scale / scale)
      error += Math.abs(part.scale / outputScale - integer * effective) * part.most * 255
      terms += termCount(integer)
    }
    const rank = error < exactError ? 0 : error <= toleratedError ? 1 : 2
    const isBetter = rank === best.rank ? (rank === 2 ? error < best.error : terms < best.terms) : rank < best.rank
    if (isBetter) best = { scale, error, terms, rank }
  }
  shortcutScales.set(key, best.scale)
  return best.scale
}
