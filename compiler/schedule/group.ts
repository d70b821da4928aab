// A row group's schedule: one matching for each cluster, part, phase and slot page, encoded as one stream of beats.
import type { RowGroup } from '../lower/rows.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import { encodeGroup, groupBeats, type PhaseRun } from '../../isa/weights/encode.ts'
import type { Machine } from '../../isa/machine.ts'
import { schedulePhase } from './match.ts'
import type { OldGroup } from './reuse.ts'

export interface GroupSchedule {
  readonly stream: BeatStream
  /** beats if every phase met its lower bound: Σ over phases of max(row count, distinct columns of a bank), at least U/R a part */
  readonly boundBeats: number
  /** shift phases of all parts: each may exceed its bound by a beat */
  readonly phases: number
  /** the largest proven |sum of a cluster| as a share of what its accumulator holds */
  readonly overflowBound: number
  /** True if an older program's reads serve all of it. */
  readonly reused: boolean
}

/**
 * Schedules and encodes a row group; the seed makes groups differ, the same seed gives the same bytes.
 * @param old the same group of an older program, whose reads are kept where they serve
 */
export function scheduleGroup(group: RowGroup, machine: Machine, seed: number, old?: OldGroup): GroupSchedule {
  let reused = old !== undefined
  const bounds: { cluster: number; part: number; phase: number; beats: number }[] = []
  const runs = group.needs.map((own, index): PhaseRun => {
    const { bankMask, needs } = own
    const problem = { rows: machine.rows, banks: machine.banks, columns: bankMask.length, bankMask, needs }
    const kept = old?.scheduleOf({ ...problem, seed }, own, own.ids)
    reused &&= kept !== undefined
    const schedule = kept ?? schedulePhase({ ...problem, seed: seed * 1009 + index })
    bounds.push({ cluster: own.cluster, part: own.part, phase: own.phase, beats: schedule.bound })
    return { ...own, ...schedule }
  })
  return {
    stream: encodeGroup(runs, machine),
    boundBeats: groupBeats(bounds, machine),
    phases: new Set(bounds.map(({ part, phase }) => `${part}:${phase}`)).size,
    overflowBound: group.overflowBound,
    reused,
  }
}
