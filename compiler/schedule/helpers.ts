// Row groups scheduled by several at once. Each group depends on its job alone, so that it does not matter who schedules it.
import { elementAt } from '../../base/defined.ts'
import type { GroupSchedule } from './group.ts'
import { type LayerJob, scheduleRows } from './layer.ts'

/** Others, such as threads, that schedule row groups at the same time. */
export interface Helpers {
  /** Hands all groups of the jobs out, numbered from 0 through all jobs; undefined where it is too little work to share. */
  start(jobs: readonly LayerJob[]): SharedWork | undefined
}

/** Work that is going on. */
export interface SharedWork {
  /** The number of a group that the caller is to schedule; undefined where all are taken. */
  take(): number | undefined
  /** Tells that the caller has scheduled one. @returns how many are scheduled by now */
  put(): number
  /** Waits for the others. @returns what they have made by number; some may be missing */
  finish(onDone: (done: number) => void): ReadonlyMap<number, GroupSchedule>
}

/** A job's group by its number. */
export interface NumberedGroup {
  readonly job: LayerJob
  readonly group: number
}

/** All groups of the jobs in the order of their numbers. */
export function groupsOf(jobs: readonly LayerJob[]): NumberedGroup[] {
  return jobs.flatMap((job) => Array.from({ length: job.groups }, (_, group) => ({ job, group })))
}

/**
 * The row groups of all jobs.
 * @param onGroups called after so many more
 * @returns [jobs][groups]
 */
export function makeAll(
  jobs: readonly LayerJob[],
  helpers?: Helpers,
  onGroups: (count: number) => void = () => {},
): GroupSchedule[][] {
  const all = groupsOf(jobs)
  const made: (GroupSchedule | undefined)[] = Array.from({ length: all.length })
  let told = 0
  const tell = (done: number): void => {
    if (done > told) onGroups(done - told)
    told = Math.max(told, done)
  }
  const work = helpers?.start(jobs)
  if (work !== undefined) {
    for (let at = work.take(); at !== undefined; at = work.take()) {
      const { job, group } = elementAt(all, at)
      made[at] = scheduleRows(job, group)
      tell(work.put())
    }
    for (const [at, schedule] of work.finish(tell)) made[at] = schedule
  }
  // All without helpers; with them, whatever they failed in: here an error reaches the caller.
  let first = 0
  return jobs.map(({ groups }) => {
    const own = all.slice(first, first + groups).map(({ job, group }, i) => {
      const known = made[first + i]
      const schedule = known ?? scheduleRows(job, group)
      if (work === undefined) tell(first + i + 1)
      return schedule
    })
    first += groups
    return own
  })
}
