// One step of the plan in integers: each row gets its unit, its codes, its bias and its requantiser.

import type { IntegerLayer, IntegerMap, LinearLayer, LogitsLayer } from '../graph/integer.ts'
import {
  integerSource,
  type IntegerRows,
  linearLayer,
  logitsLayer,
  maxPoolLayer,
  summedBias,
  summedScale,
} from './integer-step.ts'
import { codeRange } from '../../base/bits.ts'
import { defined } from '../../base/defined.ts'
import type { FloatSource, LinearStep, LogitsStep, PlanStep } from './plan.ts'
import { requantiserOf } from './requantiser.ts'
import { chooseUnit, codesAt, type RowPart } from './row-unit.ts'

/** Something that knows the layer's inputs and makes better integers than rounding weight by weight. */
export interface RowRefiner {
  /** Better real weights of each source in a row. */
  readonly weights: (row: number, weights: readonly Float32Array[]) => readonly Float32Array[]
  /** Improves the codes in place; returns the bias that suits them (of the mean over pixels, for logits). `step` is the real value of one code in each source. */
  readonly codes: (
    row: number,
    weights: readonly Float32Array[],
    codes: readonly Int32Array[],
    step: readonly number[],
  ) => number
}

export interface StepContext {
  readonly maps: ReadonlyMap<string, IntegerMap>
  /** Mean square of each map's real values. */
  readonly power: ReadonlyMap<string, number>
  readonly weightBits: 4 | 8
  readonly refiner?: RowRefiner
}

/** What the integers of a layer lose. */
export interface LayerNoise {
  /** Squared error of the integer weights ÷ squared weights, shortcuts and projections included, weighed by their maps' power. */
  readonly weightNoise: number
}

/** The integer layer of a step. */
export function quantizeStep(step: PlanStep, context: StepContext): { layer: IntegerLayer; noise?: LayerNoise } {
  switch (step.kind) {
    case 'linear':
      return quantizeLinear(step, context)
    case 'logits':
      return quantizeLogits(step, context)
    case 'maxPool':
      return { layer: maxPoolLayer(step, defined(context.maps.get(step.output.name))) }
    default:
      return step satisfies never
  }
}

function quantizeLinear(step: LinearStep, context: StepContext): { layer: LinearLayer; noise: LayerNoise } {
  const output = defined(context.maps.get(step.output.name))
  const scale = summedScale(step, output)
  const rows = quantizeRows(step.sources, summedBias(step), context, scale, step.pixels)
  const { low: least, high: most } = codeRange(output.format)
  const bound = (value: number): number =>
    Math.min(Math.max(Math.round(value / output.scale) + output.zeroPoint, least), most)
  const requantisers = Array.from(rows.unit, (unit) => requantiserOf(unit / scale))
  const bounds = { low: bound(step.low), high: bound(step.high) }
  return { layer: linearLayer(step, rows, requantisers, bounds, output), noise: rows.noise }
}

function quantizeLogits(step: LogitsStep, context: StepContext): { layer: LogitsLayer; noise: LayerNoise } {
  const rows = quantizeRows([step.source], summedBias(step), context, undefined, step.pixels)
  return { layer: logitsLayer(step, rows), noise: rows.noise }
}

interface Rows extends IntegerRows {
  readonly noise: LayerNoise
}

/** @param positions how often each row is summed before its bias is added */
function quantizeRows(
  sources: readonly FloatSource[],
  biases: Float64Array,
  context: StepContext,
  outputScale: number | undefined,
  positions = 1,
): Rows {
  const all = sources.map(({ weights }) => new Int32Array(weights.value.length))
  const bias = new Int32Array(biases.length)
  const unit = new Float64Array(biases.length)
  let lost = 0
  let whole = 0
  for (const [row, realBias] of biases.entries()) {
    const parts = refinedParts(sources, row, context)
    unit[row] = chooseUnit({ parts, bias: realBias, weightBits: context.weightBits, outputScale })
    const rowCodes = parts.map((part) => codesAt(part, unit[row]!, context.weightBits))
    const steps = parts.map(({ scale }) => unit[row]! / scale)
    const own = parts.map(({ weights }) => weights)
    const refinedBias = context.refiner?.codes(row, own, rowCodes, steps)
    let sum = Math.round((refinedBias === undefined ? realBias : refinedBias * positions) / unit[row])
    for (const [index, { map, weights }] of sources.entries()) {
      const part = parts[index]!
      const codes = rowCodes[index]!
      all[index]!.set(codes, weights.rowStart[row]!)
      const { zeroPoint } = defined(context.maps.get(map))
      for (const [i, code] of codes.entries()) {
        const error = part.weights[i]! - (code * unit[row]) / part.scale
        lost += error * error * part.power
        whole += part.weights[i]! * part.weights[i]! * part.power
        sum -= zeroPoint * code * positions
      }
    }
    bias[row] = sum
  }
  const integer = sources.map((source, index) => integerSource(source, all[index]!))
  return { sources: integer, bias, unit, noise: { weightNoise: whole === 0 ? 0 : lost / whole } }
}

function refinedParts(sources: readonly FloatSource[], row: number, context: StepContext): readonly RowPart[] {
  const parts = sources.map((source) => partOf(source, row, context))
  const better = context.refiner?.weights(
    row,
    parts.map(({ weights }) => weights),
  )
  return better === undefined ? parts : parts.map((part, index) => ({ ...part, weights: better[index]! }))
}

function partOf({ map, role, weights }: FloatSource, row: number, context: StepContext): RowPart {
  return {
    role,
    weights: weights.value.subarray(weights.rowStart[row], weights.rowStart[row + 1]),
    scale: defined(context.maps.get(map)).scale,
    power: defined(context.power.get(map)),
  }
}
