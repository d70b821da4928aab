// What the edges of a graph become on the machine: channels before pixels at the input, and at the output nothing that is the host's.

import { DlpError } from '../../base/error.ts'
import type { Graph } from '../graph/graph.ts'
import { channelsFirst } from './interface/channels-first.ts'
import type { InterfaceRewrite } from './interface/interface-rewrite.ts'
import { floatInput } from './interface/float-input.ts'
import { hostOperators, hostOutputOperators } from './interface/host-operators.ts'
import { inputSteps } from './interface/input-steps.ts'
import { outputArrangement } from './interface/output-arrangement.ts'
import { simplify } from './simplify.ts'

/** Operators that only an edge of the graph may have, and what becomes of them there. */
export const interfaceOperators: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.keys(hostOperators).map((op) => [op, 'as the last node it is left to the host, with a warning']),
  ),
  Transpose:
    'of an image with channels last it becomes part of the interface, with a warning; as the last node too, and the host orders the output',
}

/** In their order; each is tried again until none finds anything to do. */
export const interfaceRewrites: readonly InterfaceRewrite[] = [
  floatInput,
  channelsFirst,
  inputSteps,
  hostOutputOperators,
  outputArrangement,
]

/** Every edge takes something off the graph; no model has so many. */
const mostRounds = 16

/**
 * A graph, float or quantised, as the machine takes and gives it: `edges` says how. What changes for the caller is said by a warning, what the
 * host does by itself stands in `host`.
 *
 * @param again what makes the changed graph simple
 * @throws DlpError for an input that is not of floats
 */
export function machineInterface(graph: Graph, again: (graph: Graph) => Graph = simplify): Graph {
  let current = graph
  for (let round = 0; round < mostRounds; round++) {
    const changed = interfaceRewrites.reduce(adaptedBy, current)
    if (changed === current) break
    current = again(changed)
  }
  checkInputs(current)
  return current
}

function adaptedBy(graph: Graph, edge: InterfaceRewrite): Graph {
  const changed = edge.run(graph)
  graph.history?.commit(edge, graph, changed)
  return changed
}

function checkInputs({ inputs }: Graph): void {
  for (const { name, elementType } of inputs)
    if (elementType !== 'float32')
      throw new DlpError({
        where: `input '${name}'`,
        what: `its element type is ${elementType}`,
        allowed: 'float32, or whole numbers that are cast to float32 before anything else',
        help: 'export the model with a float input',
      })
}
