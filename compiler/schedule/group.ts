// A row group's schedule: one matching for each cluster, part, phase and slot page, encoded as one stream of beats.
import { defined, elementAt } from '../../base/defined.ts'
import type { RowGroup } from '../lower/rows.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import { clusterBeats, encodeGroup, groupBeats, type ScheduledPhase } from '../../isa/weights/encode.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { Demand } from '../matching/demand.ts'
import { checkedDemand, schedulePhase } from '../matching/match.ts'
import type { PhaseProblem, PhaseSchedule } from '../matching/problem.ts'
import type { OldGroup } from '../matching/reuse.ts'

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

/** Work (moves × beats) for a phase that makes its group a little longer than it must be: such a beat is paid at every position. */
const lastBeatEffort = 600_000

/** A phase that is longer than its bound by more than this share is out of reach, not out of luck. */
const nearMiss = 0.08

/**
 * Schedules and encodes a row group; the seed makes groups differ, the same seed gives the same bytes.
 * @param old the same group of an older program, whose reads are kept where they serve
 */
export function scheduleGroup(group: RowGroup, machine: Machine, seed: number, old?: OldGroup): GroupSchedule {
  let reused = old !== undefined
  const phases = group.needs.map((own, index): Phase => {
    const { cluster, part, phase, bankMask, needs, ids } = own
    const sizes = { rows: machine.rows, banks: machine.banks, columns: bankMask.length }
    const problem = { ...sizes, bankMask, needs, seed: seed * 1009 + index }
    const demand = checkedDemand(problem)
    const schedule = (wanted: PhaseProblem): PhaseSchedule => {
      const kept = old?.scheduleOf(wanted, own, ids)
      reused &&= kept !== undefined
      return kept ?? schedulePatiently(wanted, demand)
    }
    return { cluster, part, phase, beats: demand.bound, problem, schedule }
  })
  const schedules = new Map<Phase, PhaseSchedule>()
  for (const part of new Set(phases.map((phase) => phase.part))) {
    const own = phases.filter((phase) => phase.part === part)
    const beats = groupBeats(
      own.map((phase) => ({ ...phase, part: 0 })),
      machine,
    )
    for (let cluster = 0; cluster < machine.clusters; cluster++)
      for (const [phase, schedule] of schedulePhases(
        own.filter((phase) => phase.cluster === cluster),
        beats,
      ))
        schedules.set(phase, schedule)
  }
  return {
    stream: encodeGroup(
      group.needs.map((own, index): ScheduledPhase => ({
        ...own,
        ...defined(schedules.get(elementAt(phases, index))),
      })),
      machine,
    ),
    boundBeats: groupBeats(phases, machine),
    phases: new Set(phases.map(({ part, phase }) => `${part}:${phase}`)).size,
    overflowBound: group.overflowBound,
    reused,
  }
}

/** The beats that a row group takes if every phase meets its lower bound: no schedule of these products has fewer. */
export function boundBeats({ needs }: RowGroup, machine: Machine): number {
  const phases = needs.map(({ cluster, part, phase, bankMask, needs: own }) => {
    const problem = {
      rows: machine.rows,
      banks: machine.banks,
      columns: bankMask.length,
      bankMask,
      needs: own,
      seed: 0,
    }
    return { cluster, part, phase, beats: checkedDemand(problem).bound }
  })
  return groupBeats(phases, machine)
}

/** What a cluster does in one phase of one part on one slot page, and the fewest beats that it can take. */
interface Phase {
  readonly cluster: number
  readonly part: number
  readonly phase: number
  readonly beats: number
  readonly problem: PhaseProblem
  readonly schedule: (problem: PhaseProblem) => PhaseSchedule
}

/**
 * Schedules a cluster's phases of one part, the greatest first.
 * Clusters end a part together: what the longest takes more than this one, its phases may have, which makes them easy. Where that is used
 * up and a phase misses its bound by little, it is tried again with much patience.
 * @param beats that the part takes at least
 */
function schedulePhases(phases: readonly Phase[], beats: number): [Phase, PhaseSchedule][] {
  let room = beats - clusterBeats(phases)
  const needs = ({ problem }: Phase): number => problem.needs.reduce((sum, list) => sum + list.length, 0)
  return phases
    .map((phase) => ({ phase, needs: needs(phase) }))
    .sort((a, b) => b.needs - a.needs)
    .map(({ phase }) => {
      const enough = phase.beats + Math.max(0, room)
      const schedule = phase.schedule({ ...phase.problem, minimumBeats: enough })
      room -= schedule.beats - phase.beats
      return [phase, schedule]
    })
}

function schedulePatiently(problem: PhaseProblem, demand: Demand): PhaseSchedule {
  const schedule = schedulePhase(problem, {}, demand)
  const enough = Math.max(schedule.bound, problem.minimumBeats ?? 0)
  const isNear = schedule.beats <= Math.max(enough + 1, enough * (1 + nearMiss))
  return schedule.beats > enough && isNear ? schedulePhase(problem, { effort: lastBeatEffort }, demand) : schedule
}
