// The type of an interface rewrite, which adapts an input or output of a graph to the machine and records what the host does instead.

import { elementAt, elements } from '../../../base/defined.ts'
import { consumers, type Graph, type Node, producers } from '../../graph/graph.ts'

export interface InterfaceRewrite {
  readonly name: string
  /** The reason, in one sentence. */
  readonly why: string
  /** Returns the same graph object if there is nothing to do. */
  readonly run: (graph: Graph) => Graph
}

/** The producer of the value that the last nodes of a graph, found by `lastNodes`, read; undefined if it has other consumers. */
export function producerBefore(graph: Graph, last: readonly Node[]): Node | undefined {
  const [output, ...others] = graph.outputs
  if (output === undefined || others.length > 0) return undefined
  const furthest = last.at(-1)
  const value = furthest === undefined ? output.name : elementAt(furthest.inputs, 0)
  if (furthest !== undefined && consumers(graph).get(value)?.length !== 1) return undefined
  return producers(graph).get(value)
}

/**
 * The chain of nodes that ends in the graph's only output, the last node first, as far as `accepts` holds. Each node is the only consumer of the one
 * before it, by its first input. Empty if the graph has several outputs.
 */
export function lastNodes(graph: Graph, accepts: (node: Node) => boolean): readonly Node[] {
  const [output, ...others] = graph.outputs
  if (output === undefined || others.length > 0) return []
  const makers = producers(graph)
  const readers = consumers(graph)
  const found: Node[] = []
  let { name } = output
  for (;;) {
    const isPrivate = found.length === 0 || readers.get(name)?.length === 1
    const node = makers.get(name)
    if (!isPrivate || node === undefined || !accepts(node)) return found
    found.push(node)
    name = elementAt(node.inputs, 0)
  }
}

/** The graph without the nodes at its end: `value`, their input, becomes the output and gets its name. Undefined if no node produces it. */
export function endingAt(graph: Graph, value: string, without: readonly Node[]): Graph | undefined {
  const [output] = elements(graph.outputs, 1)
  const maker = producers(graph).get(value)
  if (maker === undefined) return undefined
  const renamed = (name: string): string => (name === value ? output.name : name)
  const nodes = graph.nodes.flatMap((node) => {
    if (without.includes(node)) return []
    const isConcerned = node === maker || node.inputs.includes(value)
    return [isConcerned ? { ...node, inputs: node.inputs.map(renamed), outputs: node.outputs.map(renamed) } : node]
  })
  return { ...graph, nodes }
}
