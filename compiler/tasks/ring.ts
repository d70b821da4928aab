// Streamed weights: the weight memory, or a part of it, used as a ring.

/**
 * The first beat of each row group, in program order: behind the one before, at the front where it does not fit before the end.
 * @param beats of each row group in program order, none more than the ring has
 * @param length beats of the ring
 */
export function placeRing(beats: readonly number[], length: number): number[] {
  let next = 0
  return beats.map((count) => {
    const beat = next + count > length ? 0 : next
    next = beat + count
    return beat
  })
}
