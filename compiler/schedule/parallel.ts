// Row groups scheduled in parallel. Each group depends on its job alone, so it does not matter which scheduler schedules it.
import { elementAt } from '../../base/defined.ts'
import type { GroupSchedule } from './group.ts'
import { type LayerJob, scheduleRows } from './layer.ts'

/** Schedules row groups beside the caller, such as in worker threads. */
export interface ParallelScheduler {
  /** Starts on all groups of the jobs, numbered from 0 through all jobs; undefined if it is too little work to share. */
  start(jobs: readonly LayerJob[]): SharedWork | undefined
}

/** Groups that are shared between the caller and the parallel scheduler. */
export interface SharedWork {
  /** The number of a group for the caller to schedule; undefined if all are taken. */
  take(): number | undefined
  /** Reports that the caller has scheduled a group. @returns how many are scheduled by now */
  put(): number
  /** Waits for the parallel scheduler. @returns its schedules by number; some may be missing */
  finish(onDone: (done: number) => void): ReadonlyMap<number, GroupSchedule>
}

/** A job's group by its number. */
export interface NumberedGroup {
  readonly job: LayerJob
  readonly group: number
}

/** All groups of the jobs in the order of their numbers. */
export function numberedGroups(jobs: readonly LayerJob[]): NumberedGroup[] {
  return jobs.flatMap((job) => Array.from({ length: job.groups }, (_, group) => ({ job, group })))
}

/**
 * Schedules the row groups of all jobs.
 * @param onGroups called with the number of groups that are newly scheduled
 * @returns [jobs][groups]
 */
export function scheduleGroups(
  jobs: readonly LayerJob[],
  parallelScheduler?: ParallelScheduler,
  onGroups: (count: number) => void = () => {},
): GroupSchedule[][] {
  const all = numberedGroups(jobs)
  const schedules: (GroupSchedule | undefined)[] = Array.from({ length: all.length })
  let reported = 0
  const report = (done: number): void => {
    if (done > reported) onGroups(done - reported)
    reported = Math.max(reported, done)
  }
  const work = parallelScheduler?.start(jobs)
  if (work !== undefined) {
    for (let at = work.take(); at !== undefined; at = work.take()) {
      const { job, group } = elementAt(all, at)
      schedules[at] = scheduleRows(job, group)
      report(work.put())
    }
    for (const [at, schedule] of work.finish(report)) schedules[at] = schedule
  }
  // Without a parallel scheduler, this schedules all; with one, the groups in which it failed, so that an error reaches the caller here.
  let first = 0
  return jobs.map(({ groups }) => {
    const own = all.slice(first, first + groups).map(({ job, group }, i) => {
      const known = schedules[first + i]
      const schedule = known ?? scheduleRows(job, group)
      if (work === undefined) report(first + i + 1)
      return schedule
    })
    first += groups
    return own
  })
}
