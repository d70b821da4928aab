// Refining: float and integer network walk side by side over the calibration inputs, and every layer makes up for those before it.

import { lastUses, sourceMaps, sourcesOf } from '../graph/integer.ts'
import type { IntegerLayer, IntegerMap } from '../graph/integer.ts'
import { layerRunner } from '../graph/evaluate-integer.ts'
import { codeRange } from '../../base/bits.ts'
import { defined, elementAt } from '../../base/defined.ts'
import { Compensator, type RowMoments } from './compensate.ts'
import { stepRunner } from './evaluate-plan.ts'
import { MomentSum } from './moments.ts'
import type { FloatPlan, LinearStep, LogitsStep, PlannedMap, PlanStep } from './plan.ts'
import type { RowRefiner } from './quantize-step.ts'
import { improveCodes } from './round.ts'
import { weightRange } from './row-unit.ts'
import { layerSamples, ownSources } from './layer-samples.ts'
import { type SamplePosition, samplePlaces } from './samples.ts'

/** Layers with more columns are quantised weight by weight: moments of 1,280 columns take 13 MB and about two seconds. */
const maximumColumns = 1280

/** Multiplications that solving all rows of a layer may take. */
const maximumWork = 4e9

/** Samples for each column, and the bounds of their number. */
const samplesPerColumn = 4
const fewestSamples = 2048

interface Image {
  readonly real: Map<string, Float64Array>
  readonly codes: Map<string, Int16Array>
}

/** The state of both networks between two layers. */
export class RefiningWalk {
  readonly #plan: FloatPlan
  readonly #lastUse: readonly (readonly string[])[]
  readonly #maps: ReadonlyMap<string, IntegerMap>
  readonly #planned: ReadonlyMap<string, PlannedMap>
  readonly #images: readonly Image[]

