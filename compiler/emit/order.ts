// The beats of a pass in an order in which it waits less for the pass before.
import { BeatOrder } from '../schedule/order.ts'
import type { Machine } from '../../isa/machine.ts'
import type { GapModel, Pass } from './gaps.ts'

/**
 * A pass that computes the same in as many beats, and that waits less if it can.
 * @param firstRows rows at which the pass may start
 */
export function orderPass(pass: Pass, firstRows: readonly number[], gaps: GapModel, machine: Machine): Pass {
  const order = new BeatOrder(pass.stream, machine, gaps.pendingBeats)
  let least = Number.POSITIVE_INFINITY
  let best = gaps.release(pass, firstRows[0]!)
  for (const firstRow of firstRows) {
    const release = gaps.release(pass, firstRow)
    const wait = order.wait(release)
    if (wait < least) [least, best] = [wait, release]
    if (wait === 0) break
  }
  return { ...pass, stream: order.ordered(best) }
}
