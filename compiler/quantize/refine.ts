// Refinement: the float and the integer network are evaluated layer by layer on the calibration inputs, and each layer's weights, codes and biases
// are chosen to compensate the errors of the layers before it.

import { codeRange } from '../../base/bits.ts'
import { defined, elementAt } from '../../base/defined.ts'
import { layerRunner } from '../graph/evaluate-integer.ts'
import { lastUses, sourceMaps, sourcesOf } from '../graph/integer.ts'
import type { IntegerLayer, IntegerMap } from '../graph/integer.ts'
import { Compensator, type RowHessian } from './compensate.ts'
import { floatLayerRunner } from './evaluate-plan.ts'
import { improveCodes } from './improve-codes.ts'
import { layerSamples, ownSources, type SamplePixel, samplePixels } from './layer-samples.ts'
import { MomentSum } from './moments.ts'
import type { FloatLayer, FloatLinearLayer, FloatLogitsLayer, FloatPlan, FloatSource, PlannedMap } from './plan.ts'
import type { RowRefiner } from './quantize-layer.ts'
import { weightRange } from './accumulator-scale.ts'

/** Layers with more columns are quantised weight by weight: moments of 1,280 columns take 13 MB and about two seconds. */
const maximumColumns = 1280

/** Multiplications that solving all rows of a layer may take. */
const maximumMultiplications = 4e9

/** Samples for each column, and their least number. */
const samplesPerColumn = 4
const leastSamples = 2048

interface Image {
  readonly float: Map<string, Float64Array>
  readonly codes: Map<string, Int16Array>
}

/** Both networks on all calibration images, between two layers. */
export class NetworkRefinement {
  readonly #plan: FloatPlan
  readonly #lastUse: readonly (readonly string[])[]
  readonly #maps: ReadonlyMap<string, IntegerMap>
  readonly #images: readonly Image[]

