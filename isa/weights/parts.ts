// Parts: how `end` and `keep` divide the beats of a position, their laws, and the shifts that multiply a beat's products by powers of 16.
import { counted } from '../../base/words.ts'
import type { Machine } from '../model/machine.ts'
import { drainGroups, postIsSerial } from '../timing.ts'
import { type BrokenLaw, flag } from './beats.ts'

/** Beats between two drains of the accumulators, counted from the position's first. */
export interface Part {
  readonly first: number
  /** one past its last beat, which carries `end` */
  readonly end: number
  /** its sums stay in PSUM, for more parts to follow */
  readonly keeps: boolean
}

/** The fewest beats of a part: as many as a drain takes. */
export const leastPartBeats = drainGroups

/**
 * The parts of `beats` beats from beat `first` on. Beats after the last `end` belong to no part.
 * @param flags [beats × clusters] those of cluster 0 are read
 */
export function partsOf(flags: ArrayLike<number>, clusters: number, first: number, beats: number): Part[] {
  const parts: Part[] = []
  let start = 0
  for (let beat = 0; beat < beats; beat++) {
    const own = flags[(first + beat) * clusters]!
    if ((own & flag.end) === 0) continue
    parts.push({ first: start, end: beat + 1, keeps: (own & flag.keep) !== 0 })
    start = beat + 1
  }
  return parts
}

/** The first law that the parts of a position of so many beats break; undefined if they keep all. */
export function brokenPartLaw(parts: readonly Part[], beats: number, machine: Machine): BrokenLaw | undefined {
  const least = leastPartBeats(machine)
  for (const { first, end, keeps } of parts) {
    if (end - first < least)
      return {
        what: `a part of ${counted(end - first, 'beat')} that ends in beat ${end - 1}`,
        allowed: `at least rows ÷ drainRows = ${least}`,
      }
    if (!keeps && end < beats)
      return {
        what: `an end without keep in beat ${end - 1} of ${beats}`,
        allowed: 'only the last part of a position ends without keep',
      }
  }
  const last = parts.at(-1)
  if (last?.end !== beats) return { what: 'a last beat without end', allowed: 'end on the last beat of a position' }
  if (postIsSerial(machine) && (parts.length > 1 || last.keeps))
    return {
      what: `beats in ${counted(parts.length, 'part')}${last.keeps ? ', the last with keep' : ''}`,
      allowed: 'one part without keep: the machine has no partial sums',
    }
  return undefined
}

/** [beats] the number of each beat's part. */
export function partOfBeats(parts: readonly Part[], beats: number): Int32Array {
  const partOf = new Int32Array(beats).fill(parts.length)
  for (const [part, { first, end }] of parts.entries()) partOf.fill(part, first, end)
  return partOf
}

/**
 * [beats × clusters] shifts of the later beats of the same part: each multiplies what a beat adds by 16.
 * @param flags [beats × clusters], from beat `first` on
 */
export function shiftsBehind(flags: ArrayLike<number>, clusters: number, first: number, beats: number): Int32Array {
  const behind = new Int32Array(beats * clusters)
  for (let cluster = 0; cluster < clusters; cluster++) {
    let shifts = 0
    for (let at = (beats - 1) * clusters + cluster; at >= 0; at -= clusters) {
      const own = flags[first * clusters + at]!
      if ((own & flag.end) !== 0) shifts = 0
      behind[at] = shifts
      if ((own & flag.shift) !== 0) shifts++
    }
  }
  return behind
}
