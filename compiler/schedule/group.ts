// A row group's schedule: one matching for each cluster, part, phase and slot page, encoded as one stream of beats.
import { defined, elementAt } from '../../base/defined.ts'
import type { RowGroup } from '../lower/rows.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import { clusterBeats, encodeGroup, groupBeats, type ScheduledPhase } from '../../isa/weights/encode.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { Demand } from '../matching/demand.ts'
import { checkedDemand, schedulePhase } from '../matching/schedule-phase.ts'
import type { PhaseProblem, PhaseSchedule } from '../matching/problem.ts'
import type { OldGroup } from '../matching/reuse.ts'

export interface GroupSchedule {
  readonly stream: BeatStream
  /** beats if every phase met its lower bound: Σ over phases of max(operands of a row, distinct columns of a bank), at least U/R a part */
  readonly boundBeats: number
  /** number of phases of all parts: each may exceed its lower bound by a beat */
  readonly phaseCount: number
  /** the largest proven |sum of a cluster| as a share of the accumulator's range */
  readonly overflowBound: number
  /** all bank reads are those of an older program */
  readonly reused: boolean
}

/** Search effort (moves × beats) for a phase that makes its group a little too long: such a beat costs a cycle at every position. */
const lastBeatEffort = 600_000

/** A phase that exceeds its lower bound by more than this share is not searched again: the bound is hardly reachable. */
const nearMiss = 0.08

/**
 * Schedules and encodes a row group; the seed makes groups differ, the same seed gives the same bytes.
 * @param old the same group of an older program, whose bank reads are kept where they still cover all operands
 */
export function scheduleGroup(group: RowGroup, machine: Machine, seed: number, old?: OldGroup): GroupSchedule {
  let reused = old !== undefined
  const phases = group.phases.map((own, index): Phase => {
    const { cluster, part, phase, bankMask, operands, ids } = own
    const sizes = { rows: machine.rows, banks: machine.banks, columns: bankMask.length }
    const problem = { ...sizes, bankMask, operands, seed: seed * 1009 + index }
    const demand = checkedDemand(problem)
    const schedule = (required: PhaseProblem): PhaseSchedule => {
      const kept = old?.scheduleOf(required, own, ids)
      reused &&= kept !== undefined
      return kept ?? scheduleWithEffort(required, demand)
    }
    return { cluster, part, phase, beats: demand.lowerBound, problem, schedule }
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
      group.phases.map((own, index): ScheduledPhase => ({
        ...own,
        ...defined(schedules.get(elementAt(phases, index))),
      })),
      machine,
    ),
    boundBeats: groupBeats(phases, machine),
    phaseCount: new Set(phases.map(({ part, phase }) => `${part}:${phase}`)).size,
    overflowBound: group.overflowBound,
    reused,
  }
}

/** A lower bound on the beats of a row group: those if every phase met its own. */
export function lowerBoundOfGroup({ phases }: RowGroup, machine: Machine): number {
  const bounds = phases.map(({ cluster, part, phase, bankMask, operands }) => {
    const problem = {
      rows: machine.rows,
      banks: machine.banks,
      columns: bankMask.length,
      bankMask,
      operands,
      seed: 0,
    }
    return { cluster, part, phase, beats: checkedDemand(problem).lowerBound }
  })
  return groupBeats(bounds, machine)
}

/** What a cluster computes in one phase of one part on one slot page, and a lower bound of its beats. */
interface Phase {
  readonly cluster: number
  readonly part: number
  readonly phase: number
  readonly beats: number
  readonly problem: PhaseProblem
  readonly schedule: (problem: PhaseProblem) => PhaseSchedule
}

/**
 * Schedules a cluster's phases of one part, the one with the most operands first.
 * Clusters end a part together. A cluster with fewer beats than the longest has slack, and more beats make its phases easy to schedule. If the slack is
 * used up and a phase misses its lower bound by little, it is searched again with much more effort.
 * @param beats lower bound of the part's beats
 */
function schedulePhases(phases: readonly Phase[], beats: number): [Phase, PhaseSchedule][] {
  let slack = beats - clusterBeats(phases)
  const operandsOf = ({ problem }: Phase): number => problem.operands.reduce((sum, row) => sum + row.length, 0)
  return phases
    .map((phase) => ({ phase, operands: operandsOf(phase) }))
    .sort((a, b) => b.operands - a.operands)
    .map(({ phase }) => {
      const enough = phase.beats + Math.max(0, slack)
      const schedule = phase.schedule({ ...phase.problem, minimumBeats: enough })
      slack -= schedule.beats - phase.beats
      return [phase, schedule]
    })
}

function scheduleWithEffort(problem: PhaseProblem, demand: Demand): PhaseSchedule {
  const schedule = schedulePhase(problem, {}, demand)
  const enough = Math.max(schedule.lowerBound, problem.minimumBeats ?? 0)
  const isNear = schedule.beats <= Math.max(enough + 1, enough * (1 + nearMiss))
  return schedule.beats > enough && isNear ? schedulePhase(problem, { effort: lastBeatEffort }, demand) : schedule
}
