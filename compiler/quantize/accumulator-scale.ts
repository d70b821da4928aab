// The accumulator scale of a row: the real value of a 1 in its accumulator, chosen so that the row's weights, shortcuts and projections are all close to integers.

import { nibbleRange } from '../../isa/numerics.ts'
import { closestWithTerms, maximumRatio, twoTermReach } from '../terms.ts'

/** One source's weights in one row. */
export interface RowPart {
  readonly role: 'main' | 'residual' | 'projection'
  readonly weights: Float32Array
  /** The scale of the map. */
  readonly mapScale: number
  /** Mean square of the map's real values: the weight of a squared weight error. */
  readonly power: number
}

export interface AccumulatorScaleProblem {
  readonly parts: readonly RowPart[]
  readonly bias: number
  readonly weightBits: 4 | 8
  /** undefined for logits */
  readonly outputScale?: number
}

const oneTerm = nibbleRange(true)

/** Codes of the main weights: one term with 4 bits, two with 8. */
export const weightRange = { 4: [oneTerm.low, oneTerm.high], 8: [-twoTermReach, twoTermReach] } as const

/** Terms that the ratio of a shortcut's scale to the accumulator scale may have. */
export const ratioTerms = { 4: 2, 8: 3 } as const

/** Terms that a projection's weight may have. */
export const projectionTerms = 2

/** Fractions of the scale at which the largest weight has the last code that are tried. */
const fractions = { 4: evenlySpaced(0.4, 1, 13), 8: evenlySpaced(0.7, 1, 7) } as const

/** Iterations of least squares: each fits the scale to the codes, and then the codes to the scale. */
const refinements = 4

/** Ratios on either side of the preferred one that are tried. */
const neighbours = 4

/** Shortcuts of a row, of different scales, whose ratios are tried: with thousands of them the time would grow with their square. */
const mostShortcuts = 64

/** The greatest ratio with at most one term in each phase, except where there are three phases; each phase with a second term costs the row group a beat. */
const plainRatio = twoTermReach

/** The error of a plain ratio relative to the least error, at most: 0.8 dB, in the few rows with ratios just above `plainRatio`. */
const plainError = 1.2

/** The scale with the least squared error over weights, shortcuts, projections and bias together. */
export function chooseAccumulatorScale(row: AccumulatorScaleProblem): number {
  const floor = leastScale(row)
  const preferred = Math.max(floor, preferredScale(row))
  const tried = [...shortcutScales(row, preferred), preferred]
    .filter((scale) => scale >= floor)
    .map((scale) => ({ scale, error: errorAt(row, scale) }))
  const least = (list: typeof tried): (typeof tried)[number] | undefined =>
    list.reduce<(typeof tried)[number] | undefined>(
      (best, each) => (best !== undefined && each.error >= best.error ? best : each),
      undefined,
    )
  const best = least(tried)
  if (best === undefined) return preferred
  const plain = least(tried.filter(({ scale }) => isPlain(row, scale)))
  return plain !== undefined && plain.error <= plainError * best.error ? plain.scale : best.scale
}

/** True if no shortcut's ratio has two terms in a phase. */
function isPlain({ parts }: AccumulatorScaleProblem, accumulatorScale: number): boolean {
  return parts.every(
    ({ role, weights, mapScale }) =>
      role !== 'residual' ||
      weights.every((weight) => Math.abs(Math.round((weight * mapScale) / accumulatorScale)) <= plainRatio),
  )
}

/** Integer weights of one part for an accumulator scale. */
export function codesAt({ role, weights, mapScale }: RowPart, accumulatorScale: number, weightBits: 4 | 8): Int32Array {
  const factor = mapScale / accumulatorScale
  const codes = new Int32Array(weights.length)
  const [low, high] = weightRange[weightBits]
  const terms = role === 'residual' ? ratioTerms[weightBits] : projectionTerms
  if (role === 'main')
    for (let i = 0; i < codes.length; i++) codes[i] = Math.min(Math.max(Math.round(weights[i]! * factor), low), high)
  else for (let i = 0; i < codes.length; i++) codes[i] = closestWithTerms(weights[i]! * factor, terms)
  return codes
}

/** The scale below which a ratio, the bias or the requantiser would be out of range. */
function leastScale({ parts, bias, outputScale }: AccumulatorScaleProblem): number {
  // With a margin for what the zero points add to the bias, and for rounding; no product of float32 weights and scales is below 2^−298.
  let least = Math.max(Math.abs(bias) / (2 ** 30 - 2 ** 26), (outputScale ?? 0) * 2 ** -33, 2 ** -320)
  for (const { role, weights, mapScale } of parts)
    if (role !== 'main')
      for (const weight of weights) least = Math.max(least, (Math.abs(weight) * mapScale) / (maximumRatio - 500))
  return least
}

