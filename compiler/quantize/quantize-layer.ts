// One layer of the plan in integers: each row gets its accumulator scale, its codes, its bias and its requantiser.

import type { IntegerLayer, IntegerMap, LinearLayer, LogitsLayer } from '../graph/integer.ts'
import {
  integerSource,
  type IntegerRows,
  linearLayer,
  logitsLayer,
  maxPoolLayer,
  summedBias,
  summedScale,
} from './integer-layer.ts'
import { codeRange } from '../../base/bits.ts'
import { defined } from '../../base/defined.ts'
import type { FloatSource, FloatLinearLayer, FloatLogitsLayer, FloatLayer } from './plan.ts'
import { requantiserOf } from './requantiser.ts'
import { chooseAccumulatorScale, codesAt, type RowPart } from './accumulator-scale.ts'

/** Chooses the weights and codes of a layer's rows by the layer's inputs, with less output error than rounding weight by weight. */
export interface RowRefiner {
  /** Refitted real weights of each source in a row. */
  readonly weights: (row: number, weights: readonly Float32Array[]) => readonly Float32Array[]
  /** Improves the codes in place and returns the bias for them (of the mean over pixels, for logits); `scale` is that of each source's codes. */
  readonly codes: (
    row: number,
    weights: readonly Float32Array[],
    codes: readonly Int32Array[],
    scale: readonly number[],
  ) => number
}

export interface LayerContext {
  readonly maps: ReadonlyMap<string, IntegerMap>
  /** Mean square of each map's real values. */
  readonly power: ReadonlyMap<string, number>
  readonly weightBits: 4 | 8
  readonly refiner?: RowRefiner
}

/** The quantisation error of a layer's weights. */
export interface LayerNoise {
  /** Squared error of the integer weights ÷ squared weights, including shortcuts and projections, each weighted by the power of its map. */
  readonly weightNoise: number
}

/** The integer layer of a planned layer. */
export function quantizeLayer(planned: FloatLayer, context: LayerContext): { layer: IntegerLayer; noise?: LayerNoise } {
  switch (planned.kind) {
    case 'linear':
      return quantizeLinear(planned, context)
    case 'logits':
      return quantizeLogits(planned, context)
    case 'maxPool':
      return { layer: maxPoolLayer(planned, defined(context.maps.get(planned.output.name))) }
    default:
      return planned satisfies never
  }
}

function quantizeLinear(planned: FloatLinearLayer, context: LayerContext): { layer: LinearLayer; noise: LayerNoise } {
  const output = defined(context.maps.get(planned.output.name))
  const outputScale = summedScale(planned, output)
  const rows = quantizeRows(planned.sources, summedBias(planned), context, outputScale, planned.pixels)
  const { low: least, high: most } = codeRange(output.format)
  const bound = (value: number): number =>
    Math.min(Math.max(Math.round(value / output.scale) + output.zeroPoint, least), most)
  const requantisers = Array.from(rows.accumulatorScale, (scale) => requantiserOf(scale / outputScale))
  const bounds = { low: bound(planned.low), high: bound(planned.high) }
  return { layer: linearLayer(planned, rows, requantisers, bounds, output), noise: rows.noise }
}

function quantizeLogits(planned: FloatLogitsLayer, context: LayerContext): { layer: LogitsLayer; noise: LayerNoise } {
  const rows = quantizeRows([planned.source], summedBias(planned), context, undefined, planned.pixels)
  return { layer: logitsLayer(planned, rows), noise: rows.noise }
}

interface Rows extends IntegerRows {
  readonly noise: LayerNoise
}

/** @param positions how often each row is summed before its bias is added */
function quantizeRows(
  sources: readonly FloatSource[],
  biases: Float64Array,
  context: LayerContext,
  outputScale: number | undefined,
  positions = 1,
): Rows {
  const codesOf = sources.map(({ weights }) => new Int32Array(weights.value.length))
  const bias = new Int32Array(biases.length)
  const accumulatorScale = new Float64Array(biases.length)
  let lost = 0
  let whole = 0
  for (const [row, realBias] of biases.entries()) {
    const parts = refinedParts(sources, row, context)
    const scale = chooseAccumulatorScale({ parts, bias: realBias, weightBits: context.weightBits, outputScale })
    accumulatorScale[row] = scale
    const rowCodes = parts.map((part) => codesAt(part, scale, context.weightBits))
    const refinedBias = context.refiner?.codes(
      row,
      parts.map(({ weights }) => weights),
      rowCodes,
      parts.map(({ mapScale }) => scale / mapScale),
    )
    let sum = Math.round((refinedBias === undefined ? realBias : refinedBias * positions) / scale)
    for (const [index, { map, weights }] of sources.entries()) {
      const part = parts[index]!
      const codes = rowCodes[index]!
      codesOf[index]!.set(codes, weights.rowStart[row]!)
      const { zeroPoint } = defined(context.maps.get(map))
      for (const [i, code] of codes.entries()) {
        const error = part.weights[i]! - (code * scale) / part.mapScale
        lost += error * error * part.power
        whole += part.weights[i]! * part.weights[i]! * part.power
        sum -= zeroPoint * code * positions
      }
    }
    bias[row] = sum
  }
  const integer = sources.map((source, index) => integerSource(source, codesOf[index]!))
  return { sources: integer, bias, accumulatorScale, noise: { weightNoise: whole === 0 ? 0 : lost / whole } }
}

function refinedParts(sources: readonly FloatSource[], row: number, context: LayerContext): readonly RowPart[] {
  const parts = sources.map((source) => partOf(source, row, context))
  const refined = context.refiner?.weights(
    row,
    parts.map(({ weights }) => weights),
  )
  return refined === undefined ? parts : parts.map((part, index) => ({ ...part, weights: refined[index]! }))
}

function partOf({ map, role, weights }: FloatSource, row: number, context: LayerContext): RowPart {
  return {
    role,
    weights: weights.value.subarray(weights.rowStart[row], weights.rowStart[row + 1]),
    mapScale: defined(context.maps.get(map)).scale,
    power: defined(context.power.get(map)),
  }
}
