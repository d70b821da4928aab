// Shortens names to the length that the reader accepts, since passes append suffixes to names that may have the full length already.

import type { Graph } from '../graph/graph.ts'
import { Names } from '../graph/names.ts'
import { fileLimits } from './limits.ts'

/** Characters that are reserved for the number by which shortened names are made unique. */
const numberLength = 20

/** The graph with every name within the reader's bound; the same object if all are. Inputs and outputs keep the names of the file. */
export function withShortNames(graph: Graph): Graph {
  const all = [
    ...graph.constants.keys(),
    ...graph.nodes.flatMap(({ name, inputs, outputs }) => [name, ...inputs, ...outputs]),
  ]
  const interfaceNames = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name))
  const long = new Set(all.filter((name) => name.length > fileLimits.nameLength && !interfaceNames.has(name)))
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
