// One step of the plan in integers: each row gets its unit, its codes, its bias and its requantiser.

import type {
  IntegerLayer,
  IntegerMap,
  LinearLayer,
  LinearSource,
  LogitsLayer,
  SparseWeights,
} from '../graph/integer.ts'
import { codeRange } from '../../base/bits.ts'
import type { FloatSource, LinearStep, LogitsStep, Step } from './plan.ts'
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
export function quantizeStep(step: Step, context: StepContext): { layer: IntegerLayer; noise?: LayerNoise } {
  switch (step.kind) {
    case 'linear':
      return quantizeLinear(step, context)
    case 'logits':
      return quantizeLogits(step, context)
    case 'maxPool': {
      const { kind, name, source, kernel, stride, pads } = step
      return { layer: { kind, name, source, kernel, stride, pads, output: context.maps.get(step.output.name)! } }
    }
    default:
      return step satisfies never
  }
}

function quantizeLinear(step: LinearStep, context: StepContext): { layer: LinearLayer; noise: LayerNoise } {
  const output = context.maps.get(step.output.name)!
  const { pixels = 1 } = step
  const biases = step.bias.map((value) => value * pixels)
  const rows = quantizeRows(step.sources, biases, context, output.scale * pixels, pixels)
  const { low: least, high: most } = codeRange(output.format)
  const bound = (value: number): number =>
    Math.min(Math.max(Math.round(value / output.scale) + output.zeroPoint, least), most)
  const requantisers = Array.from(rows.unit, (unit) => requantiserOf(unit / (output.scale * pixels)))
  const layer: LinearLayer = {
    kind: 'linear',
    name: step.name,
    ...(step.pixels === undefined ? {} : { overPixels: true }),
    sources: rows.sources,
    bias: rows.bias,
    multiplier: Int16Array.from(requantisers, ({ multiplier }) => multiplier),
    shift: Uint8Array.from(requantisers, ({ shift }) => shift),
    low: bound(step.low),
    high: bound(step.high),
    output,
  }
  return { layer, noise: rows.noise }
}

function quantizeLogits(step: LogitsStep, context: StepContext): { layer: LogitsLayer; noise: LayerNoise } {
  const bias = step.bias.map((value) => value * step.pixels)
  const rows = quantizeRows([step.source], bias, context, undefined, step.pixels)
  const layer: LogitsLayer = {
    kind: 'logits',
    name: step.name,
    source: rows.sources[0],
    bias: rows.bias,
    scale: rows.unit.map((unit) => unit / step.pixels),
  }
  return { layer, noise: rows.noise }
}

interface Rows {
  readonly sources: readonly LinearSource[]
  readonly bias: Int32Array
  readonly unit: Float64Array
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
  const builders = sources.map(({ weights }) => ({
    rowStart: new Int32Array(weights.rows + 1),
    column: new Int32Array(weights.column.length),
    value: new Int32Array(weights.column.length),
    count: 0,
  }))
  const bias = new Int32Array(biases.length)
  const unit = new Float64Array(biases.length)
  let lost = 0
  let whole = 0
  for (const [row, realBias] of biases.entries()) {
    const parts = refinedParts(sources, row, context)
    unit[row] = chooseUnit({ parts, bias: realBias, weightBits: context.weightBits, outputScale })
    const rowCodes = parts.map((part) => codesAt(part, unit[row], context.weightBits))
    const steps = parts.map(({ scale }) => unit[row] / scale)
    const own = parts.map(({ weights }) => weights)
    const refinedBias = context.refiner?.codes(row, own, rowCodes, steps)
    let sum = Math.round((refinedBias === undefined ? realBias : refinedBias * positions) / unit[row])
    for (const [index, { map, weights }] of sources.entries()) {
      const part = parts[index]
      const codes = rowCodes[index]
      const builder = builders[index]
      const { zeroPoint } = context.maps.get(map)!
      for (const [i, code] of codes.entries()) {
        const error = part.weights[i] - (code * unit[row]) / part.scale
        lost += error * error * part.power
        whole += part.weights[i] * part.weights[i] * part.power
        if (code === 0) continue
        builder.column[builder.count] = weights.column[weights.rowStart[row] + i]
        builder.value[builder.count++] = code
        sum -= zeroPoint * code * positions
      }
      builder.rowStart[row + 1] = builder.count
    }
    bias[row] = sum
  }
  const integer = sources.map((source, index) => integerSource(source, builders[index]))
  return { sources: integer, bias, unit, noise: { weightNoise: whole === 0 ? 0 : lost / whole } }
}

function refinedParts(sources: readonly FloatSource[], row: number, context: StepContext): readonly RowPart[] {
  const parts = sources.map((source) => partOf(source, row, context))
  const better = context.refiner?.weights(
    row,
    parts.map(({ weights }) => weights),
  )
  return better === undefined ? parts : parts.map((part, index) => ({ ...part, weights: better[index] }))
}

function partOf({ map, role, weights }: FloatSource, row: number, context: StepContext): RowPart {
  return {
    role,
    weights: weights.value.subarray(weights.rowStart[row], weights.rowStart[row + 1]),
    scale: context.maps.get(map)!.scale,
    power: context.power.get(map)!,
  }
}

function integerSource(
  { weights: { rows, columns }, ...source }: FloatSource,
  { rowStart, column, value, count }: Pick<SparseWeights, 'rowStart' | 'column' | 'value'> & { readonly count: number },
): LinearSource {
  const weights = { rows, columns, rowStart, column: column.slice(0, count), value: value.slice(0, count) }
  return { ...windowOf(source), weights }
}

/** What a source is apart from its weights, the same in real numbers and in integers. */
export function windowOf(source: Omit<FloatSource, 'weights'>): Omit<LinearSource, 'weights'> {
  const { map, role, kernel, stride, pads, dilation, dense, needed } = source
  return { map, role, kernel, stride, pads, dilation, dense, ...(needed === undefined ? {} : { needed }) }
}
