// The distinct geometries (extents of the map, kernel, stride, pads, dilation) of a sum's sources: a table block holds at most four.

import type { FloatSource, PlannedMap } from './plan.ts'

/** Geometries of the sources of sums. A sum of thousands of sources grows by one at a time, so the result for each list of sources is kept. */
export class WindowGeometries {
  readonly #mapOf: (name: string) => PlannedMap
  readonly #cache = new WeakMap<readonly FloatSource[], ReadonlySet<string>>()

  constructor(mapOf: (name: string) => PlannedMap) {
    this.#mapOf = mapOf
  }

  /** The geometries of the sources of two sums together. */
  ofBoth(first: readonly FloatSource[], second: readonly FloatSource[]): ReadonlySet<string> {
    return new Set([...this.#of(first), ...this.#of(second)])
  }

  /** Stores the geometries of a sum's sources; returns the sum. */
  remember<S extends { readonly sources: readonly FloatSource[] }>(sum: S, geometries: ReadonlySet<string>): S {
    this.#cache.set(sum.sources, geometries)
    return sum
  }

  #of(sources: readonly FloatSource[]): ReadonlySet<string> {
    const cached = this.#cache.get(sources)
    if (cached !== undefined) return cached
    const geometries = new Set(
      sources.map(({ map, kernel, stride, pads, dilation }) => {
        const { height, width } = this.#mapOf(map)
        return [height, width, kernel, stride, pads, dilation].join()
      }),
    )
    this.#cache.set(sources, geometries)
    return geometries
  }
}
