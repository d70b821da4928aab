// Placing: chooses patches for all maps and the copies between them, by modelled cycles, then an address for each.
import type { IntegerGraph } from '../graph/integer.ts'
import { moveFarTaps } from '../lower/far-taps.ts'
import { gatherWholeWindows } from '../lower/gather.ts'
import { checkWindows } from '../placement/windows.ts'
import { DlpError } from '../../base/error.ts'
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
 * The cheapest layout that the machine can hold.
 * @param images of a run
 * @param check throws a DlpError for a layout with which the program would not fit the machine
 * @throws DlpError when there is none: the reason of the first that was tried
 */
export function placeGraph(
  graph: IntegerGraph,
  machine: Machine,
  allowed: readonly Way[] = ways,
  images = 1,
  check: (placed: PlacedGraph) => void = () => {},
): PlacedGraph {
  const errors: DlpError[] = []
  const tried: { readonly graph: IntegerGraph; readonly cuts: boolean }[] = []
  const candidates = allowed.flatMap((way): Candidate[] => {
    try {
      const changed = changedGraph(graph, machine, way)
      // Where there is nothing to gather or to move, another way has said all.
      if (tried.some((each) => each.graph === changed && each.cuts === way.cuts)) return []
      tried.push({ graph: changed, cuts: way.cuts })
      return [layOut(changed, machine, way, images, check)]
    } catch (error) {
      if (!(error instanceof DlpError)) throw error
      errors.push(error)
      return []
    }
  })
  const best = candidates.reduce<Candidate | undefined>(
    (least, each) => (least === undefined || each.cycles < least.cycles ? each : least),
    undefined,
  )
  if (best === undefined) throw errors[0]!
  return best
}

/** The graph that a way lays out: the very same where there is nothing to gather or to move. Far taps move once the patches without them are known; cuts that these need stay. */
function changedGraph(original: IntegerGraph, machine: Machine, way: Way): IntegerGraph {
  const gathered = way.gathers ? gatherWholeWindows(original) : original
  if (!way.moves) return gathered
  const { graph, patches } = patchGraph(gathered, machine, 'stay')
  return moveFarTaps(graph, patches, machine)
}

function layOut(
  changed: IntegerGraph,
  machine: Machine,
  way: Way,
  images: number,
  check: (placed: PlacedGraph) => void,
): Candidate {
  const first = patchGraph(changed, machine)
  checkWindows(first.graph)
  if (way.moves) checkTables(first.graph, first.patches, machine)
  const place = ({ graph, patches, cycles }: Patched): Candidate => {
    const placed = { graph, maps: planMemory(graph, machine, patches, images), cycles }
    check(placed)
    return placed
  }
  return place(way.cuts ? cutGraphs(first, machine, (candidate) => isHeld(() => place(candidate))) : first)
}

function isHeld(plan: () => unknown): boolean {
  try {
    plan()
    return true
  } catch (error) {
    if (error instanceof DlpError) return false
    throw error
  }
}
