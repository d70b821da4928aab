// The schedules of all layers: from the cache, kept from an older program, or made, in parallel if there is a parallel scheduler.
import { defined, elementAt } from '../../base/defined.ts'
import type { RelayoutLayer, IntegerLayer, LinearLayer, LogitsLayer, MaxPoolLayer } from '../graph/integer.ts'
import type { PlacedMap } from '../placement/storage.ts'
import type { LayerColumns } from '../lower/columns.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { CompileCache } from '../cache.ts'
import { knownGroups, storeGroups } from './cached.ts'
import type { GroupSchedule } from './group.ts'
import { type ParallelScheduler, scheduleGroups } from './parallel.ts'
import { orThrow } from '../refusal.ts'
import { jobOf, type LayerJob, scheduleRows } from './layer.ts'
import type { OldGroup } from '../matching/reuse.ts'

/** A linear or logits layer with the schedules of its row groups. */
export interface MatrixLayer {
  readonly layer: LinearLayer | LogitsLayer
  readonly columns: LayerColumns
  readonly groups: readonly GroupSchedule[]
  /** the schedules are those of an earlier compilation */
  readonly fromCache: boolean
}
export type ScheduledLayer = MatrixLayer | { readonly layer: MaxPoolLayer | RelayoutLayer }

export interface ScheduleOptions {
  /** row groups of an older program, by the name of their layer */
  readonly old?: ReadonlyMap<string, readonly OldGroup[]>
  /** schedules of earlier compilations; not read if there is an older program */
  readonly cache?: CompileCache
  readonly parallelScheduler?: ParallelScheduler
  /** called with the number of row groups that are newly scheduled */
  readonly onGroups?: (count: number) => void
}

/**
 * Schedules the layers of a placed graph: the same beats with or without a parallel scheduler and a cache.
 * @throws DlpError naming a layer that has no schedule
 */
export function scheduleLayers(
  layers: readonly IntegerLayer[],
  maps: ReadonlyMap<string, PlacedMap>,
  machine: Machine,
  { old, cache, parallelScheduler, onGroups }: ScheduleOptions = {},
): ScheduledLayer[] {
  let seed = 1
  const jobs = layers.map((layer): LayerJob | undefined => {
    if (layer.kind === 'maxPool' || layer.kind === 'relayout') return undefined
    const job = orThrow(jobOf(layer, maps, machine, seed))
    seed += job.groups
    return job
  })
  const groups = new Map<LayerJob, readonly GroupSchedule[]>()
  const found = new Set<LayerJob>()
  const open: LayerJob[] = []
  for (const job of jobs) {
    if (job === undefined) continue
    const known = old === undefined && cache !== undefined ? knownGroups(cache, job) : undefined
    const kept = old === undefined ? known : keptGroups(job, old.get(job.name) ?? [], onGroups)
    if (kept === undefined) open.push(job)
    else groups.set(job, kept)
    if (known === undefined) continue
    found.add(job)
    onGroups?.(job.groups)
  }
  for (const [at, made] of scheduleGroups(open, parallelScheduler, onGroups).entries()) {
    const job = elementAt(open, at)
    groups.set(job, made)
    if (cache !== undefined) storeGroups(cache, job, made)
  }
  return layers.map((layer, at): ScheduledLayer => {
    if (layer.kind === 'maxPool' || layer.kind === 'relayout') return { layer }
    const job = defined(jobs[at])
    return { layer, columns: job.columns, groups: defined(groups.get(job)), fromCache: found.has(job) }
  })
}

/** Groups that keep as much as possible of an older program. */
function keptGroups(job: LayerJob, old: readonly OldGroup[], onGroups?: (count: number) => void): GroupSchedule[] {
  return Array.from({ length: job.groups }, (_, group) => {
    const made = scheduleRows(job, group, old[group])
    onGroups?.(1)
    return made
  })
}
