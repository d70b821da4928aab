// Layout of a graph: chooses patches for all maps and the relayouts between them, by modelled cycles, then an address for each map.
import { defined } from '../../base/defined.ts'
import type { IntegerGraph } from '../graph/integer.ts'
import { moveFarTaps } from '../lower/far-taps.ts'
import { gatherWholeWindows } from '../lower/gather.ts'
import { checkWindows } from '../placement/windows.ts'
import { isRefused, type Refusal } from '../refusal.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { cutGraphs, patchGraph, type Patched } from './cuts.ts'
import { planMemory } from './memory-plan.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { checkTables } from './table-capacity.ts'

export interface PlacedGraph {
  /** the graph with its relayouts; it evaluates to the same codes */
  readonly graph: IntegerGraph
  readonly maps: ReadonlyMap<string, PlacedMap>
}

/** One layout of a graph. */
interface Candidate extends PlacedGraph {
  readonly cycles: number
}

/** Which relayouts a layout may use. */
export interface LayoutStrategy {
  /** maps are gathered into one lane for windows as large as they are */
  readonly gathers: boolean
  /** far taps read shifted relayouts; if not, patches grow until no tap is far */
  readonly moves: boolean
  /** maps change to other patches where that saves cycles */
  readonly cuts: boolean
}

/** All strategies, in the order in which they are tried. */
export const layoutStrategies: readonly LayoutStrategy[] = [
  { gathers: false, moves: false, cuts: true },
  { gathers: true, moves: false, cuts: true },
  { gathers: false, moves: true, cuts: true },
  { gathers: true, moves: true, cuts: true },
]

/**
 * The cheapest layout that fits the machine. If there is none, the refusal is that of the first strategy.
 * @param images of a run
 * @param check refuses a layout with which the program would not fit the machine
 */
export function placeGraph(
  graph: IntegerGraph,
  machine: Machine,
  allowed: readonly LayoutStrategy[] = layoutStrategies,
  images = 1,
  check: (placed: PlacedGraph) => Refusal | undefined = () => undefined,
): PlacedGraph | Refusal {
  const tried: { readonly graph: IntegerGraph | Refusal; readonly cuts: boolean }[] = []
  let best: Candidate | undefined
  let first: Refusal | undefined
  for (const strategy of allowed) {
    const changed = changedGraph(graph, machine, strategy)
    // With nothing to gather or to move, an earlier strategy has had the same result.
    if (tried.some((each) => each.graph === changed && each.cuts === strategy.cuts)) continue
    tried.push({ graph: changed, cuts: strategy.cuts })
    const found = isRefused(changed) ? changed : layOut(changed, machine, strategy, images, check)
    if (isRefused(found)) first ??= found
    else if (best === undefined || found.cycles < best.cycles) best = found
  }
  return best ?? defined(first)
}

/**
 * The graph that a strategy lays out: the given one if there is nothing to gather or to move. Far taps are moved once patches are chosen without
 * regard to them; cuts that these patches need stay.
 */
function changedGraph(original: IntegerGraph, machine: Machine, strategy: LayoutStrategy): IntegerGraph | Refusal {
  const gathered = strategy.gathers ? gatherWholeWindows(original) : original
  if (!strategy.moves) return gathered
  const patched = patchGraph(gathered, machine, 'stay')
  return isRefused(patched) ? patched : moveFarTaps(patched.graph, patched.patches, machine)
}

function layOut(
  changed: IntegerGraph,
  machine: Machine,
  strategy: LayoutStrategy,
  images: number,
  check: (placed: PlacedGraph) => Refusal | undefined,
): Candidate | Refusal {
  const first = patchGraph(changed, machine)
  if (isRefused(first)) return first
  const refusal =
    checkWindows(first.graph) ?? (strategy.moves ? checkTables(first.graph, first.patches, machine) : undefined)
  if (refusal !== undefined) return refusal
  const place = ({ graph, patches, cycles }: Patched): Candidate | Refusal => {
    const maps = planMemory(graph, machine, patches, images)
    if (isRefused(maps)) return maps
    return check({ graph, maps }) ?? { graph, maps, cycles }
  }
  return place(strategy.cuts ? cutGraphs(first, machine, (candidate) => !isRefused(place(candidate))) : first)
}
