// One layer of a quantised model in integers: the model's weights, ratios of its scales, and its roundings.

import { defined } from '../../../base/defined.ts'
import type { IntegerLayer, LinearLayer, LogitsLayer } from '../../graph/integer.ts'
import { codeOf, type Rounding } from '../../graph/operators/grid.ts'
import type { FloatSource, FloatLinearLayer, FloatLogitsLayer, FloatLayer } from '../plan.ts'
import {
  integerSource,
  type IntegerRows,
  linearLayer,
  logitsLayer,
  maxPoolLayer,
  summedBias,
  summedScale,
} from '../integer-layer.ts'
import { evenRequantiserOf, type RequantiserParameters, requantiserOf } from '../requantiser.ts'
import type { GivenMap } from './maps.ts'
import {
  layerSubdivision,
  type GivenPart,
  type GivenRow,
  givenScale,
  halfStepIsInteger,
  hasRoundedRatios,
  scaleForHalves,
} from './accumulator-scale.ts'

export interface GivenLayerOptions {
  /** of an accumulator */
  readonly bits: number
  /** whether the ratios of shortcuts are to be as exact as the accumulator allows */
  readonly isExact: boolean
}

/** The integer layer of a planned layer. */
export function givenLayer(
  layer: FloatLayer,
  maps: ReadonlyMap<string, GivenMap>,
  options: GivenLayerOptions,
): IntegerLayer {
  switch (layer.kind) {
    case 'linear':
      return linear(layer, maps, options)
    case 'logits':
      return logits(layer, maps, options)
    case 'maxPool': {
      const { format, zeroPoint, scale } = defined(maps.get(layer.source)).map
      const { grid: _, ...planned } = layer.output
      return maxPoolLayer(layer, { ...planned, format, zeroPoint, scale })
    }
    default:
      return layer satisfies never
  }
}

function linear(layer: FloatLinearLayer, maps: ReadonlyMap<string, GivenMap>, options: GivenLayerOptions): LinearLayer {
  const { map: output, low, high, rounding } = defined(maps.get(layer.output.name))
  const { pixels: positions = 1 } = layer
  const outputScale = summedScale(layer, output)
  const rows = givenRows(layer.sources, summedBias(layer), maps, { ...options, outputScale, rounding, positions })
  const grid = { scale: output.scale, zeroPoint: output.zeroPoint, low, high, rounding }
  const requantisers = Array.from(rows.accumulatorScale, (scale, row): RequantiserParameters =>
    rounding === 'sign'
      ? { multiplier: 1, shift: 0, even: 0 }
      : rows.halvesUp[row] === 1
        ? requantiserOf(scale / outputScale)
        : evenRequantiserOf(scale / outputScale),
  )
  const bounds = { low: codeOf(layer.low, grid), high: codeOf(layer.high, grid) }
  return linearLayer(layer, rows, requantisers, bounds, output)
}

function logits(layer: FloatLogitsLayer, maps: ReadonlyMap<string, GivenMap>, options: GivenLayerOptions): LogitsLayer {
  const { source, pixels } = layer
  const rowOptions = { ...options, rounding: 'nearest', positions: pixels } as const
  return logitsLayer(layer, givenRows([source], summedBias(layer), maps, rowOptions))
}

interface Rows extends IntegerRows {
  /** [rows] 1 where the requantiser must round halves up, because the bias has been rounded down to one */
  readonly halvesUp: Uint8Array
}

interface RowOptions extends GivenLayerOptions {
  /** absent: the sums themselves are the output */
  readonly outputScale?: number
  readonly rounding: Rounding
  /** how often each row is summed before its bias is added */
  readonly positions: number
}

function givenRows(
  sources: readonly FloatSource[],
  biases: Float64Array,
  maps: ReadonlyMap<string, GivenMap>,
  { outputScale = Infinity, rounding, positions, bits, isExact }: RowOptions,
): Rows {
  const codes = sources.map(integersOf)
  const rows = rowsWithScales(sources, codes, biases, maps, outputScale)
  const divisor = isExact && sources.length > 1 ? layerSubdivision(rows, outputScale, bits) : 1
  const accumulatorScale = new Float64Array(biases.length)
  const bias = new Int32Array(biases.length)
  const halvesUp = new Uint8Array(biases.length)
  // A sign has no zero: every sum is doubled and made odd.
  const factor = rounding === 'sign' ? 2 : 1
  for (const [row, { parts, bias: real, accumulatorScale: own }] of rows.entries()) {
    const finer = divisor > 1 && hasRoundedRatios(parts, own, outputScale) ? own / divisor : own
    const scale =
      rounding === 'nearest'
        ? scaleForHalves({ parts, bias: real, accumulatorScale: finer }, outputScale, positions, bits)
        : finer
    accumulatorScale[row] = scale
    const outputStep = outputScale === Infinity ? 0 : outputScale / scale
    const rounded = roundedBias(real / scale, outputStep, rounding)
    if (rounded.halvesUp) halvesUp[row] = 1
    let zeroPoints = 0
    for (const [at, { map, weights }] of sources.entries()) {
      const ratio = parts[at]!.scale / scale
      const sum = scaleCodes(codes[at]!, weights.rowStart[row]!, weights.rowStart[row + 1]!, ratio, factor)
      zeroPoints += defined(maps.get(map)).map.zeroPoint * sum * positions
    }
    bias[row] = rounded.bias - zeroPoints
  }
  return { sources: sources.map((source, at) => integerSource(source, codes[at]!)), bias, accumulatorScale, halvesUp }
}

