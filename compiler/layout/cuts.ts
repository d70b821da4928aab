// Where to cut a graph: wherever paths disagree in their patches, and wherever a relayout costs less than the idle lanes that it avoids.
import { cutGraph, readersOf, type PatchCut } from '../lower/cut.ts'
import type { IntegerGraph, IntegerLayer } from '../graph/integer.ts'
import { defined } from '../../base/defined.ts'
import { unreachable } from '../../base/error.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { layerCycles, modelCycles } from '../placement/cost.ts'
import { choosePatches, type Patch } from '../placement/patches.ts'
import { unplacedMaps } from './memory-plan.ts'
import { isRefused, type Refusal } from '../refusal.ts'

/** A graph with patches for its maps, and its cycles by the cost model. */
export interface Patched {
  readonly graph: IntegerGraph
  readonly patches: ReadonlyMap<string, Patch>
  readonly cycles: number
}

/**
 * Patches for all maps; an edge at which paths disagree is cut.
 * @param far what happens to taps past the next lane: see `choosePatches`
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

/** No cut is searched for if the cycles are within this share of those with full lanes. */
const goodEnough = 0.03

/** A cut must save this share of all cycles: the model is not more accurate. */
const leastGain = 0.005

/**
 * Cuts a graph wherever that saves cycles, the best cut first.
 * @param fits whether a graph fits the machine
 */
export function cutGraphs(start: Patched, machine: Machine, fits: (candidate: Patched) => boolean): Patched {
  let best = start
  while (best.cycles > (1 + goodEnough) * fullLaneCycles(best, machine)) {
    const { graph, cycles } = best
    const found = cutsOf(graph)
      .map((cut) => patchGraph(cutGraph(graph, cut), machine))
      .filter((candidate): candidate is Patched => !isRefused(candidate))
      .filter((candidate) => candidate.cycles < (1 - leastGain) * cycles)
      .sort((a, b) => a.cycles - b.cycles)
      .find(fits)
    if (found === undefined) return best
    best = found
  }
  return best
}

/** Cuts for each map: before all its readers, or only before those with an output of another size. */
function cutsOf(graph: IntegerGraph): PatchCut[] {
  const maps = [graph.input, ...graph.layers.flatMap((layer) => ('output' in layer ? [layer.output] : []))]
  return maps.flatMap(({ name, height, width }) => {
    const readers = readersOf(graph, name)
    // A relayout of a relayout, or before one, is no better than a single one.
    if (height * width === 1 || name.includes('@') || readers.some(({ kind }) => kind === 'relayout')) return []
    const others = readers.filter((layer) => 'output' in layer && layer.output.height !== height)
    const sets = others.length === 0 || others.length === readers.length ? [readers] : [readers, others]
    return sets
      .filter(({ length }) => length > 0)
      .map((set) => ({ map: name, readers: new Set(set.map((each) => each.name)) }))
  })
}

/** Cycles of all layers but relayouts if no lane were idle that could be used. */
function fullLaneCycles({ graph, patches }: Patched, machine: Machine): number {
  const maps = unplacedMaps(graph, machine, patches)
  const least = ({ height, width }: { height: number; width: number }): number =>
    Math.ceil(height / machine.gridHeight) * Math.ceil(width / machine.gridWidth)
  const share = (layer: IntegerLayer): number => {
    if (layer.kind === 'relayout') return 0
    const { map, patch } =
      layer.kind === 'logits' ? defined(maps.get(layer.source.map)) : defined(maps.get(layer.output.name))
    return least(map) / (patch.height * patch.width)
  }
  return graph.layers.reduce((sum, layer) => sum + share(layer) * layerCycles(layer, maps, machine), 0)
}