  /**
   * @param plan with all its weights
   * @param inputs real values of the input map
   */
  constructor(plan: FloatPlan, maps: ReadonlyMap<string, IntegerMap>, inputs: readonly ArrayLike<number>[]) {
    this.#plan = plan
    this.#lastUse = lastUses(plan.steps, plan.output)
    this.#maps = maps
    this.#planned = maps
    const { name, format, zeroPoint, scale } = defined(maps.get(plan.input.name))
    const { low, high } = codeRange(format)
    const codeOf = (value: number): number => Math.min(Math.max(Math.round(value / scale) + zeroPoint, low), high)
    this.#images = inputs.map((input) => ({
      real: new Map([[name, Float64Array.from(input)]]),
      codes: new Map([[name, Int16Array.from(input, codeOf)]]),
    }))
  }

  /**
   * What is known of a layer's inputs; undefined where the layer is too large, or the samples are too few.
   *
   * @param pruned the step with the weights that it keeps
   */
  refiner(index: number, pruned: PlanStep, weightBits: 4 | 8): RowRefiner | undefined {
    const whole = elementAt(this.#plan.steps, index)
    if (whole.kind === 'maxPool' || pruned.kind === 'maxPool') return undefined
    const columns = ownSources(whole).reduce((sum, { weights }) => sum + weights.columns, 0)
    const count = Math.max(fewestSamples, samplesPerColumn * columns)
    // A logits layer has one output pixel.
    const output = whole.kind === 'linear' ? whole.output : { channels: whole.bias.length, height: 1, width: 1 }
    const places = samplePlaces(this.#images.length, output, count, index)
    if (columns === 0 || columns > maximumColumns || places.length < columns / samplesPerColumn) return undefined
    const doubt = Math.max(1, (samplesPerColumn * columns) / places.length)
    const compensator = new Compensator(this.#moments(whole, columns, places), doubt)
    return refinerOf(pruned, compensator, weightBits)
  }

  /** Runs both networks through a layer and forgets the maps that nobody reads any more. */
  advance(index: number, layer: IntegerLayer): void {
    if (layer.kind === 'logits') return
    const step = elementAt(this.#plan.steps, index)
    const real = stepRunner(step, this.#planned)
    const integer = layerRunner(layer, this.#maps)
    for (const image of this.#images) {
      image.real.set(layer.output.name, real(image.real))
      image.codes.set(layer.output.name, integer(image.codes))
      for (const name of elementAt(this.#lastUse, index)) {
        image.real.delete(name)
        image.codes.delete(name)
      }
    }
  }

  #moments(step: LinearStep | LogitsStep, columns: number, places: readonly SamplePosition[]) {
    const sum = new MomentSum(step.bias.length, columns)
    const stateOf = (at: number) => {
      const image = elementAt(this.#images, at)
      return { real: image.real, found: this.#decoded(step, image) }
    }
    for (const { found, wanted } of layerSamples(step, this.#planned, places, stateOf)) sum.add(found, wanted)
    return sum.moments()
  }

  /** Real values of the codes that a step reads. */
  #decoded(step: LinearStep | LogitsStep, image: Image): Map<string, Float64Array> {
    return new Map(
      sourceMaps(step).map((name) => {
        const { scale, zeroPoint } = defined(this.#maps.get(name))
        return [name, Float64Array.from(defined(image.codes.get(name)), (code) => scale * (code - zeroPoint))]
      }),
    )
  }
}

/** Rows see the columns of all sources with weights of their own as one list. */
function refinerOf(step: LinearStep | LogitsStep, compensator: Compensator, weightBits: 4 | 8): RowRefiner {
  const sources = sourcesOf(step)
  const rowCount = step.bias.length
  const own = sources.flatMap((source, index) => (source.dense > 0 ? [index] : []))
  const offsets = own.map((_, i) => own.slice(0, i).reduce((sum, index) => sum + sources[index]!.weights.columns, 0))
  const columnsOf = (row: number): Int32Array => {
    const lists = own.map((index, i) => {
      const { rowStart, column } = sources[index]!.weights
      return column.subarray(rowStart[row], rowStart[row + 1]).map((at) => at + offsets[i]!)
    })
    return Int32Array.from(lists.flatMap((list) => [...list]))
  }
  const mean = own.reduce((sum, index) => sum + sources[index]!.weights.column.length, 0) / rowCount
  const isFull = own.every((index) => {
    const { rows, columns, column } = sources[index]!.weights
    return column.length === rows * columns
  })
  const mayMoveWeights = (isFull ? 1 : rowCount) * (mean ** 3 / 3) <= maximumWork
  let moments: RowMoments | undefined
  return {
    weights(row, weights) {
      moments = undefined
      if (!mayMoveWeights) return weights
      const columns = columnsOf(row)
      const solved = compensator.solve(
        row,
        columns,
        joined(
          own.map((index) => weights[index]!),
          Float32Array,
        ),
      )
      moments = solved.moments
      const result = [...weights]
      let at = 0
      for (const index of own) result[index] = solved.weights.slice(at, (at += weights[index]!.length))
      return result
    },
    codes(row, weights, codes, step) {
      const columns = columnsOf(row)
      const all = joined(
        own.map((index) => codes[index]!),
        Int32Array,
      )
      const steps = Float64Array.from(
        own.flatMap((index) => new Array<number>(codes[index]!.length).fill(step[index]!)),
      )
      if (moments !== undefined) {
        const isMain = (index: number): number => (sources[index]!.role === 'main' ? 1 : 0)
        const free = Uint8Array.from(
          own.flatMap((index) => new Array<number>(codes[index]!.length).fill(isMain(index))),
        )
        const real = joined(
          own.map((index) => weights[index]!),
          Float32Array,
        )
        improveCodes(all, real, steps, free, moments.inputs, !isFull, weightRange[weightBits])
        let at = 0
        for (const index of own) codes[index]!.set(all.subarray(at, (at += codes[index]!.length)))
      }
      return compensator.bias(
        row,
        columns,
        steps.map((value, i) => value * all[i]!),
      )
    },
  }
}

function joined<T extends Float32Array | Int32Array>(lists: readonly T[], make: { from: (values: number[]) => T }): T {
  return make.from(lists.flatMap((list) => [...list]))
}
