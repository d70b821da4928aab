// Fusing: a simplified float graph becomes a plan of layers, each joining Conv or Gemm, shortcut, projection and activation.

import { DlpError, describe } from '../../base/error.ts'
import { consumers, type FloatGraph, type Node } from '../graph/graph.ts'
import { inWordsOfFile } from '../graph/origins.ts'
import { analyse } from '../graph/infer-types.ts'
import { fuseNode } from './fuse-node.ts'
import type { FuseOptions } from './fuse-options.ts'
import { FuseState } from './fuse-state.ts'
import type { FloatPlan } from './plan.ts'

/**
 * Plans the layers of a simplified graph: one input [1, C, H, W], one output.
 *
 * @throws DlpError naming every node that no layer can hold, the reason, and what would help
 */
export function fuse(graph: FloatGraph, options: FuseOptions = {}): FloatPlan {
  return inWordsOfFile(graph.origins, () => planOf(graph, options))
}

function planOf(graph: FloatGraph, options: FuseOptions): FloatPlan {
  const input = graph.inputs[0]
  if (graph.inputs.length !== 1 || input.shape.length !== 4 || input.shape[0] !== 1)
    throw new DlpError({
      where: `graph '${graph.name}'`,
      what: `its inputs are ${graph.inputs.map(({ name, shape }) => `${name} [${shape.join(',')}]`).join(', ') || 'none'}`,
      allowed: 'one input [1, channels, height, width]',
      help: graph.inputs.length === 1 && input.shape.length < 4 ? reshapedInput(input.shape) : 'cut the model, or fix its batch size to 1', // prettier-ignore
    })
  if (graph.outputs.length !== 1)
    throw new DlpError({
      where: `graph '${graph.name}'`,
      what: `it has ${graph.outputs.length} outputs`,
      allowed: 'one output',
      help: 'choose one output',
    })
  const state = new FuseState(graph, analyse(graph), consumers(graph), options)
  const refused: DlpError[] = []
  for (const node of graph.nodes) if (node.outputs.some((name) => state.constant(name) === undefined)) visit(node)
  if (refused.length === 0) attempt(() => state.finish(graph.outputs[0].name))
  if (refused.length === 1) throw refused[0]
  if (refused.length > 1) throw joined(refused, graph.name)
  const plan = state.plan()
  if (plan.steps.length === 0)
    throw new DlpError({
      where: `graph '${graph.name}'`,
      what: 'its output is its input: no layer is left of it',
      allowed: 'at least one node that computes something',
      help: 'check that the export kept the layers',
    })
  return plan

  function visit(node: Node): void {
    // What stands behind a refused node is not a second fault.
    if (node.inputs.some((name) => state.isRefused(name))) return node.outputs.forEach((name) => state.refuse(name))
    if (!attempt(() => fuseNode(state, node))) node.outputs.forEach((name) => state.refuse(name))
    else for (const name of node.inputs) state.release(name)
  }

  function attempt(action: () => void): boolean {
    try {
      action()
      return true
    } catch (error) {
      if (!(error instanceof DlpError)) throw error
      refused.push(error)
      return false
    }
  }
}

/** What to do with rows of features: a picture of one pixel has as many channels. */
function reshapedInput([batch, ...rest]: readonly number[]): string {
  const features = rest.reduce((product, extent) => product * extent, 1)
  return `let the model start from [1,${features},1,1] and reshape to [${[batch, ...rest].join(',')}] behind the input`
}

/** Reasons that one message lists, and nodes of each that it names. */
const mostReasons = 8
const mostNodes = 3

/** One error for all: a line a reason, with the nodes that it holds for. */
function joined(errors: readonly DlpError[], name: string): DlpError {
  const places = new Map<string, string[]>()
  for (const { complaint } of errors) {
    const { where = '', ...reason } = complaint
    const sentence = describe(reason)
    const known = places.get(sentence)
    if (known === undefined) places.set(sentence, [where])
    else known.push(where)
  }
  const listed = [...places].map(([sentence, all]) => {
    const rest = all.length - mostNodes
    return `${all.slice(0, mostNodes).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}: ${sentence}`
  })
  return new DlpError({
    where: `graph '${name}'`,
    what: `${errors.length} nodes cannot be lowered:`,
    lines: [...listed.slice(0, mostReasons), ...(listed.length > mostReasons ? ['…'] : [])].map((line) => `  ${line}`),
  })
}
