// The beats of a pass in an order in which it waits less for the pass before.
import { elementAt } from '../../base/defined.ts'
import type { CompileCache } from '../cache.ts'
import { orderedStream } from '../schedule/cached.ts'
import { BeatOrder } from '../matching/order.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import type { GapModel, ComputeTiming } from './gaps.ts'

/** Orders of earlier compilations, and whether one computes what the pass does. */
export interface KnownOrders {
  readonly cache: CompileCache
  readonly isSame: (stream: BeatStream) => boolean
}

/**
 * A pass that computes the same in as many beats, and that waits less if it can.
 * @param firstRows rows at which the pass may start
 */
export function orderPass(
  pass: ComputeTiming,
  firstRows: readonly number[],
  gaps: GapModel,
  machine: Machine,
  known?: KnownOrders,
): ComputeTiming {
  const { stream } = pass
  const before = gaps.pendingBeats
  const order = new BeatOrder(stream, machine, before)
  let least = Number.POSITIVE_INFINITY
  let best = gaps.release(pass, elementAt(firstRows, 0))
  for (const firstRow of firstRows) {
    const release = gaps.release(pass, firstRow)
    const wait = order.wait(release)
    if (wait < least) [least, best] = [wait, release]
    if (wait === 0) break
  }
  const make = (): BeatStream => order.ordered(best)
  if (known === undefined) return { ...pass, stream: make() }
  const { cache, isSame } = known
  const releases = order.releasesOfReads(best)
  return { ...pass, stream: orderedStream(cache, { stream, machine, releases, before, isSame }, make) }
}
