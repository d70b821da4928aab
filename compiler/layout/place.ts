// Placing: chooses patches for all maps and the copies between them, by modelled cycles, then an address for each.
import { defined } from '../../base/defined.ts'
import type { IntegerGraph } from '../graph/integer.ts'
import { moveFarTaps } from '../lower/far-taps.ts'
import { gatherWholeWindows } from '../lower/gather.ts'
import { checkWindows } from '../placement/windows.ts'
import { isRefused, type Refusal } from '../refusal.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { cutGraphs, patchGraph, type Patched } from './cuts.ts'
import { planMemory } from './plan.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { checkTables } from './table-room.ts'

export interface PlacedGraph {
  /** the graph with its copies; evaluates to the same codes */
  readonly graph: IntegerGraph
  readonly maps: ReadonlyMap<string, PlacedMap>
}

/** A way to lay out a graph. */
interface Candidate extends PlacedGraph {
  readonly cycles: number
}

/** Whether windows as large as their map are gathered, and whether far taps read moved copies. */
export interface Way {
  readonly gathers: boolean
  readonly moves: boolean
  /** whether maps go over to other patches where that saves cycles */
  readonly cuts: boolean
}

/** All ways; the first is tried first. */
export const ways: readonly Way[] = [
  { gathers: false, moves: false, cuts: true },
  { gathers: true, moves: false, cuts: true },
  { gathers: false, moves: true, cuts: true },
  { gathers: true, moves: true, cuts: true },
]

/**
 * The cheapest layout that the machine can hold. Where there is none, the refusal is that of the first that was tried.
 * @param images of a run
 * @param check refuses a layout with which the program would not fit the machine
 */
export function placeGraph(
  graph: IntegerGraph,
  machine: Machine,
  allowed: readonly Way[] = ways,
  images = 1,
  check: (placed: PlacedGraph) => Refusal | undefined = () => undefined,
): PlacedGraph | Refusal {
  const tried: { readonly graph: IntegerGraph | Refusal; readonly cuts: boolean }[] = []
  let best: Candidate | undefined
  let first: Refusal | undefined
  for (const way of allowed) {
    const changed = changedGraph(graph, machine, way)
    // Where there is nothing to gather or to move, another way has said all.
    if (tried.some((each) => each.graph === changed && each.cuts === way.cuts)) continue
    tried.push({ graph: changed, cuts: way.cuts })
    const found = isRefused(changed) ? changed : layOut(changed, machine, way, images, check)
    if (isRefused(found)) first ??= found
    else if (best === undefined || found.cycles < best.cycles) best = found
  }
  return best ?? defined(first)
}

/** The graph that a way lays out: the very same where there is nothing to gather or to move. Far taps move once the patches without them are known; cuts that these need stay. */
function changedGraph(original: IntegerGraph, machine: Machine, way: Way): IntegerGraph | Refusal {
  const gathered = way.gathers ? gatherWholeWindows(original) : original
  if (!way.moves) return gathered
  const patched = patchGraph(gathered, machine, 'stay')
  return isRefused(patched) ? patched : moveFarTaps(patched.graph, patched.patches, machine)
}

function layOut(
  changed: IntegerGraph,
  machine: Machine,
  way: Way,
  images: number,
  check: (placed: PlacedGraph) => Refusal | undefined,
): Candidate | Refusal {
  const first = patchGraph(changed, machine)
  if (isRefused(first)) return first
  const refusal =
    checkWindows(first.graph) ?? (way.moves ? checkTables(first.graph, first.patches, machine) : undefined)
  if (refusal !== undefined) return refusal
  const place = ({ graph, patches, cycles }: Patched): Candidate | Refusal => {
    const maps = planMemory(graph, machine, patches, images)
    if (isRefused(maps)) return maps
    return check({ graph, maps }) ?? { graph, maps, cycles }
  }
  return place(way.cuts ? cutGraphs(first, machine, (candidate) => !isRefused(place(candidate))) : first)
}
