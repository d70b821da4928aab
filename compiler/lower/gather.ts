// Gathering: a window as large as its map reads all of it from one lane, so that the maps before it need not grow.
import { defined } from '../../base/defined.ts'
import type { CopyLayer, IntegerGraph, IntegerLayer, IntegerMap, LinearSource } from '../graph/integer.ts'
import { coversOnce } from '../placement/windows.ts'

/** The same graph with a copy into one lane before every window that covers its map once; evaluates to the same codes. The graph itself where there is none. */
export function gatherWholeWindows(graph: IntegerGraph): IntegerGraph {
  const maps = new Map([[graph.input.name, graph.input]])
  const copies = new Set<string>()
  const layers = graph.layers.flatMap((layer): IntegerLayer[] => {
    const made: CopyLayer[] = []
    const gathered = (source: LinearSource): LinearSource => {
      const map = defined(maps.get(source.map))
      if (!coversOnce(source, map)) return source
      const copy = gatheringCopy(map)
      if (!copies.has(copy.name)) made.push(copy)
      copies.add(copy.name)
      return { ...source, map: copy.name }
    }
    const changed = changeSources(layer, gathered)
    if (layer.kind !== 'logits') maps.set(layer.output.name, layer.output)
    return [...made, changed]
  })
  return copies.size === 0 ? graph : { ...graph, layers }
}

function changeSources(layer: IntegerLayer, change: (source: LinearSource) => LinearSource): IntegerLayer {
  if (layer.kind === 'logits') return { ...layer, source: change(layer.source) }
  const isOne = layer.output.height * layer.output.width === 1
  if (layer.kind !== 'linear' || layer.overPixels === true || !isOne) return layer
  return { ...layer, sources: layer.sources.map(change) }
}

function gatheringCopy(map: IntegerMap): CopyLayer {
  const name = `${map.name}@lane`
  return {
    kind: 'copy',
    name,
    source: map.name,
    stride: [1, 1],
    offset: [0, 0],
    lanes: 'one',
    output: { ...map, name },
  }
}
