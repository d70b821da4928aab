// The unit of a row: the real value of one step of its accumulator, chosen so that weights, shortcuts and projections all fit it.

import { nibbleRange } from '../../isa/numerics.ts'
import { closestWithTerms, maximumRatio, twoTermReach } from '../terms.ts'

/** One source's weights in one row. */
export interface RowPart {
  readonly role: 'main' | 'residual' | 'projection'
  readonly weights: Float32Array
  /** Real value of one code of the map. */
  readonly scale: number
  /** Mean square of the map's real values: what an error of a weight costs. */
  readonly power: number
}

export interface RowUnitProblem {
  readonly parts: readonly RowPart[]
  readonly bias: number
  readonly weightBits: 4 | 8
  /** Real value of one code of the output; undefined for logits. */
  readonly outputScale?: number
}

const oneTerm = nibbleRange(true)

/** Codes of the main weights: one term with 4 bits, two with 8. */
export const weightRange = { 4: [oneTerm.low, oneTerm.high], 8: [-twoTermReach, twoTermReach] } as const

/** Terms that the ratio of a shortcut to the row's unit may have. */
export const ratioTerms = { 4: 2, 8: 3 } as const

/** Terms of a projection's weight. */
export const projectionTerms = 2

/** Fractions of the full range of weights that are tried. */
const fractions = { 4: steps(0.4, 1, 13), 8: steps(0.7, 1, 7) } as const

/** Rounds of least squares: each fits the scale to the codes, and the codes to the scale. */
const refinements = 4

/** Ratios on either side of the wish that are tried. */
const neighbours = 4

/** Shortcuts of a row, each of another size, whose ratios are tried: with those of thousands the time would grow with their square. */
const mostShortcuts = 64

/** The greatest ratio of one term a phase, but for three phases; each phase with a second term costs the row group a beat. */
const plainRatio = twoTermReach

/** A unit with a plain ratio may have so much more error than the best one: 0.8 dB in the few rows just above. */
const plainError = 1.2

/** The unit with the least squared error over weights, shortcuts, projections and bias together. */
export function chooseUnit(row: RowUnitProblem): number {
  const floor = leastUnit(row)
  const wish = Math.max(floor, wishedUnit(row))
  const tried = [...snapped(row, wish), wish]
    .filter((unit) => unit >= floor)
    .map((unit) => ({ unit, error: errorAt(row, unit) }))
  const least = (list: typeof tried): (typeof tried)[number] | undefined =>
    list.reduce<(typeof tried)[number] | undefined>(
      (best, each) => (best !== undefined && each.error >= best.error ? best : each),
      undefined,
    )
  const best = least(tried)
  if (best === undefined) return wish
  const plain = least(tried.filter(({ unit }) => isPlain(row, unit)))
  return plain !== undefined && plain.error <= plainError * best.error ? plain.unit : best.unit
}

/** Whether no shortcut's ratio has two terms in a phase. */
function isPlain({ parts }: RowUnitProblem, unit: number): boolean {
  return parts.every(
    ({ role, weights, scale }) =>
      role !== 'residual' || weights.every((weight) => Math.abs(Math.round((weight * scale) / unit)) <= plainRatio),
  )
}

/** Integer weights of one part in a unit. */
export function codesAt({ role, weights, scale }: RowPart, unit: number, weightBits: 4 | 8): Int32Array {
  const factor = scale / unit
  const codes = new Int32Array(weights.length)
  const [low, high] = weightRange[weightBits]
  const terms = role === 'residual' ? ratioTerms[weightBits] : projectionTerms
  if (role === 'main')
    for (let i = 0; i < codes.length; i++) codes[i] = Math.min(Math.max(Math.round(weights[i]! * factor), low), high)
  else for (let i = 0; i < codes.length; i++) codes[i] = closestWithTerms(weights[i]! * factor, terms)
  return codes
}

