// Runs that wait for the pass before longer than they must are scheduled anew, in as many beats.
import type { Machine } from '../../isa/model/machine.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import { operandsOf, replaceSegment, type PageSegment, type SegmentOperands } from './segments.ts'
import { scheduleWithin } from './within.ts'

/** The first beat of a pass that sees what a bank reads under an id of a page; 0 or less: any. */
export type Release = (cluster: number, bank: number, page: number, id: number) => number

/** A run, and the cycles that the pass waits for it. */
export interface LateSegment {
  readonly run: PageSegment
  readonly wait: number
}

/** Changes runs of a stream such that the pass waits less; what one must wait, the others may. */
export function rematchLateSegments(
  stream: BeatStream,
  machine: Machine,
  runs: readonly LateSegment[],
  release: Release,
): void {
  const late = runs.map((each): ReleasedSegment => ({
    ...each,
    ...releasedOperands(stream, machine, each.run, release),
  }))
  let wait = Math.max(0, ...late.map((run) => leastWait(run, machine)))
  for (const each of late) {
    let target = wait
    for (let step = 1; target < each.wait && !rematch(stream, machine, each, target); step *= 2) target += step
    wait = Math.max(wait, Math.min(target, each.wait))
  }
}

interface ReleasedSegment extends LateSegment {
  readonly needs: SegmentOperands
  /** [columns] */
  readonly releases: Int32Array
}

function releasedOperands(
  stream: BeatStream,
  machine: Machine,
  run: PageSegment,
  release: Release,
): Pick<ReleasedSegment, 'needs' | 'releases'> {
  const needs = operandsOf(stream, machine, run)
  const releases = Int32Array.from(needs.bank, (bank, column) =>
    release(run.cluster, bank, run.page, needs.id[column]!),
  )
  return { needs, releases }
}

/** The least wait that every row and every bank by itself allows. */
function leastWait({ run, needs: { bank, problem }, releases }: ReleasedSegment, { banks }: Machine): number {
  const ofBanks = Array.from({ length: banks }, (): number[] => [])
  releases.forEach((release, column) => ofBanks[bank[column]!]!.push(release))
  const ofRows = problem.operands.map((columns) => Array.from(columns, (column) => releases[column]!))
  return Math.max(0, ...[...ofRows, ...ofBanks].map((reads) => waitOf(reads, run)))
}

/** The least wait after which reads of these releases, a beat each, all find a beat of the run. */
function waitOf(reads: readonly number[], { beats }: PageSegment): number {
  const latest = reads.filter((release) => release > 0).sort((a, b) => b - a)
  return latest.reduce((wait, release, earlier) => Math.max(wait, release - beats[beats.length - 1 - earlier]!), 0)
}

/** Schedules a run so that no read comes more than `wait` beats before its release; false where none is found. */
function rematch(
  stream: BeatStream,
  machine: Machine,
  { run, needs, releases }: ReleasedSegment,
  wait: number,
): boolean {
  const { beats } = run
  const earliest = releases.map((release) => {
    const first = beats.findIndex((beat) => beat >= release - wait)
    return first < 0 ? beats.length : first
  })
  const schedule = scheduleWithin(needs.problem, earliest, beats.length)
  if (schedule !== undefined) replaceSegment(stream, machine, run, needs, schedule)
  return schedule !== undefined
}
