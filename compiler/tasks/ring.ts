// Streamed weights: the weight memory, or a part of it, used as a ring.
import { DlpError } from '../../isa/error.ts'

/**
 * The first beat of each row group, in program order: behind the one before, at the front where it does not fit before the end.
 * @param beats of each row group in program order
 * @param length beats of the ring
 * @param where names a group in messages
 * @throws DlpError when one group exceeds the ring
 */
export function placeRing(
  beats: readonly number[],
  length: number,
  where = (group: number): string => `row group ${group}`,
): number[] {
  let next = 0
  return beats.map((count, group) => {
    if (count > length) {
      throw new DlpError({
        what: `a row group needs ${count} beats`,
        where: where(group),
        allowed: `weightBeats = ${length}`,
        help: 'use a lower density, fewer bits, or a machine with more weightBeats',
      })
    }
    const beat = next + count > length ? 0 : next
    next = beat + count
    return beat
  })
}
