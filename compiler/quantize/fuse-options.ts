// What a quantised graph brings to the fuser, and how strictly it is taken.

import type { Tensor } from '../graph/tensor.ts'
import type { Pair } from './plan.ts'

/** Integer weights, the real numbers that they stand for, and what one integer stands for in each slice along an axis. */
export interface GivenWeights {
  readonly codes: Tensor
  readonly values: () => Tensor
  /** [1], or one for each slice */
  readonly step: ArrayLike<number>
  readonly axis: number
}

export interface FuseOptions {
  /** Keep every rounding that a quantised graph spells out, also those inside of what one layer could join. */
  readonly exact?: boolean
  /** Of two convolutions that meet in a sum, store the less deep one as a map, as given scales need it. */
  readonly separate?: boolean
  /** Only which columns the weights have, each once: what a machine has room for depends on no more, and this takes no time. */
  readonly outline?: boolean
  /** The graph's output are codes: it is a map on its grid. */
  readonly givesCodes?: boolean
  /** Least and greatest value of an output without a quantiser, where that is known; absent: what its layer can reach. */
  readonly outputRange?: Pair
}
