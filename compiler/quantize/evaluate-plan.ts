// Evaluates a plan in real numbers, fast because its rows are sparse: the source of calibration's activations.

import { defined, elementAt, elements } from '../../base/defined.ts'
import { pitchOf, planeRows, spreadPlanes, tapOffsets } from '../graph/evaluate-integer-taps.ts'
import { lastUses } from '../graph/integer.ts'
import { TapSums } from '../kernels/taps.ts'
import type {
  FloatPlan,
  FloatSource,
  FloatLinearLayer,
  FloatLogitsLayer,
  FloatMaxPoolLayer,
  PlannedMap,
  FloatLayer,
} from './plan.ts'

/** Evaluates a plan on an image; returns its output [channels, height, width], or its logits. */
export type PlanEvaluator = (input: ArrayLike<number>, observe?: PlanObserver) => Float64Array

/** Called with every map when it is computed, the input first, and with the logits under the name of their layer. */
export type PlanObserver = (name: string, values: Float64Array) => void

/** An evaluator with the plan's weights prepared once; it drops maps after their last reader. */
export function planEvaluator(plan: FloatPlan): PlanEvaluator {
  const maps = new Map([[plan.input.name, plan.input]])
  for (const layer of plan.layers) if (layer.kind !== 'logits') maps.set(layer.output.name, layer.output)
  const run = plan.layers.map((layer) => floatLayerRunner(layer, maps))
  const lastUse = lastUses(plan.layers, plan.output)
  return (input, observe = () => {}) => {
    const values = new Map<string, Float64Array>()
    const define = (name: string, computed: Float64Array): void => {
      values.set(name, computed)
      observe(name, computed)
    }
    define(plan.input.name, Float64Array.from(input))
    for (const [index, layer] of plan.layers.entries()) {
      define(layer.kind === 'logits' ? layer.name : layer.output.name, elementAt(run, index)(values))
      for (const name of elementAt(lastUse, index)) values.delete(name)
    }
    return defined(values.get(plan.output))
  }
}

/** Computes a layer's map or logits from the maps that it reads. */
export type FloatLayerRunner = (values: ReadonlyMap<string, Float64Array>) => Float64Array

/** Prepares one layer. */
export function floatLayerRunner(layer: FloatLayer, maps: ReadonlyMap<string, PlannedMap>): FloatLayerRunner {
  switch (layer.kind) {
    case 'linear':
      return layer.pixels === undefined ? linear(layer, maps) : overPixels(layer, maps)
    case 'logits':
      return logits(layer, defined(maps.get(layer.source.map)))
    case 'maxPool':
      return (values) => maxPool(layer, defined(maps.get(layer.source)), defined(values.get(layer.source)))
    default:
      return layer satisfies never
  }
}

function linear(layer: FloatLinearLayer, maps: ReadonlyMap<string, PlannedMap>): FloatLayerRunner {
  const { channels, height, width } = layer.output
  const pitch = pitchOf(layer.sources, layer.output)
  const length = (height - 1) * pitch + width
  const sources = layer.sources.map((source) => {
    const rows = planeRows(source, layer.output)
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
      sums.fill(layer.bias[row]!)
      for (const [index, { source }] of sources.entries()) {
        const { rowStart } = source.weights
        adder.add(index, rowStart[row]!, rowStart[row + 1]!)
      }
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) result[at++] = Math.min(Math.max(sums[y * pitch + x]!, layer.low), layer.high)
    }
    return result
  }
}

function overPixels(layer: FloatLinearLayer, maps: ReadonlyMap<string, PlannedMap>): FloatLayerRunner {
  const [source] = elements(layer.sources, 1)
  const run = logits({ source, bias: layer.bias, pixels: defined(layer.pixels) }, defined(maps.get(source.map)))
  return (values) => run(values).map((value) => Math.min(Math.max(value, layer.low), layer.high))
}

function logits(layer: Pick<FloatLogitsLayer, 'source' | 'bias' | 'pixels'>, map: PlannedMap): FloatLayerRunner {
  const { weights } = layer.source
  return (values) => {
    const columns = columnSums(layer.source, map, defined(values.get(layer.source.map)))
    return layer.bias.map((bias, row) => {
      let sum = 0
      for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++)
        sum += weights.value[i]! * columns[weights.column[i]!]!
      return sum / layer.pixels + bias
    })
  }
}

/** The value of each column: an element of the map where the kernel covers all of it, or the sum of a channel. */
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
  { kernel, stride, pads, output }: FloatMaxPoolLayer,
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
