// Adapts the inputs and outputs of a graph to the machine: inputs with channels first, outputs without the operators that are left to the host.

import { DlpError } from '../../base/error.ts'
import type { Graph } from '../graph/graph.ts'
import { channelsFirst } from './interface/channels-first.ts'
import type { InterfaceRewrite } from './interface/interface-rewrite.ts'
import { floatInput } from './interface/float-input.ts'
import { hostOperators, hostOutputOperators } from './interface/host-operators.ts'
import { inputSteps } from './interface/input-steps.ts'
import { outputArrangement } from './interface/output-arrangement.ts'
import { simplify } from './simplify.ts'

/** Operators that are supported at an input or output of the graph, and what becomes of them there. */
export const interfaceOperators: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.keys(hostOperators).map((op) => [op, 'as the last node it is left to the host, with a warning']),
  ),
  Transpose:
    'at an input with channels last, and as the last node, it becomes part of the interface: the program takes channels first, with a warning, and the host reorders the output',
}

/** In this order, repeated until none changes the graph. */
export const interfaceRewrites: readonly InterfaceRewrite[] = [
  floatInput,
  channelsFirst,
  inputSteps,
  hostOutputOperators,
  outputArrangement,
]

/** A bound on the repetitions, each of which removes something from the graph. */
const mostRounds = 16

/**
 * The graph, float or quantised, with the inputs and outputs that the machine supports. A warning states what changes for the caller; `host`
 * records what the host does.
 *
 * @param canonicalise the passes that run after each change
 * @throws DlpError for an input that is not of floats
 */
export function machineInterface(graph: Graph, canonicalise: (graph: Graph) => Graph = simplify): Graph {
  let current = graph
  for (let round = 0; round < mostRounds; round++) {
    const changed = interfaceRewrites.reduce(apply, current)
    if (changed === current) break
    current = canonicalise(changed)
  }
  checkInputs(current)
  return current
}

function apply(graph: Graph, rewrite: InterfaceRewrite): Graph {
  const changed = rewrite.run(graph)
  graph.history?.commit(rewrite, graph, changed)
  return changed
}

function checkInputs({ inputs }: Graph): void {
  for (const { name, elementType } of inputs)
    if (elementType !== 'float32')
      throw new DlpError({
        where: `input '${name}'`,
        what: `its element type is ${elementType}`,
        allowed: 'float32, or integers that are cast to float32 first',
        help: 'export the model with a float input',
      })
}
