// Gathering: a window as large as its map reads all of it from one lane, so that the patches of the maps before it need not grow.
import { defined } from '../../base/defined.ts'
import type { RelayoutLayer, IntegerGraph, IntegerLayer, IntegerMap, LinearSource } from '../graph/integer.ts'
import { coversOnce } from '../placement/windows.ts'

/** The graph with a relayout into one lane before every window that covers its map once; it evaluates to the same codes. The graph itself if there is none. */
export function gatherWholeWindows(graph: IntegerGraph): IntegerGraph {
  const maps = new Map([[graph.input.name, graph.input]])
  const relayouts = new Set<string>()
  const layers = graph.layers.flatMap((layer): IntegerLayer[] => {
    const added: RelayoutLayer[] = []
    const gathered = (source: LinearSource): LinearSource => {
      const map = defined(maps.get(source.map))
      if (!coversOnce(source, map)) return source
      const relayout = gatheringRelayout(map)
      if (!relayouts.has(relayout.name)) added.push(relayout)
      relayouts.add(relayout.name)
      return { ...source, map: relayout.name }
    }
    const changed = changeSources(layer, gathered)
    if (layer.kind !== 'logits') maps.set(layer.output.name, layer.output)
    return [...added, changed]
  })
  return relayouts.size === 0 ? graph : { ...graph, layers }
}

function changeSources(layer: IntegerLayer, change: (source: LinearSource) => LinearSource): IntegerLayer {
  if (layer.kind === 'logits') return { ...layer, source: change(layer.source) }
  const isOne = layer.output.height * layer.output.width === 1
  if (layer.kind !== 'linear' || layer.overPixels === true || !isOne) return layer
  return { ...layer, sources: layer.sources.map(change) }
}

function gatheringRelayout(map: IntegerMap): RelayoutLayer {
  const name = `${map.name}@lane`
  return {
    kind: 'relayout',
    name,
    source: map.name,
    stride: [1, 1],
    offset: [0, 0],
    lanes: 'one',
    output: { ...map, name },
  }
}
