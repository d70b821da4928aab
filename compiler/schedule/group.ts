// A row group's schedule: one matching for each cluster, part, phase and slot page, encoded as one stream of beats.
import type { RowGroup } from '../lower/rows.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import { encodeGroup, groupBeats, type PhaseRun } from '../../isa/weights/encode.ts'
import type { Machine } from '../../isa/machine.ts'
import { schedulePhase } from './match.ts'

export interface GroupSchedule {
  readonly stream: BeatStream
  /** beats if every phase met its lower bound */
  readonly boundBeats: number
}

/** Schedules and encodes a row group; the seed makes groups differ, the same seed gives the same bytes. */
export function scheduleGroup(group: RowGroup, machine: Machine, seed: number): GroupSchedule {
  const bounds: { cluster: number; part: number; phase: number; beats: number }[] = []
  const runs = group.needs.map((needs, index): PhaseRun => {
    const { bankMask, needs: rows } = needs
    const schedule = schedulePhase({
      rows: machine.rows,
      banks: machine.banks,
      columns: bankMask.length,
      bankMask,
      needs: rows,
      seed: seed * 1009 + index,
    })
    bounds.push({ cluster: needs.cluster, part: needs.part, phase: needs.phase, beats: schedule.bound })
    return { ...needs, ...schedule, needs: needs.needs }
  })
  return { stream: encodeGroup(runs, machine), boundBeats: groupBeats(bounds, machine) }
}
