// A layer's schedule: its columns laid out, its row groups lowered and scheduled one by one.
import { sourcesOf, type CopyLayer, type LinearLayer, type LogitsLayer, type MaxPoolLayer } from '../graph/integer.ts'
import type { PlacedMap } from '../layout/storage.ts'
import { layColumns, type LayerColumns } from '../lower/columns.ts'
import { lowerGroup } from '../lower/rows.ts'
import type { Machine } from '../../isa/machine.ts'
import type { CompileCache } from '../cache.ts'
import { cachedGroups } from './cached.ts'
import type { OldGroup } from './reuse.ts'
import { scheduleGroup, type GroupSchedule } from './group.ts'

/** A linear or logits layer with the schedules of its row groups. */
export interface MatrixLayer {
  readonly layer: LinearLayer | LogitsLayer
  readonly columns: LayerColumns
  readonly groups: readonly GroupSchedule[]
  /** the schedules are those of an earlier compilation */
  readonly fromCache: boolean
}
export type ScheduledLayer = MatrixLayer | { readonly layer: MaxPoolLayer | CopyLayer }

/**
 * Schedules a layer whose sources are placed.
 * @param seed of its first row group; each group takes the next
 * @param onGroup called after each row group
 * @param old the same layer's groups in an older program
 * @param cache of earlier compilations; not asked where there is an older program
 */
export function scheduleLayer(
  layer: LinearLayer | LogitsLayer,
  maps: ReadonlyMap<string, PlacedMap>,
  machine: Machine,
  seed: number,
  onGroup: () => void = () => {},
  old?: readonly OldGroup[],
  cache?: CompileCache,
): MatrixLayer {
  const sources = sourcesOf(layer)
  const columns = layColumns(layer.name, sources, maps, machine)
  const isCopied = columns.locations.some((places) => places.length > 1)
  const turns = isCopied ? machine.clusters : 1
  const count = Math.ceil(layer.bias.length / machine.rows)
  if (cache === undefined || old !== undefined)
    return { layer, columns, groups: Array.from({ length: count }, (_, group) => make(group)), fromCache: false }
  const rows = { sources, columns, machine, seed, groups: count }
  const { value, found } = cachedGroups(cache, rows, () => Array.from({ length: count }, (_, group) => make(group)))
  return { layer, columns, groups: value, fromCache: found }

  function make(group: number): GroupSchedule {
    const schedule = (turn: number): GroupSchedule =>
      scheduleGroup(
        lowerGroup(layer.name, sources, columns, group * machine.rows, machine, turn),
        machine,
        seed + group,
        old?.[group],
      )
    let best = schedule(0)
    // Copies leave a choice: where the first one misses the bound, others may not.
    for (let turn = 1; turn < turns && !best.reused && best.stream.beats > best.boundBeats; turn++) {
      const other = schedule(turn)
      if (other.stream.beats < best.stream.beats) best = other
    }
    onGroup()
    return best
  }
}
