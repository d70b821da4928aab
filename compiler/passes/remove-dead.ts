// Dead code elimination: removes nodes and constants on which no output depends.

import type { Graph, Node } from '../graph/graph.ts'
import type { Pass } from './pass.ts'

export const removeDead: Pass = {
  name: 'remove-dead',
  why: 'unused nodes and constants cost time and memory',
  run: (graph): Graph => {
    const read = new Set(graph.outputs.map(({ name }) => name))
    const nodes: Node[] = []
    for (const node of [...graph.nodes].reverse()) {
      if (!node.outputs.some((name) => read.has(name))) continue
      nodes.push(node)
      for (const name of node.inputs) read.add(name)
    }
    nodes.reverse()
    const constants = new Map([...graph.constants].filter(([name]) => read.has(name)))
    if (nodes.length === graph.nodes.length && constants.size === graph.constants.size) return graph
    return { ...graph, nodes, constants }
  },
}