/** The scale of least error for the main weights alone; without main weights one that suits the other parts. */
function preferredScale(row: AccumulatorScaleProblem): number {
  const mains = row.parts.filter(({ role, weights }) => role === 'main' && weights.some((weight) => weight !== 0))
  const [main, ...others] = mains
  if (main !== undefined && others.length === 0) return leastErrorScale(main.weights, row.weightBits) * main.mapScale
  // The weights for the maps of a concatenation have one accumulator scale.
  if (mains.length > 1)
    return leastErrorScale(
      Float32Array.from(mains.flatMap(({ weights, mapScale }) => Array.from(weights, (weight) => weight * mapScale))),
      row.weightBits,
    )
  const largest = (role: RowPart['role']): number =>
    Math.max(
      0,
      ...row.parts.filter((part) => part.role === role).map(({ weights, mapScale }) => mapScale * magnitude(weights)),
    )
  return largest('residual') || largest('projection') / twoTermReach || (row.outputScale ?? 1) / 256
}

/** The scale of weights with the least squared error of those tried, then refined by alternating least squares of scale and codes. */
function leastErrorScale(weights: Float32Array, bits: 4 | 8): number {
  const [low, high] = weightRange[bits]
  let full = 0
  for (const weight of weights) full = Math.max(full, weight > 0 ? weight / high : weight / low)
  let best = full
  let least = Infinity
  for (const fraction of fractions[bits]) {
    const error = errorOf(weights, fraction * full, low, high, least)
    if (!(error < least)) continue
    best = fraction * full
    least = error
  }
  for (let round = 0; round < refinements; round++) {
    const refined = fitted(weights, best, low, high)
    const error = errorOf(weights, refined, low, high, least)
    if (!(error < least)) break
    best = refined
    least = error
  }
  return best
}

/** Squared error of the weights at a scale; stops early, with a value above `least`, once it exceeds that. */
function errorOf(weights: Float32Array, scale: number, low: number, high: number, least: number): number {
  let error = 0
  for (let i = 0; i < weights.length; i++) {
    const code = Math.min(Math.max(Math.round(weights[i]! / scale), low), high)
    const difference = weights[i]! - code * scale
    error += difference * difference
    if (error > least) return error
  }
  return error
}

/** The scale of least error for the codes that a scale gives: Σwq ÷ Σq². */
function fitted(weights: Float32Array, scale: number, low: number, high: number): number {
  let product = 0
  let squares = 0
  for (let i = 0; i < weights.length; i++) {
    const code = Math.min(Math.max(Math.round(weights[i]! / scale), low), high)
    product += weights[i]! * code
    squares += code * code
  }
  return squares > 0 && product > 0 ? product / squares : scale
}

/** Scales at which a shortcut's ratio is an integer of few terms: near the preferred one, or, without weights, from the smallest ratio up. */
function shortcutScales(row: AccumulatorScaleProblem, preferred: number): number[] {
  const hasWeights = row.parts.some(({ role, weights }) => role !== 'residual' && weights.length > 0)
  const terms = ratioTerms[row.weightBits]
  const scales: number[] = []
  const tried = new Set<number>()
  for (const { role, weights, mapScale } of row.parts) {
    if (role !== 'residual') continue
    for (const weight of weights) {
      if (tried.has(weight * mapScale) || tried.size === mostShortcuts) continue
      tried.add(weight * mapScale)
      const shortcut = Math.abs(weight) * mapScale
      const middle = hasWeights ? Math.round(shortcut / preferred) : 1
      const last = middle + (hasWeights ? neighbours : 64)
      const ratios = new Set<number>()
      for (let ratio = hasWeights ? Math.max(1, middle - neighbours) : 1; ratio <= last; ratio++)
        ratios.add(Math.abs(closestWithTerms(Math.sign(weight) * ratio, terms)))
      // Large ratios of few terms are further apart.
      if (hasWeights)
        for (const factor of [0.97, 0.985, 1, 1.015, 1.03])
          ratios.add(Math.abs(closestWithTerms((Math.sign(weight) * factor * shortcut) / preferred, terms)))
      // The plain ratios closest to one that is not plain.
      if (hasWeights && terms === 2 && middle > plainRatio && middle < plainRatio * plainError)
        for (let ratio = Math.floor(plainRatio / plainError); ratio <= plainRatio; ratio++) ratios.add(ratio)
      for (const ratio of ratios) if (ratio > 0) scales.push(shortcut / ratio)
    }
  }
  return scales
}

/** Squared output error of a row at an accumulator scale. */
function errorAt({ parts, bias, weightBits }: AccumulatorScaleProblem, accumulatorScale: number): number {
  const biasError = bias - Math.round(bias / accumulatorScale) * accumulatorScale
  let error = biasError * biasError
  for (const part of parts) {
    const codes = codesAt(part, accumulatorScale, weightBits)
    const weightScale = accumulatorScale / part.mapScale
    let sum = 0
    for (let i = 0; i < codes.length; i++) {
      const difference = part.weights[i]! - codes[i]! * weightScale
      sum += difference * difference
    }
    error += sum * part.power
  }
  return error
}

function magnitude(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

function evenlySpaced(from: number, to: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1))
}
