// Names of a graph cut to what the reader takes: passes add endings to names that may be as long as a name may be.

import type { Graph } from '../graph/graph.ts'
import { Names } from '../graph/names.ts'
import { fileLimits } from './limits.ts'

/** Room for the number that distinguishes names with the same beginning. */
const numberLength = 20

/** The graph with every name within the reader's limit; the very same one where all are. Inputs and outputs have the file's own names. */
export function withShortNames(graph: Graph): Graph {
  const all = [
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(({ name, inputs, outputs }) => [name, ...inputs, ...outputs]),
  ]
  const edges = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name))
  const long = new Set(all.filter((name) => name.length > fileLimits.nameLength && !edges.has(name)))
  if (long.size === 0) return graph
  const names = new Names(all)
  const cut = (name: string): string => names.fresh(name.slice(0, fileLimits.nameLength - numberLength))
  const shortened = new Map([...long].map((name) => [name, cut(name)]))
  const short = (name: string): string => shortened.get(name) ?? name
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({
      ...node,
      name: short(node.name),
      inputs: node.inputs.map(short),
      outputs: node.outputs.map(short),
    })),
    constants: new Map([...graph.constants].map(([name, value]) => [short(name), value])),
  }
}
