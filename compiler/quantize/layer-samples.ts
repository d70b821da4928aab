// What a layer reads in the quantised network, and what it ought to give by the float network, at chosen places.

import { sourcesOf } from '../graph/integer.ts'
import type { FloatSource, LinearStep, LogitsStep, PlannedMap } from './plan.ts'
import { addProducts, gatherColumns, gatherMeans, type Place } from './samples.ts'

/** One image in both networks: real values of the maps that a layer reads. */
export interface ImageState {
  readonly real: ReadonlyMap<string, ArrayLike<number>>
  readonly found: ReadonlyMap<string, ArrayLike<number>>
}

export interface Sample {
  /** [columns] of all sources with weights of their own, as the quantised network feeds them */
  readonly found: Float64Array
  /** [rows] the float network's sums, less what sources without weights give in the quantised one */
  readonly wanted: Float64Array
}

/** The sources of a step that have weights of their own, in order; their columns form one list. */
export function ownSources(step: LinearStep | LogitsStep): readonly FloatSource[] {
  return sourcesOf(step).filter(({ dense }) => dense > 0)
}

/**
 * The samples of a step, place by place; the arrays are reused from one to the next.
 *
 * @param step with all its weights
 * @param stateOf an image by its number; asked anew only where the number changes
 */
export function* layerSamples(
  step: LinearStep | LogitsStep,
  maps: ReadonlyMap<string, PlannedMap>,
  places: readonly Place[],
  stateOf: (image: number) => ImageState,
): Generator<Sample> {
  const columns = ownSources(step).reduce((sum, { weights }) => sum + weights.columns, 0)
  const found = new Float64Array(columns)
  const real = new Float64Array(columns)
  const wanted = new Float64Array(step.bias.length)
  const isMean = step.pixels !== undefined && step.pixels > 1
  const gather = isMean ? gatherMeans : gatherColumns
  let current = -1
  let state: ImageState | undefined
  for (const place of places) {
    if (state === undefined || place.image !== current) state = stateOf(place.image)
    current = place.image
    wanted.set(step.bias)
    let at = 0
    for (const source of sourcesOf(step)) {
      const map = maps.get(source.map)!
      const [before, after] = [state.real.get(source.map)!, state.found.get(source.map)!]
      if (source.dense === 0) {
        const difference = new Float64Array(source.weights.columns)
        const other = new Float64Array(source.weights.columns)
        gatherColumns(source, map, before, place, difference, 0)
        gatherColumns(source, map, after, place, other, 0)
        for (let i = 0; i < other.length; i++) difference[i] -= other[i]
        addProducts(source.weights, difference, 0, wanted)
        continue
      }
      gather(source, map, before, place, real, at)
      gather(source, map, after, place, found, at)
      addProducts(source.weights, real, at, wanted)
      at += source.weights.columns
    }
    yield { found, wanted }
  }
}
