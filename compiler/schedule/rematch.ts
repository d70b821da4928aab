// Runs that wait for the pass before longer than they must are scheduled anew, in as many beats.
import type { Machine } from '../../isa/machine.ts'
import type { BeatStream } from '../../isa/weights/beats.ts'
import { needsOf, replaceRun, type Run, type RunNeeds } from './runs.ts'
import { scheduleWithin } from './within.ts'

/** The first beat of a pass that sees what a bank reads under an id of a page; 0 or less: any. */
export type Release = (cluster: number, bank: number, page: number, id: number) => number

/** Changes runs of a stream such that the pass waits less; what one must wait, the others may. */
export function rematchLate(stream: BeatStream, machine: Machine, runs: readonly Run[], release: Release): void {
  const late = runs.map((run) => lateRun(stream, machine, run, release))
  let wait = Math.max(0, ...late.map(({ least }) => least))
  for (const each of late) {
    let target = wait
    for (let step = 1; target < each.wait && !rematch(stream, machine, each, target); step *= 2) target += step
    wait = Math.max(wait, Math.min(target, each.wait))
  }
}

interface LateRun {
  readonly run: Run
  readonly needs: RunNeeds
  /** [columns] */
  readonly releases: Int32Array
  /** the cycles that the pass waits for this run, and that it would at least */
  readonly wait: number
  readonly least: number
}

function lateRun(stream: BeatStream, machine: Machine, run: Run, release: Release): LateRun {
  const needs = needsOf(stream, machine, run)
  const { bank, id, takenIn, problem } = needs
  const releases = Int32Array.from(bank, (own, column) => release(run.cluster, own, run.page, id[column]!))
  let wait = 0
  problem.needs.forEach((columns, row) =>
    columns.forEach((column, need) => {
      wait = Math.max(wait, releases[column]! - takenIn[row]![need]!)
    }),
  )
  const ofRows = problem.needs.map((columns) => leastWait(columns.map((column) => releases[column]!), run)) // prettier-ignore
  const ofBanks = Array.from({ length: machine.banks }, (_, own) => leastWait(releases.filter((_, column) => bank[column] === own), run)) // prettier-ignore
  return { run, needs, releases, wait, least: Math.max(0, ...ofRows, ...ofBanks) }
}

/** The least wait after which reads of these releases, a beat each, all find a beat of the run. */
function leastWait(releases: Int32Array, { beats }: Run): number {
  const latest = releases.filter((release) => release > 0).sort().reverse() // prettier-ignore
  return latest.reduce((wait, release, earlier) => Math.max(wait, release - beats[beats.length - 1 - earlier]!), 0)
}

/** Schedules a run so that no read comes more than `wait` beats before its release; false where none is found. */
function rematch(stream: BeatStream, machine: Machine, { run, needs, releases }: LateRun, wait: number): boolean {
  const { beats } = run
  const earliest = releases.map((release) => {
    const first = beats.findIndex((beat) => beat >= release - wait)
    return first < 0 ? beats.length : first
  })
  const schedule = scheduleWithin(needs.problem, earliest, beats.length)
  if (schedule !== undefined) replaceRun(stream, machine, run, needs, schedule)
  return schedule !== undefined
}