/** The unit below which a ratio, the bias or the requantiser would leave its range. */
function leastUnit({ parts, bias, outputScale }: RowUnitProblem): number {
  // Room for what the zero points add to the bias, and for rounding; no unit of float32 weights and scales is below 2^−298.
  let least = Math.max(Math.abs(bias) / (2 ** 30 - 2 ** 26), (outputScale ?? 0) * 2 ** -33, 2 ** -320)
  for (const { role, weights, scale } of parts)
    if (role !== 'main')
      for (const weight of weights) least = Math.max(least, (Math.abs(weight) * scale) / (maximumRatio - 500))
  return least
}

/** The unit that the main weights would choose for themselves; without any, one that suits what there is. */
function wishedUnit(row: RowUnitProblem): number {
  const mains = row.parts.filter(({ role, weights }) => role === 'main' && weights.some((weight) => weight !== 0))
  const [main, ...others] = mains
  if (main !== undefined && others.length === 0) return quietestScale(main.weights, row.weightBits) * main.scale
  // The maps of a concatenation: their weights share the unit.
  if (mains.length > 1)
    return quietestScale(
      Float32Array.from(mains.flatMap(({ weights, scale }) => Array.from(weights, (weight) => weight * scale))),
      row.weightBits,
    )
  const reach = (role: RowPart['role']): number =>
    Math.max(
      0,
      ...row.parts.filter((part) => part.role === role).map(({ weights, scale }) => scale * magnitude(weights)),
    )
  return reach('residual') || reach('projection') / twoTermReach || (row.outputScale ?? 1) / 256
}

/** The scale of weights with the least squared error, then refined by least squares for the codes found. */
function quietestScale(weights: Float32Array, bits: 4 | 8): number {
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

/** Squared error of a scale; something above `least` where it is no less. */
function errorOf(weights: Float32Array, scale: number, low: number, high: number, least: number): number {
  let error = 0
  for (let i = 0; i < weights.length; i++) {
    const code = Math.min(Math.max(Math.round(weights[i]! / scale), low), high)
    const rest = weights[i]! - code * scale
    error += rest * rest
    if (error > least) return error
  }
  return error
}

/** The scale that fits a scale's codes best: Σwq ÷ Σq². */
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

/** Units in which a shortcut's ratio is an integer of few terms: around the wish, or, without weights, from the simplest on. */
function snapped(row: RowUnitProblem, wish: number): number[] {
  const hasWeights = row.parts.some(({ role, weights }) => role !== 'residual' && weights.length > 0)
  const terms = ratioTerms[row.weightBits]
  const units: number[] = []
  const known = new Set<number>()
  for (const { role, weights, scale } of row.parts) {
    if (role !== 'residual') continue
    for (const weight of weights) {
      if (known.has(weight * scale) || known.size === mostShortcuts) continue
      known.add(weight * scale)
      const real = Math.abs(weight) * scale
      const first = hasWeights ? Math.round(real / wish) : 1
      const ratios = new Set<number>()
      const reach = hasWeights ? neighbours : 64
      for (let near = hasWeights ? Math.max(1, first - neighbours) : 1; near <= first + reach; near++)
        ratios.add(Math.abs(closestWithTerms(Math.sign(weight) * near, terms)))
      // A large ratio has its next neighbours further away.
      if (hasWeights)
        for (const step of [0.97, 0.985, 1, 1.015, 1.03])
          ratios.add(Math.abs(closestWithTerms((Math.sign(weight) * step * real) / wish, terms)))
      // The plain ratios next to one that is not.
      if (hasWeights && terms === 2 && first > plainRatio && first < plainRatio * plainError)
        for (let near = Math.floor(plainRatio / plainError); near <= plainRatio; near++) ratios.add(near)
      for (const ratio of ratios) if (ratio > 0) units.push(real / ratio)
    }
  }
  return units
}

function errorAt({ parts, bias, weightBits }: RowUnitProblem, unit: number): number {
  const rest = bias - Math.round(bias / unit) * unit
  let error = rest * rest
  for (const part of parts) {
    const codes = codesAt(part, unit, weightBits)
    const step = unit / part.scale
    let sum = 0
    for (let i = 0; i < codes.length; i++) {
      const difference = part.weights[i]! - codes[i]! * step
      sum += difference * difference
    }
    error += sum * part.power
  }
  return error
}

function magnitude(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

function steps(from: number, to: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1))
}
