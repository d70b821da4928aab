// Sparse rows over dense planes: contiguous ranges of planes are added to sums, tap by tap.

import { elementAt } from '../../base/defined.ts'
import { kernels, Workspace } from './workspace.ts'

/** The taps of one source: their values, and where in the planes their ranges begin. */
export interface TapSource {
  /** all planes, one after the other */
  readonly planes: Float64Array
  /** [non-zeros] */
  readonly offset: Int32Array
  /** [non-zeros] */
  readonly value: ArrayLike<number>
}

/** Sums of one layer, row after row. No other kernel may be used until its last row is read. */
export class TapSums {
  /** [length] the caller fills it before each row, and reads it afterwards */
  readonly sums: Float64Array
  readonly #at: number
  readonly #count: number
  readonly #sources: readonly { readonly planes: number; readonly offset: number; readonly value: number }[]

  constructor(length: number, sources: readonly TapSource[]) {
    const space = new Workspace()
    // Sums are added in pairs: the last pair may read one double past the end of its plane.
    this.#count = (length + 1) & ~1
    this.#at = space.take(8 * this.#count)
    this.#sources = sources.map(({ planes, offset }) => ({
      planes: space.take(8 * (planes.length + 1)),
      offset: space.take(4 * offset.length),
      value: space.take(8 * offset.length),
    }))
    for (const [index, { planes, offset, value }] of sources.entries()) {
      const addresses = elementAt(this.#sources, index)
      space.doubles(addresses.planes, planes.length).set(planes)
      space.integers(addresses.offset, offset.length).set(offset)
      space.doubles(addresses.value, offset.length).set(value)
    }
    this.sums = space.doubles(this.#at, length)
  }

  /** Adds the taps from..to of a source. */
  add(source: number, from: number, to: number): void {
    const { planes, offset, value } = this.#sources[source]!
    kernels().addTaps(this.#at, this.#count, planes, offset + 4 * from, value + 8 * from, to - from)
  }
}
