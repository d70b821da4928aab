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
  checkEdges(graph)
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

/** @throws DlpError for inputs and outputs that no program has */
function checkEdges({ name, inputs, outputs }: FloatGraph): void {
  const [input, ...others] = inputs
  if (input === undefined || others.length > 0 || input.shape.length !== 4 || input.shape[0] !== 1)
    throw new DlpError({
      where: `graph '${name}'`,
      what: `its inputs are ${inputs.map((each) => `${each.name} [${each.shape.join(',')}]`).join(', ') || 'none'}`,
      allowed: 'one input [1, channels, height, width]',
      help: helpWithInputs(inputs),
    })
  if (outputs.length !== 1)
    throw new DlpError({
      where: `graph '${name}'`,
      what: `it has ${outputs.length} outputs${outputs.length > 1 ? `: ${shortList(outputs.map((each) => `'${each.name}'`))}` : ''}`,
      allowed: 'one output',
      help: 'export the model with one of them, or cut it to one with onnx.utils.extract_model; a program for each gives them all',
    })
}

function helpWithInputs([input, ...others]: FloatGraph['inputs']): string {
  if (input === undefined) return 'check that the export kept the input'
  if (others.length > 0) return 'cut the model so that one image enters it, and compute on the host what else it reads'
  const { shape } = input
  if (shape.length === 4) return 'fix its batch size to 1'
  if (shape.length > 4) return 'a program takes one image: give the frames or volumes of its other axes as channels'
  const wide = [1, ...shape.slice(1), ...new Array<number>(4 - Math.max(1, shape.length)).fill(1)]
  return `export it with four axes: leave a first Reshape to the host, or add axes of 1, such as [${wide.join(',')}]`
}

const shortList = (names: readonly string[]): string =>
  `${names.slice(0, mostNodes).join(', ')}${names.length > mostNodes ? ` and ${names.length - mostNodes} more` : ''}`

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
