// Page segments that make a COMPUTE wait longer than necessary are scheduled again, in as many beats.
import type { Machine } from '../../isa/model/machine.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import { operandsOf, replaceSegment, type PageSegment, type SegmentOperands } from './segments.ts'
import { scheduleWithin } from './schedule-phase.ts'

/** The release of a column, by the id under which a bank reads it: the first beat in which its words are all written; 0 or less: any. */
export type Release = (cluster: number, bank: number, page: number, id: number) => number

/** A page segment, and the cycles that the COMPUTE waits for it. */
export interface LateSegment {
  readonly segment: PageSegment
  readonly wait: number
}

/** Schedules late segments of a stream again such that the COMPUTE waits less. If one must wait some cycles, the others may wait as long. */
export function rematchLateSegments(
  stream: BeatStream,
  machine: Machine,
  segments: readonly LateSegment[],
  release: Release,
): void {
  const late = segments.map((each): ReleasedSegment => ({
    ...each,
    ...withReleases(stream, machine, each.segment, release),
  }))
  let wait = Math.max(0, ...late.map((segment) => leastWait(segment, machine)))
  for (const each of late) {
    let target = wait
    for (let step = 1; target < each.wait && !rematch(stream, machine, each, target); step *= 2) target += step
    wait = Math.max(wait, Math.min(target, each.wait))
  }
}

interface ReleasedSegment extends LateSegment {
  readonly operands: SegmentOperands
  /** [columns] */
  readonly releases: Int32Array
}

function withReleases(
  stream: BeatStream,
  machine: Machine,
  segment: PageSegment,
  release: Release,
): Pick<ReleasedSegment, 'operands' | 'releases'> {
  const operands = operandsOf(stream, machine, segment)
  const releases = Int32Array.from(operands.bank, (bank, column) =>
    release(segment.cluster, bank, segment.page, operands.id[column]!),
  )
  return { operands, releases }
}

/** A lower bound of the wait, by every row and every bank by itself. */
function leastWait({ segment, operands: { bank, problem }, releases }: ReleasedSegment, { banks }: Machine): number {
  const ofBanks = Array.from({ length: banks }, (): number[] => [])
  releases.forEach((release, column) => ofBanks[bank[column]!]!.push(release))
  const ofRows = problem.operands.map((columns) => Array.from(columns, (column) => releases[column]!))
  return Math.max(0, ...[...ofRows, ...ofBanks].map((reads) => waitOf(reads, segment)))
}

/** The least wait with which reads of these releases, a beat each, fit the beats of the segment. */
function waitOf(reads: readonly number[], { beats }: PageSegment): number {
  const latest = reads.filter((release) => release > 0).sort((a, b) => b - a)
  return latest.reduce((wait, release, earlier) => Math.max(wait, release - beats[beats.length - 1 - earlier]!), 0)
}

/** Schedules a segment so that no read comes more than `wait` beats before its release; false if no schedule is found. */
function rematch(
  stream: BeatStream,
  machine: Machine,
  { segment, operands, releases }: ReleasedSegment,
  wait: number,
): boolean {
  const { beats } = segment
  const earliest = releases.map((release) => {
    const first = beats.findIndex((beat) => beat >= release - wait)
    return first < 0 ? beats.length : first
  })
  const schedule = scheduleWithin(operands.problem, earliest, beats.length)
  if (schedule !== undefined) replaceSegment(stream, machine, segment, operands, schedule)
  return schedule !== undefined
}
