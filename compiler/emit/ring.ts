// Streamed weights: places each row group's beats in the weight memory used as a ring, and says what must be free before.
import { DlpError } from '../../isa/error.ts'

/** Where a group's beats go, and how many earlier groups must have been read before they may be loaded. */
export interface Chunk {
  readonly beat: number
  readonly waits: number
}

export interface Ring {
  readonly chunks: readonly Chunk[]
  /** the first so many groups must say when they have been read: somebody waits for them */
  readonly freed: number
}

/**
 * @param beats of each row group in program order
 * @throws DlpError when one group exceeds the weight memory
 */
export function placeRing(beats: readonly number[], weightBeats: number): Ring {
  const chunks: Chunk[] = []
  let oldest = 0
  let next = 0
  beats.forEach((count, group) => {
    if (count > weightBeats) {
      throw new DlpError({
        what: `a row group needs ${count} beats`,
        where: `row group ${group}`,
        allowed: `weightBeats = ${weightBeats}`,
        help: 'use a lower density, fewer bits, or a machine with more weightBeats',
      })
    }
    const beat = next + count > weightBeats ? 0 : next
    const before = oldest
    while (oldest < group && overlaps(chunks[oldest]!.beat, beats[oldest]!, beat, count)) oldest++
    // A later chunk can overlap although the oldest does not: everything up to it is older and must go too.
    for (let each = oldest; each < group; each++)
      if (overlaps(chunks[each]!.beat, beats[each]!, beat, count)) oldest = each + 1
    chunks.push({ beat, waits: oldest - before })
    next = beat + count
  })
  return { chunks, freed: oldest }
}

const overlaps = (a: number, aLength: number, b: number, bLength: number): boolean => a < b + bLength && b < a + aLength
