// A layer's row groups as a job that can be done in any order and in any thread, and how one of them is scheduled.
import { sourcesOf, type LinearLayer, type LinearSource, type LogitsLayer } from '../graph/integer.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { layColumns, type LayerColumns } from '../lower/columns.ts'
import { lowerGroup } from '../lower/rows.ts'
import { isRefused, orThrow, type Refusal } from '../refusal.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { OldGroup } from '../matching/reuse.ts'
import { lowerBoundOfGroup, scheduleGroup, type GroupSchedule } from './group.ts'

/** All that the schedules of a layer's row groups depend on. Plain data, so that it can be sent to a worker thread. */
export interface LayerJob {
  readonly name: string
  readonly sources: readonly LinearSource[]
  readonly columns: LayerColumns
  readonly machine: Machine
  /** seed of the first row group; each group has the next */
  readonly seed: number
  readonly groups: number
}

/**
 * The job of a layer whose sources are placed; refused if its columns do not fit a table block.
 * @param seed of its first row group
 */
export function jobOf(
  layer: LinearLayer | LogitsLayer,
  maps: ReadonlyMap<string, PlacedMap>,
  machine: Machine,
  seed: number,
): LayerJob | Refusal {
  const sources = sourcesOf(layer)
  const columns = layColumns(layer.name, sources, maps, machine)
  if (isRefused(columns)) return columns
  return { name: layer.name, sources, columns, machine, seed, groups: Math.ceil(layer.bias.length / machine.rows) }
}

/** A lower bound on the beats of a row group, whichever replicas its rows use. */
export function lowerBoundOfRows({ name, sources, columns, machine }: LayerJob, group: number): number | Refusal {
  let least = Number.POSITIVE_INFINITY
  for (let firstCluster = 0; firstCluster < firstClusterChoices(columns, machine); firstCluster++) {
    const rows = lowerGroup(name, sources, columns, group * machine.rows, machine, firstCluster)
    if (isRefused(rows)) return rows
    least = Math.min(least, lowerBoundOfGroup(rows, machine))
  }
  return least
}

/** How many first clusters are tried: with replicas they lead to different schedules. */
const firstClusterChoices = ({ locations }: LayerColumns, { clusters }: Machine): number =>
  locations.some((list) => list.length > 1) ? clusters : 1

/**
 * Schedules one row group of a job.
 * @param old the same group of an older program
 * @throws DlpError if its sums overflow however they are split: no other layout is tried any more
 */
export function scheduleRows(job: LayerJob, group: number, old?: OldGroup): GroupSchedule {
  const { name, sources, columns, machine, seed } = job
  const schedule = (firstCluster: number): GroupSchedule =>
    scheduleGroup(
      orThrow(lowerGroup(name, sources, columns, group * machine.rows, machine, firstCluster)),
      machine,
      seed + group,
      old,
    )
  const choices = firstClusterChoices(columns, machine)
  let best = schedule(0)
  // If the first choice misses the lower bound, another may reach it.
  for (
    let firstCluster = 1;
    firstCluster < choices && !best.reused && best.stream.beats > best.boundBeats;
    firstCluster++
  ) {
    const other = schedule(firstCluster)
    if (other.stream.beats < best.stream.beats) best = other
  }
  return best
}
