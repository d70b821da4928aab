// Kinds of windows over maps: what the geometries of a table tell apart.

import type { FloatSource, PlannedMap } from './plan.ts'

/** The kinds of the sources of sums. A sum of thousands grows by one source at a time: what is known of its parts is not found again. */
export class WindowKinds {
  readonly #mapOf: (name: string) => PlannedMap
  readonly #known = new WeakMap<readonly FloatSource[], ReadonlySet<string>>()

  constructor(mapOf: (name: string) => PlannedMap) {
    this.#mapOf = mapOf
  }

  /** Of two sums together. */
  ofBoth(first: readonly FloatSource[], second: readonly FloatSource[]): ReadonlySet<string> {
    return new Set([...this.#of(first), ...this.#of(second)])
  }

  /** The sum, whose kinds are known. */
  noted<S extends { readonly sources: readonly FloatSource[] }>(sum: S, kinds: ReadonlySet<string>): S {
    this.#known.set(sum.sources, kinds)
    return sum
  }

  #of(sources: readonly FloatSource[]): ReadonlySet<string> {
    const known = this.#known.get(sources)
    if (known !== undefined) return known
    const kinds = new Set(
      sources.map(({ map, kernel, stride, pads, dilation }) => {
        const { height, width } = this.#mapOf(map)
        return [height, width, kernel, stride, pads, dilation].join()
      }),
    )
    this.#known.set(sources, kinds)
    return kinds
  }
}
