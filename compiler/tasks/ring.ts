// Streamed weights: the weight memory, or a part of it, used as a ring.

import { semaphoreBits } from '../../isa/instructions.ts'
import type { Machine } from '../../isa/model/machine.ts'

/**
 * Row groups between two turns to the front, at most. A pass signals that its place is free, and the load that takes the place waits for that: the
 * signals that are counted come from what is left of one round and what has been read of the next, as many as a round has, and from as many more
 * passes as loads are dispatched behind the one that waits.
 */
export const mostInRound = ({ queueDepth }: Pick<Machine, 'queueDepth'>): number => 2 ** semaphoreBits - 2 - queueDepth

/**
 * The first beat of each row group, in program order: behind the one before, at the front where it does not fit before the end, or where the round
 * has as many as it may.
 * @param beats of each row group in program order, none more than the ring has
 * @param length beats of the ring
 * @param most row groups of a round
 */
export function placeRing(beats: readonly number[], length: number, most: number): number[] {
  let [next, inRound] = [0, 0]
  return beats.map((count) => {
    const isTurn = next + count > length || inRound === most
    const beat = isTurn ? 0 : next
    next = beat + count
    inRound = isTurn ? 1 : inRound + 1
    return beat
  })
}
