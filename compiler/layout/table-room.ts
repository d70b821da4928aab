// Table room: whether every layer's geometries and slot entries fit its table block, before anything is scheduled.
import { sourcesOf, type IntegerGraph } from '../graph/integer.ts'
import { layColumns } from '../lower/columns.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { Patch } from '../placement/patches.ts'
import { unplacedMaps } from './plan.ts'

/** @throws DlpError naming the first layer whose table does not fit */
export function checkTables(graph: IntegerGraph, patches: ReadonlyMap<string, Patch>, machine: Machine): void {
  const maps = spread(unplacedMaps(graph, machine, patches))
  for (const layer of graph.layers) if ('bias' in layer) layColumns(layer.name, sourcesOf(layer), maps, machine)
}

/** Different addresses for different maps: slot entries are told apart by them. */
function spread<P extends { readonly base: number }>(maps: ReadonlyMap<string, P>): Map<string, P> {
  return new Map([...maps].map(([name, placed], index) => [name, { ...placed, base: index * 2 ** 16 }]))
}
