// Streamed weights: places each row group's beats in the weight memory used as a ring, and says what must be free before.
import type { Machine } from '../../isa/machine.ts'
import { demand } from '../capacity.ts'

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

/** A semaphore counts to 255: no group is loaded while so many groups before it are still unread. */
const mostAhead = 128

/**
 * @param beats of each row group in program order
 * @param where names a group in messages
 * @throws DlpError when one group exceeds the weight memory
 */
export function placeRing(
  beats: readonly number[],
  machine: Machine,
  where = (group: number): string => `row group ${group}`,
): Ring {
  const { weightBeats } = machine
  const starts: number[] = []
  /** [groups] the first group that may still be unread when this one is loaded */
  const unread: number[] = []
  let oldest = 0
  let next = 0
  beats.forEach((count, group) => {
    demand('groupBeats', count, machine, where(group))
    const beat = next + count > weightBeats ? 0 : next
    // Groups are read in order: whoever waits for one waits for all before it.
    for (let each = oldest; each < group; each++)
      if (overlaps(starts[each]!, beats[each]!, beat, count)) oldest = each + 1
    starts.push(beat)
    unread.push(oldest)
    next = beat + count
  })
  const freed = oldest
  const read = unread.map((first, group) => Math.max(first, Math.min(freed, group - mostAhead)))
  const chunks = starts.map((beat, group) => ({ beat, waits: read[group]! - (read[group - 1] ?? 0) }))
  return { chunks, freed }
}

const overlaps = (a: number, aLength: number, b: number, bLength: number): boolean => a < b + bLength && b < a + aLength
