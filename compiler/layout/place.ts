// Placing: chooses patches for all maps and the copies between them, by modelled cycles, then an address for each.
import type { IntegerGraph } from '../graph/integer.ts'
import { moveFarTaps } from '../lower/far-taps.ts'
import { gatherWholeWindows } from '../lower/gather.ts'
import { DlpError } from '../../isa/error.ts'
import type { Machine } from '../../isa/machine.ts'
import { modelCycles } from './cost.ts'
import { choosePatches } from './patches.ts'
import { planMemory, unplacedMaps } from './plan.ts'
import type { PlacedMap } from './storage.ts'
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
}

/** All ways; the first is tried first. */
export const ways: readonly Way[] = [
  { gathers: false, moves: false },
  { gathers: true, moves: false },
  { gathers: false, moves: true },
  { gathers: true, moves: true },
]

/**
 * The cheapest layout that the machine can hold.
 * @throws DlpError when there is none: the reason of the first that was tried
 */
export function placeGraph(graph: IntegerGraph, machine: Machine, allowed: readonly Way[] = ways): PlacedGraph {
  const errors: DlpError[] = []
  const candidates = allowed.flatMap((way): Candidate[] => {
    try {
      return [layOut(graph, machine, way)]
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

function layOut(original: IntegerGraph, machine: Machine, way: Way): Candidate {
  const gathered = way.gathers ? gatherWholeWindows(original) : original
  const graph = way.moves ? moveFarTaps(gathered, choosePatches(gathered, machine, 'stay'), machine) : gathered
  const patches = choosePatches(graph, machine)
  const cycles = modelCycles(graph, unplacedMaps(graph, machine, patches), machine)
  checkTables(graph, patches, machine)
  return { graph, maps: planMemory(graph, machine, patches), cycles }
}
