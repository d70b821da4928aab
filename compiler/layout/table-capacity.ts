// Table capacity: whether every layer's geometries and slot entries fit a table block, checked before anything is scheduled.
import { sourcesOf, type IntegerGraph } from '../graph/integer.ts'
import { layColumns } from '../lower/columns.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { Patch } from '../placement/patches.ts'
import { unplacedMaps } from './memory-plan.ts'
import { firstRefusal, isRefused, type Refusal } from '../refusal.ts'

/** Refuses the first layer whose table does not fit, by name. */
export function checkTables(
  graph: IntegerGraph,
  patches: ReadonlyMap<string, Patch>,
  machine: Machine,
): Refusal | undefined {
  const maps = withDistinctBases(unplacedMaps(graph, machine, patches))
  return firstRefusal(graph.layers, (layer) => {
    if (!('bias' in layer)) return undefined
    const columns = layColumns(layer.name, sourcesOf(layer), maps, machine)
    return isRefused(columns) ? columns : undefined
  })
}

/** Gives each map another address, since equal addresses would share slot entries. */
function withDistinctBases<P extends { readonly base: number }>(maps: ReadonlyMap<string, P>): Map<string, P> {
  return new Map([...maps].map(([name, placed], index) => [name, { ...placed, base: index * 2 ** 16 }]))
}