/** The rows of a layer, each with the accumulator scale that it needs by itself. */
function rowsWithScales(
  sources: readonly FloatSource[],
  codes: readonly Float64Array[],
  biases: Float64Array,
  maps: ReadonlyMap<string, GivenMap>,
  outputScale: number,
): GivenRow[] {
  const magnitudes = sources.map(({ weights: { rowStart, rows } }, at) => magnitudesOf(codes[at]!, rowStart, rows))
  const mapScales = sources.map(({ map }) => defined(maps.get(map)).map.scale)
  const distances = sources.map(({ map }) => greatestDistance(defined(maps.get(map))))
  return Array.from(biases, (bias, row): GivenRow => {
    const parts = sources.map(({ role, weightScale }, at): GivenPart => {
      const { most, total } = magnitudes[at]!
      const scale = defined(weightScale)[row]! * mapScales[at]!
      return { role, scale, most: most[row]!, total: total[row]!, codes: distances[at]! }
    })
    return { parts, bias, accumulatorScale: givenScale(parts, bias, outputScale) }
  })
}

/** Multiplies the codes from `first` to `end` by a ratio of scales, in place; returns their sum. */
function scaleCodes(codes: Float64Array, first: number, end: number, ratio: number, factor: number): number {
  let sum = 0
  if (ratio === 1 && factor === 1) {
    for (let i = first; i < end; i++) sum += codes[i]!
    return sum
  }
  for (let i = first; i < end; i++) {
    const code = factor * Math.round(codes[i]! * ratio)
    codes[i] = code
    sum += code
  }
  return sum
}

/**
 * The bias as an integer. The requantiser rounds to the nearest, so a model's rounding down or up moves the bias by half a step of the output.
 *
 * @param bias in units of the accumulator scale
 * @param outputStep the output scale in the same units
 */
function roundedBias(bias: number, outputStep: number, rounding: Rounding): { bias: number; halvesUp: boolean } {
  switch (rounding) {
    case 'nearest': {
      // With the fraction of the bias no sum is a half; without it the sums just above a half are halves, which must round up.
      const halvesUp =
        halfStepIsInteger(outputStep) &&
        Math.abs(bias - Math.round(bias)) > Math.max(tolerance, 2 ** -23 * Math.abs(bias))
      return { bias: halvesUp ? Math.floor(bias) : Math.round(bias), halvesUp }
    }
    case 'floor': {
      const whole = Math.floor(bias + tolerance) - Math.round(outputStep / 2)
      return {
        bias: halfStepIsInteger(outputStep) ? whole : Math.ceil(bias - outputStep / 2 - tolerance),
        halvesUp: true,
      }
    }
    case 'ceil':
      return { bias: Math.floor(bias + outputStep / 2 - tolerance), halvesUp: true }
    case 'sign':
      return { bias: 2 * Math.floor(bias + tolerance) + 1, halvesUp: true }
    default:
      return rounding satisfies never
  }
}

/** Biases are products of float32 numbers: one that is this close to an integer is that integer. */
const tolerance = 1e-3

/** Every weight of a source as a multiple of its row's weight scale. */
function integersOf({ weights, weightScale }: FloatSource): Float64Array {
  const codes = new Float64Array(weights.value.length)
  const { rowStart, value } = weights
  const scales = defined(weightScale)
  for (let row = 0; row < weights.rows; row++) {
    const scale = scales[row]!
    for (let i = rowStart[row]!, end = rowStart[row + 1]!; i < end; i++) codes[i] = Math.round(value[i]! / scale)
  }
  return codes
}

/** The greatest distance of a map's codes from its zero point. */
const greatestDistance = ({ map: { zeroPoint }, low, high }: GivenMap): number =>
  Math.max(high - zeroPoint, zeroPoint - low)

/** [rows] the largest magnitude of each row, and the sum of its magnitudes. */
function magnitudesOf(
  codes: Float64Array,
  rowStart: Int32Array,
  rows: number,
): { most: Float64Array; total: Float64Array } {
  const [most, total] = [new Float64Array(rows), new Float64Array(rows)]
  for (let row = 0; row < rows; row++) {
    for (let i = rowStart[row]!, end = rowStart[row + 1]!; i < end; i++) {
      const magnitude = Math.abs(codes[i]!)
      if (magnitude > most[row]!) most[row] = magnitude
      total[row]! += magnitude
    }
  }
  return { most, total }
}