  /**
   * @param plan with all its weights
   * @param inputs real values of the input map
   */
  constructor(plan: FloatPlan, maps: ReadonlyMap<string, IntegerMap>, inputs: readonly ArrayLike<number>[]) {
    this.#plan = plan
    this.#lastUse = lastUses(plan.layers, plan.output)
    this.#maps = maps
    const { name, format, zeroPoint, scale } = defined(maps.get(plan.input.name))
    const { low, high } = codeRange(format)
    const codeOf = (value: number): number => Math.min(Math.max(Math.round(value / scale) + zeroPoint, low), high)
    this.#images = inputs.map((input) => ({
      float: new Map([[name, Float64Array.from(input)]]),
      codes: new Map([[name, Int16Array.from(input, codeOf)]]),
    }))
  }

  /**
   * A refiner of a layer's rows; undefined where the layer is too large or the samples are too few.
   *
   * @param pruned the layer with the weights that it keeps
   */
  rowRefiner(index: number, pruned: FloatLayer, weightBits: 4 | 8): RowRefiner | undefined {
    const whole = elementAt(this.#plan.layers, index)
    if (whole.kind === 'maxPool' || pruned.kind === 'maxPool') return undefined
    const columns = ownSources(whole).reduce((sum, { weights }) => sum + weights.columns, 0)
    const count = Math.max(leastSamples, samplesPerColumn * columns)
    // A logits layer has one output pixel.
    const output = whole.kind === 'linear' ? whole.output : { channels: whole.bias.length, height: 1, width: 1 }
    const pixels = samplePixels(this.#images.length, output, count, index)
    if (columns === 0 || columns > maximumColumns || pixels.length < columns / samplesPerColumn) return undefined
    const dampingFactor = Math.max(1, (samplesPerColumn * columns) / pixels.length)
    const compensator = new Compensator(this.#moments(whole, columns, pixels), dampingFactor)
    return refinerOf(pruned, compensator, weightBits)
  }

  /** Evaluates a layer in both networks, and drops the maps that no later layer reads. */
  advance(index: number, layer: IntegerLayer): void {
    if (layer.kind === 'logits') return
    const runFloat = floatLayerRunner(elementAt(this.#plan.layers, index), this.#maps)
    const runInteger = layerRunner(layer, this.#maps)
    for (const image of this.#images) {
      image.float.set(layer.output.name, runFloat(image.float))
      image.codes.set(layer.output.name, runInteger(image.codes))
      for (const name of elementAt(this.#lastUse, index)) {
        image.float.delete(name)
        image.codes.delete(name)
      }
    }
  }

  #moments(layer: FloatLinearLayer | FloatLogitsLayer, columns: number, pixels: readonly SamplePixel[]) {
    const sum = new MomentSum(layer.bias.length, columns)
    const stateOf = (at: number) => {
      const image = elementAt(this.#images, at)
      return { float: image.float, quantised: this.#dequantised(layer, image) }
    }
    const maps: ReadonlyMap<string, PlannedMap> = this.#maps
    for (const { inputs, target } of layerSamples(layer, maps, pixels, stateOf)) sum.add(inputs, target)
    return sum.moments()
  }

  /** Real values of the codes that a layer reads. */
  #dequantised(layer: FloatLinearLayer | FloatLogitsLayer, image: Image): Map<string, Float64Array> {
    return new Map(
      sourceMaps(layer).map((name) => {
        const { scale, zeroPoint } = defined(this.#maps.get(name))
        return [name, Float64Array.from(defined(image.codes.get(name)), (code) => scale * (code - zeroPoint))]
      }),
    )
  }
}

/** The sources of a layer with weights of their own, whose columns are one list for the row. */
interface OwnColumns {
  readonly sources: readonly FloatSource[]
  /** indices of the sources with weights of their own */
  readonly own: readonly number[]
  /** [own] the first column of each */
  readonly offsets: readonly number[]
}

function refinerOf(
  layer: FloatLinearLayer | FloatLogitsLayer,
  compensator: Compensator,
  weightBits: 4 | 8,
): RowRefiner {
  const columns = ownColumns(layer)
  const { sources, own } = columns
  const rowCount = layer.bias.length
  const mean = own.reduce((sum, index) => sum + sources[index]!.weights.column.length, 0) / rowCount
  const isDense = own.every((index) => {
    const { rows, columns, column } = sources[index]!.weights
    return column.length === rows * columns
  })
  // Rows that share their columns share one decomposition.
  const maySolve = (isDense ? 1 : rowCount) * (mean ** 3 / 3) <= maximumMultiplications
  /** Of the row whose weights were solved for last; undefined if they were not. */
  let hessian: RowHessian | undefined
  return {
    weights(row, weights) {
      hessian = undefined
      if (!maySolve) return weights
      const before = Float32Array.from(own.flatMap((index) => [...weights[index]!]))
      const solved = compensator.solve(row, columnsOfRow(columns, row), before)
      hessian = solved.hessian
      const result = [...weights]
      let at = 0
      for (const index of own) result[index] = solved.weights.slice(at, (at += weights[index]!.length))
      return result
    },
    codes(row, weights, codes, scale) {
      const all = Int32Array.from(own.flatMap((index) => [...codes[index]!]))
      const perCode = <T>(of: (index: number) => T): T[] =>
        own.flatMap((index) => new Array<T>(codes[index]!.length).fill(of(index)))
      const scales = Float64Array.from(perCode((index) => scale[index]!))
      if (hessian !== undefined) {
        const mayMove = Uint8Array.from(perCode((index) => (sources[index]!.role === 'main' ? 1 : 0)))
        const real = Float32Array.from(own.flatMap((index) => [...weights[index]!]))
        improveCodes(all, real, scales, mayMove, hessian.hessian, !isDense, weightRange[weightBits])
        let at = 0
        for (const index of own) codes[index]!.set(all.subarray(at, (at += codes[index]!.length)))
      }
      const rounded = scales.map((value, i) => value * all[i]!)
      return compensator.bias(row, columnsOfRow(columns, row), rounded)
    },
  }
}

function ownColumns(layer: FloatLinearLayer | FloatLogitsLayer): OwnColumns {
  const sources = sourcesOf(layer)
  const own = sources.flatMap((source, index) => (source.dense > 0 ? [index] : []))
  const offsets = own.map((_, i) => own.slice(0, i).reduce((sum, index) => sum + sources[index]!.weights.columns, 0))
  return { sources, own, offsets }
}

/** The columns of a row's weights in the list of all own columns. */
function columnsOfRow({ sources, own, offsets }: OwnColumns, row: number): Int32Array {
  const lists = own.map((index, i) => {
    const { rowStart, column } = sources[index]!.weights
    return column.subarray(rowStart[row], rowStart[row + 1]).map((at) => at + offsets[i]!)
  })
  return Int32Array.from(lists.flatMap((list) => [...list]))
}
