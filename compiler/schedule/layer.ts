// A layer's row groups as work that can be done in any order and anywhere: what they need, and how one is scheduled.
import { sourcesOf, type LinearLayer, type LinearSource, type LogitsLayer } from '../graph/integer.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { layColumns, type LayerColumns } from '../lower/columns.ts'
import { lowerGroup } from '../lower/rows.ts'
import { isRefused, orThrow, type Refusal } from '../refusal.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { OldGroup } from '../matching/reuse.ts'
import { boundBeats, scheduleGroup, type GroupSchedule } from './group.ts'

/** All on which the schedules of a layer's row groups depend. Plain data, so that it can go to another thread. */
export interface LayerJob {
  readonly name: string
  readonly sources: readonly LinearSource[]
  readonly columns: LayerColumns
  readonly machine: Machine
  /** of the first row group; each group takes the next */
  readonly seed: number
  readonly groups: number
}

/**
 * The job of a layer whose sources are placed; refused where no table block holds its columns.
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

/** The beats that no schedule of a row group falls below, whatever copies are chosen. */
export function boundOfRows({ name, sources, columns, machine }: LayerJob, group: number): number | Refusal {
  let least = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < turnsOf(columns, machine); turn++) {
    const rows = lowerGroup(name, sources, columns, group * machine.rows, machine, turn)
    if (isRefused(rows)) return rows
    least = Math.min(least, boundBeats(rows, machine))
  }
  return least
}

/** Copies leave a choice: so many are tried. */
const turnsOf = ({ locations }: LayerColumns, { clusters }: Machine): number =>
  locations.some((places) => places.length > 1) ? clusters : 1

/**
 * Schedules one row group of a job.
 * @param old the same group in an older program
 * @throws DlpError where its sums overflow however they are split: no other layout is asked for any more
 */
export function scheduleRows(job: LayerJob, group: number, old?: OldGroup): GroupSchedule {
  const { name, sources, columns, machine, seed } = job
  const schedule = (turn: number): GroupSchedule =>
    scheduleGroup(
      orThrow(lowerGroup(name, sources, columns, group * machine.rows, machine, turn)),
      machine,
      seed + group,
      old,
    )
  const turns = turnsOf(columns, machine)
  let best = schedule(0)
  // Where the first choice misses the bound, others may not.
  for (let turn = 1; turn < turns && !best.reused && best.stream.beats > best.boundBeats; turn++) {
    const other = schedule(turn)
    if (other.stream.beats < best.stream.beats) best = other
  }
  return best
}
