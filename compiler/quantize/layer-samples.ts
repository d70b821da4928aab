// What a layer reads in the quantised network, and what it ought to give by the float network, at chosen places.

import { defined } from '../../base/defined.ts'
import { addProduct } from '../kernels/product.ts'
import { sourcesOf } from '../graph/integer.ts'
import type { FloatRows, FloatSource, LinearStep, LogitsStep, PlannedMap } from './plan.ts'
import { addProducts, gatherColumns, gatherMeans, type SamplePosition } from './samples.ts'

/** One image in both networks: real values of the maps that a layer reads. */
export interface ImageState {
  readonly real: ReadonlyMap<string, ArrayLike<number>>
  readonly found: ReadonlyMap<string, ArrayLike<number>>
}

export interface LayerSample {
  /** [columns] of all sources with weights of their own, as the quantised network feeds them */
  readonly found: Float64Array
  /** [rows] the float network's sums, less what sources without weights give in the quantised one */
  readonly wanted: Float64Array
}

/** Places that are multiplied together. */
const placesAtOnce = 128

/** Rows with fewer of their weights than this, or with more in all, are multiplied one by one. */
const leastShare = 1 / 8
const mostDense = 2 ** 24

/** The sources of a step that have weights of their own, in order; their columns form one list. */
export function ownSources(step: LinearStep | LogitsStep): readonly FloatSource[] {
  return sourcesOf(step).filter(({ dense }) => dense > 0)
}

/**
 * The samples of a step, place by place; the arrays are reused later on.
 *
 * @param step with all its weights
 * @param stateOf an image by its number; asked anew only where the number changes
 */
export function* layerSamples(
  step: LinearStep | LogitsStep,
  maps: ReadonlyMap<string, PlannedMap>,
  places: readonly SamplePosition[],
  stateOf: (image: number) => ImageState,
): Generator<LayerSample> {
  const rows = step.bias.length
  const columns = ownSources(step).reduce((sum, { weights }) => sum + weights.columns, 0)
  const found = new Float64Array(placesAtOnce * columns)
  const wanted = new Float64Array(placesAtOnce * rows)
  const isMean = step.pixels !== undefined && step.pixels > 1
  const parts = sourcesOf(step).map((source) => ({
    source,
    map: defined(maps.get(source.map)),
    multiply: multiplierOf(source.weights),
    gather: source.dense > 0 && isMean ? gatherMeans : gatherColumns,
    real: new Float64Array(placesAtOnce * source.weights.columns),
  }))
  let current = -1
  let state: ImageState | undefined
  for (let first = 0; first < places.length; first += placesAtOnce) {
    const batch = places.slice(first, first + placesAtOnce)
    for (const [at, place] of batch.entries()) {
      if (state === undefined || place.image !== current) state = stateOf(place.image)
      current = place.image
      let column = at * columns
      for (const { source, map, gather, real } of parts) {
        const width = source.weights.columns
        const [before, after] = [defined(state.real.get(source.map)), defined(state.found.get(source.map))]
        gather(source, map, before, place, real, at * width)
        if (source.dense > 0) {
          gather(source, map, after, place, found, column)
          column += width
          continue
        }
        const other = new Float64Array(width)
        gather(source, map, after, place, other, 0)
        for (let i = 0; i < width; i++) real[at * width + i]! -= other[i]!
      }
    }
    for (let at = 0; at < batch.length; at++) wanted.set(step.bias, at * rows)
    for (const { multiply, real } of parts) multiply(real, batch.length, wanted)
    for (let at = 0; at < batch.length; at++)
      yield {
        found: found.subarray(at * columns, (at + 1) * columns),
        wanted: wanted.subarray(at * rows, (at + 1) * rows),
      }
  }
}

/** Adds the products of rows with samples [count × columns] to sums [count × rows]. */
type Multiplier = (samples: Float64Array, count: number, sums: Float64Array) => void

function multiplierOf(weights: FloatRows): Multiplier {
  const { rows, columns, rowStart, column, value } = weights
  if (value.length < leastShare * rows * columns || rows * columns > mostDense)
    return (samples, count, sums) => {
      for (let at = 0; at < count; at++)
        addProducts(weights, samples, at * columns, sums.subarray(at * rows, (at + 1) * rows))
    }
  const dense = new Float64Array(rows * columns)
  for (let row = 0; row < rows; row++)
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i++) dense[row * columns + column[i]!] = value[i]!
  return (samples, count, sums) => {
    const products = new Float64Array(count * rows)
    const operand = (values: Float64Array) => ({ values, step: columns, depthStep: 1 })
    addProduct(products, { rows: count, columns: rows, depth: columns }, operand(samples), operand(dense))
    for (let at = 0; at < products.length; at++) sums[at]! += products[at]!
  }
}
