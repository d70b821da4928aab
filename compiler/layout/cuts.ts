// Where to cut: at once where paths disagree in their patches, and wherever a copy costs less than the lanes that it wakes up.
import { cutGraph, readersOf, type PatchCut } from '../lower/cut.ts'
import type { IntegerGraph, IntegerLayer } from '../graph/integer.ts'
import { defined } from '../../base/defined.ts'
import { unreachable } from '../../base/error.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { layerCycles, modelCycles } from '../placement/cost.ts'
import { choosePatches, type Patch } from '../placement/patches.ts'
import { unplacedMaps } from './plan.ts'
import { isRefused, type Refusal } from '../refusal.ts'

/** A graph with patches for its maps, and the cycles of the model. */
export interface Patched {
  readonly graph: IntegerGraph
  readonly patches: ReadonlyMap<string, Patch>
  readonly cycles: number
}

/**
 * Patches for all maps; an edge at which paths disagree is cut.
 * @param far what taps beyond the next lane do
 */
export function patchGraph(original: IntegerGraph, machine: Machine, far: 'grow' | 'stay' = 'grow'): Patched | Refusal {
  let graph = original
  for (;;) {
    const choice = choosePatches(graph, machine, far)
    switch (choice.kind) {
      case 'chosen': {
        const { patches } = choice
        return { graph, patches, cycles: modelCycles(graph, unplacedMaps(graph, machine, patches), machine) }
      }
      case 'disagreed':
        graph = cutGraph(graph, { map: choice.map, readers: new Set([choice.layer]) })
        break
      case 'refused':
        return choice
      default:
        return unreachable(choice)
    }
  }
}

/** Cycles above those of full lanes, as a share, below which no cut is searched for. */
const contentment = 0.03

/** A cut must save so much of all cycles: the model is no better. */
const leastGain = 0.005

/**
 * Cuts a graph wherever that saves cycles, the best cut first.
 * @param holds whether the machine can hold a graph
 */
export function cutGraphs(start: Patched, machine: Machine, holds: (candidate: Patched) => boolean): Patched {
  let best = start
  while (best.cycles > (1 + contentment) * fullLaneCycles(best, machine)) {
    const { graph, cycles } = best
    const found = cutsOf(graph)
      .map((cut) => patchGraph(cutGraph(graph, cut), machine))
      .filter((candidate): candidate is Patched => !isRefused(candidate))
      .filter((candidate) => candidate.cycles < (1 - leastGain) * cycles)
      .sort((a, b) => a.cycles - b.cycles)
      .find(holds)
    if (found === undefined) return best
    best = found
  }
  return best
}

/** All readers of a map, or those alone that go over to another size. */
function cutsOf(graph: IntegerGraph): PatchCut[] {
  const maps = [graph.input, ...graph.layers.flatMap((layer) => ('output' in layer ? [layer.output] : []))]
  return maps.flatMap(({ name, height, width }) => {
    const readers = readersOf(graph, name)
    // A copy of a copy, or for one, is a better copy.
    if (height * width === 1 || name.includes('@') || readers.some(({ kind }) => kind === 'copy')) return []
    const others = readers.filter((layer) => 'output' in layer && layer.output.height !== height)
    const sets = others.length === 0 || others.length === readers.length ? [readers] : [readers, others]
    return sets
      .filter(({ length }) => length > 0)
      .map((set) => ({ map: name, readers: new Set(set.map((each) => each.name)) }))
  })
}

/** What all layers but copies would take if no lane that can work were idle. */
function fullLaneCycles({ graph, patches }: Patched, machine: Machine): number {
  const maps = unplacedMaps(graph, machine, patches)
  const least = ({ height, width }: { height: number; width: number }): number =>
    Math.ceil(height / machine.gridHeight) * Math.ceil(width / machine.gridWidth)
  const share = (layer: IntegerLayer): number => {
    if (layer.kind === 'copy') return 0
    const walked = layer.kind === 'logits' ? defined(maps.get(layer.source.map)) : defined(maps.get(layer.output.name))
    return least(walked.map) / (walked.patch.height * walked.patch.width)
  }
  return graph.layers.reduce((sum, layer) => sum + share(layer) * layerCycles(layer, maps, machine), 0)
}
