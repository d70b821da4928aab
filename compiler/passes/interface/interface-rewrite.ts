// What an edge is: a step that adapts what a graph takes or gives to the machine, and says what the host does instead.

import { elementAt, elements } from '../../../base/defined.ts'
import { consumers, type Graph, type Node, producers } from '../../graph/graph.ts'

export interface InterfaceRewrite {
  readonly name: string
  /** Why the machine has it otherwise, in one sentence. */
  readonly why: string
  /** Returns the very same graph where there is nothing to do. */
  readonly run: (graph: Graph) => Graph
}

/** What makes the value that the last nodes of a graph, found by `lastNodes`, start from; they alone read it. */
export function producerBefore(graph: Graph, last: readonly Node[]): Node | undefined {
  const [output, ...others] = graph.outputs
  if (output === undefined || others.length > 0) return undefined
  const furthest = last.at(-1)
  const value = furthest === undefined ? output.name : elementAt(furthest.inputs, 0)
  if (furthest !== undefined && consumers(graph).get(value)?.length !== 1) return undefined
  return producers(graph).get(value)
}

/**
 * The nodes before the graph's only output, the last one first, each read by the next alone: as far as `takes` holds.
 * Their first inputs lead on; none where the graph has several outputs.
 */
export function lastNodes(graph: Graph, takes: (node: Node) => boolean): readonly Node[] {
  const [output, ...others] = graph.outputs
  if (output === undefined || others.length > 0) return []
  const makers = producers(graph)
  const readers = consumers(graph)
  const found: Node[] = []
  let { name } = output
  for (;;) {
    const isPrivate = found.length === 0 || readers.get(name)?.length === 1
    const node = makers.get(name)
    if (!isPrivate || node === undefined || !takes(node)) return found
    found.push(node)
    name = elementAt(node.inputs, 0)
  }
}

/** The graph without nodes at its end: `value`, which stood before them, takes the name of the output. Undefined where no node makes it. */
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
