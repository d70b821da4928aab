// A plan evaluated in real numbers, fast because its rows are sparse: where calibration takes the activations from.

import { defined, elementAt, elements } from '../../base/defined.ts'
import { pitchOf, planeRows, spreadPlanes, tapOffsets } from '../graph/evaluate-integer-taps.ts'
import { lastUses } from '../graph/integer.ts'
import { TapSums } from '../kernels/taps.ts'
import type { FloatPlan, FloatSource, LinearStep, LogitsStep, MaxPoolStep, PlannedMap, PlanStep } from './plan.ts'

/** Evaluates a plan on one image after the other: its output [channels, height, width], or its logits. */
export type PlanEvaluator = (input: ArrayLike<number>, see?: PlanObserver) => Float64Array

/** Sees every map as it is computed, the input first, and logits by their step's name; a map that nobody reads any more is forgotten. */
export type PlanObserver = (name: string, values: Float64Array) => void

/** Prepares the weights of a plan once. */
export function planEvaluator(plan: FloatPlan): PlanEvaluator {
  const maps = new Map([[plan.input.name, plan.input]])
  for (const step of plan.steps) if (step.kind !== 'logits') maps.set(step.output.name, step.output)
  const run = plan.steps.map((step) => stepRunner(step, maps))
  const lastUse = lastUses(plan.steps, plan.output)
  return (input, see = () => {}) => {
    const values = new Map<string, Float64Array>()
    const define = (name: string, found: Float64Array): void => {
      values.set(name, found)
      see(name, found)
    }
    define(plan.input.name, Float64Array.from(input))
    for (const [index, step] of plan.steps.entries()) {
      define(step.kind === 'logits' ? step.name : step.output.name, elementAt(run, index)(values))
      for (const name of elementAt(lastUse, index)) values.delete(name)
    }
    return defined(values.get(plan.output))
  }
}

/** Computes one step's map or logits from the maps that it reads. */
export type StepRunner = (values: ReadonlyMap<string, Float64Array>) => Float64Array

/** Prepares one step. */
export function stepRunner(step: PlanStep, maps: ReadonlyMap<string, PlannedMap>): StepRunner {
  switch (step.kind) {
    case 'linear':
      return step.pixels === undefined ? linear(step, maps) : overPixels(step, maps)
    case 'logits':
      return logits(step, defined(maps.get(step.source.map)))
    case 'maxPool':
      return (values) => maxPool(step, defined(maps.get(step.source)), defined(values.get(step.source)))
    default:
      return step satisfies never
  }
}

function linear(step: LinearStep, maps: ReadonlyMap<string, PlannedMap>): StepRunner {
  const { channels, height, width } = step.output
  const pitch = pitchOf(step.sources, step.output)
  const length = (height - 1) * pitch + width
  const sources = step.sources.map((source) => {
    const rows = planeRows(source, step.output)
    return { source, rows, offset: tapOffsets(source, source.weights.column, rows, pitch) }
  })
  return (values) => {
    const taps = sources.map(({ source, rows, offset }) => ({
      planes: spreadPlanes(source, defined(maps.get(source.map)), defined(values.get(source.map)), 0, rows, pitch),
      offset,
      value: source.weights.value,
    }))
    const result = new Float64Array(channels * height * width)
    const adder = new TapSums(length, taps)
    const { sums } = adder
    let at = 0
    for (let row = 0; row < channels; row++) {
      sums.fill(step.bias[row]!)
      for (const [index, { source }] of sources.entries()) {
        const { rowStart } = source.weights
        adder.add(index, rowStart[row]!, rowStart[row + 1]!)
      }
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) result[at++] = Math.min(Math.max(sums[y * pitch + x]!, step.low), step.high)
    }
    return result
  }
}

function overPixels(step: LinearStep, maps: ReadonlyMap<string, PlannedMap>): StepRunner {
  const [source] = elements(step.sources, 1)
  const run = logits({ source, bias: step.bias, pixels: defined(step.pixels) }, defined(maps.get(source.map)))
  return (values) => run(values).map((value) => Math.min(Math.max(value, step.low), step.high))
}

function logits(step: Pick<LogitsStep, 'source' | 'bias' | 'pixels'>, map: PlannedMap): StepRunner {
  const { weights } = step.source
  return (values) => {
    const columns = columnSums(step.source, map, defined(values.get(step.source.map)))
    return step.bias.map((bias, row) => {
      let sum = 0
      for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++)
        sum += weights.value[i]! * columns[weights.column[i]!]!
      return sum / step.pixels + bias
    })
  }
}

/** A logits step reads the whole map as one kernel, or one channel a column. */
function columnSums({ weights }: FloatSource, map: PlannedMap, values: Float64Array): Float64Array {
  if (weights.columns === values.length) return values
  const pixels = map.height * map.width
  return Float64Array.from({ length: map.channels }, (_, channel) => {
    let sum = 0
    for (let i = channel * pixels; i < (channel + 1) * pixels; i++) sum += values[i]!
    return sum
  })
}

function maxPool(
  { kernel, stride, pads, output }: MaxPoolStep,
  source: PlannedMap,
  values: Float64Array,
): Float64Array {
  const result = new Float64Array(output.channels * output.height * output.width)
  let at = 0
  for (let channel = 0; channel < output.channels; channel++)
    for (let y = 0; y < output.height; y++)
      for (let x = 0; x < output.width; x++) {
        let most = -Infinity
        const [top, left] = [y * stride[0] - pads[0], x * stride[1] - pads[1]]
        for (let row = Math.max(0, top); row < Math.min(source.height, top + kernel[0]); row++)
          for (let column = Math.max(0, left); column < Math.min(source.width, left + kernel[1]); column++)
            most = Math.max(most, values[(channel * source.height + row) * source.width + column]!)
        result[at++] = most
      }
  return result
}
