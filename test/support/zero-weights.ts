// Integer graphs in which some layers have only zero weights, as occurs in trained networks.

import type { IntegerGraph, IntegerLayer, LinearSource } from '../../compiler/graph/integer.ts'

/** The graph with all weights of the selected sources set to zero. */
export function withoutWeights(
  graph: IntegerGraph,
  isDead: (source: LinearSource, layer: number) => boolean,
): IntegerGraph {
  const emptied = (source: LinearSource, layer: number): LinearSource => {
    if (!isDead(source, layer)) return source
    const { rows, columns } = source.weights
    const none = new Int32Array(0)
    return { ...source, weights: { rows, columns, rowStart: new Int32Array(rows + 1), column: none, value: none } }
  }
  const layers = graph.layers.map((layer, at): IntegerLayer => {
    if (layer.kind === 'linear') return { ...layer, sources: layer.sources.map((source) => emptied(source, at)) }
    return layer.kind === 'logits' ? { ...layer, source: emptied(layer.source, at) } : layer
  })
  return { ...graph, layers }
}
