// One step of a quantised model's plan in integers: its own weights, ratios of its own scales, its own roundings.

import { defined } from '../../../base/defined.ts'
import type { IntegerLayer, LinearLayer, LogitsLayer } from '../../graph/integer.ts'
import { codeOf, type Rounding } from '../../graph/operators/grid.ts'
import type { FloatSource, LinearStep, LogitsStep, PlanStep } from '../plan.ts'
import {
  integerSource,
  type IntegerRows,
  linearLayer,
  logitsLayer,
  maxPoolLayer,
  summedBias,
  summedScale,
} from '../integer-step.ts'
import { evenRequantiserOf, type Requantiser, requantiserOf } from '../requantiser.ts'
import type { GivenMap } from './maps.ts'
import { finerBy, type GivenPart, type GivenRow, givenUnit, halfIsWhole, isRounded, unitForHalves } from './unit.ts'

export interface StepOptions {
  /** of an accumulator */
  readonly bits: number
  /** whether the ratios of shortcuts are to be as exact as the accumulator allows */
  readonly isExact: boolean
}

/** The integer layer of a step. */
export function givenStep(step: PlanStep, maps: ReadonlyMap<string, GivenMap>, options: StepOptions): IntegerLayer {
  switch (step.kind) {
    case 'linear':
      return linear(step, maps, options)
    case 'logits':
      return logits(step, maps, options)
    case 'maxPool': {
      const { format, zeroPoint, scale } = defined(maps.get(step.source)).map
      const { grid: _, ...planned } = step.output
      return maxPoolLayer(step, { ...planned, format, zeroPoint, scale })
    }
    default:
      return step satisfies never
  }
}

function linear(step: LinearStep, maps: ReadonlyMap<string, GivenMap>, options: StepOptions): LinearLayer {
  const { map: output, low, high, rounding } = defined(maps.get(step.output.name))
  const { pixels: positions = 1 } = step
  const scale = summedScale(step, output)
  const rows = givenRows(step.sources, summedBias(step), maps, { ...options, outputScale: scale, rounding, positions })
  const grid = { scale: output.scale, zeroPoint: output.zeroPoint, low, high, rounding }
  const requantisers = Array.from(rows.unit, (unit, row): Requantiser =>
    rounding === 'sign'
      ? { multiplier: 1, shift: 0, even: 0 }
      : rows.halvesUp[row] === 1
        ? requantiserOf(unit / scale)
        : evenRequantiserOf(unit / scale),
  )
  const bounds = { low: codeOf(step.low, grid), high: codeOf(step.high, grid) }
  return linearLayer(step, rows, requantisers, bounds, output)
}

function logits(step: LogitsStep, maps: ReadonlyMap<string, GivenMap>, options: StepOptions): LogitsLayer {
  const { source, pixels } = step
  return logitsLayer(
    step,
    givenRows([source], summedBias(step), maps, { ...options, rounding: 'nearest', positions: pixels }),
  )
}

interface Rows extends IntegerRows {
  /** [rows] 1 where a half of the output's step goes up, since the bias was rounded down to it */
  readonly halvesUp: Uint8Array
}

interface RowOptions extends StepOptions {
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
  { outputScale, rounding, positions, bits, isExact }: RowOptions,
): Rows {
  const codes = sources.map(integersOf)
  const sizes = sources.map(({ weights: { rowStart, rows } }, at) => magnitudesOf(codes[at]!, rowStart, rows))
  const scales = sources.map(({ map }) => defined(maps.get(map)).map.scale)
  const reach = sources.map(({ map }) => reachOf(defined(maps.get(map))))
  const unit = new Float64Array(biases.length)
  const bias = new Int32Array(biases.length)
  const halvesUp = new Uint8Array(biases.length)
  // A sign has no zero: every sum is doubled and made odd.
  const factor = rounding === 'sign' ? 2 : 1
  const partsOf = (row: number): GivenPart[] =>
    sources.map(({ role, step }, at) => {
      const { most, total } = sizes[at]!
      return { role, unit: defined(step)[row]! * scales[at]!, most: most[row]!, total: total[row]!, codes: reach[at]! }
    })
  const step = outputScale ?? Infinity
  const rows = Array.from(biases, (bias, row): GivenRow => {
    const parts = partsOf(row)
    return { parts, bias, unit: givenUnit(parts, bias, step) }
  })
  const finer = isExact && sources.length > 1 ? finerBy(rows, step, bits) : 1
  for (const [row, { parts, bias: real, unit: own }] of rows.entries()) {
    const whole = finer > 1 && isRounded(parts, own, step) ? own / finer : own
    unit[row] =
      rounding === 'nearest' ? unitForHalves({ parts, bias: real, unit: whole }, step, positions, bits) : whole
    const start = roundedBias(real / unit[row], (outputScale ?? 0) / unit[row], rounding)
    if (start.halvesUp) halvesUp[row] = 1
    let folded = 0
    for (const [at, { map, weights }] of sources.entries()) {
      const ratio = parts[at]!.unit / unit[row]
      const sum = scaleCodes(codes[at]!, weights.rowStart[row]!, weights.rowStart[row + 1]!, ratio, factor)
      folded += defined(maps.get(map)).map.zeroPoint * sum * positions
    }
    bias[row] = start.bias - folded
  }
  return { sources: sources.map((source, at) => integerSource(source, codes[at]!)), bias, unit, halvesUp }
}

/** Codes from `first` to `end` in another unit; gives their sum. */
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

/** The bias in units; rounding down or up is rounding to the nearest, halves up, after half a step of the output. */
function roundedBias(bias: number, step: number, rounding: Rounding): { bias: number; halvesUp: boolean } {
  switch (rounding) {
    case 'nearest': {
      // Sums with the rest of a bias are never a half; without it those that were above one are, and go up.
      const halvesUp =
        halfIsWhole(step) && Math.abs(bias - Math.round(bias)) > Math.max(tolerance, 2 ** -23 * Math.abs(bias))
      return { bias: halvesUp ? Math.floor(bias) : Math.round(bias), halvesUp }
    }
    case 'floor': {
      const whole = Math.floor(bias + tolerance) - Math.round(step / 2)
      return { bias: halfIsWhole(step) ? whole : Math.ceil(bias - step / 2 - tolerance), halvesUp: true }
    }
    case 'ceil':
      return { bias: Math.floor(bias + step / 2 - tolerance), halvesUp: true }
    case 'sign':
      return { bias: 2 * Math.floor(bias + tolerance) + 1, halvesUp: true }
    default:
      return rounding satisfies never
  }
}

/** Biases are products of float32 numbers: what is this near to an integer is one. */
const tolerance = 1e-3

/** Every weight of a source as a multiple of its row's step. */
function integersOf({ weights, step }: FloatSource): Float64Array {
  const codes = new Float64Array(weights.value.length)
  const { rowStart, value } = weights
  const steps = defined(step)
  for (let row = 0; row < weights.rows; row++) {
    const own = steps[row]!
    for (let i = rowStart[row]!, end = rowStart[row + 1]!; i < end; i++) codes[i] = Math.round(value[i]! / own)
  }
  return codes
}

/** The greatest distance of a map's codes from its zero point. */
const reachOf = ({ map: { zeroPoint }, low, high }: GivenMap): number => Math.max(high - zeroPoint, zeroPoint - low)

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
