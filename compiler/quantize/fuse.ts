// Fusing: a simplified float graph becomes a plan of layers, each of which joins a Conv or Gemm, shortcuts, projections and an activation.

import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { shortList } from '../refusal.ts'
import { Diagnostics } from '../graph/diagnostics.ts'
import { consumers, type FloatGraph } from '../graph/graph.ts'
import { withFileNames } from '../graph/origins.ts'
import { analyse } from '../graph/infer-types.ts'
import { fuseNode } from './fuse-node.ts'
import { type FuseOptions, FuseState } from './fuse-state.ts'
import type { FloatPlan } from './plan.ts'

/**
 * Plans the layers of a simplified graph: one input [1, C, H, W], one output.
 *
 * @throws DlpError with every node that no layer can hold, the reason, and what would help
 */
export function fuse(graph: FloatGraph, options: FuseOptions = {}): FloatPlan {
  return withFileNames(graph.origins, () => planOf(graph, options))
}

function planOf(graph: FloatGraph, options: FuseOptions): FloatPlan {
  const diagnostics = new Diagnostics()
  const hasImage = diagnostics.attempt(() => checkInput(graph))
  diagnostics.attempt(() => checkOutputs(graph))
  // Without an image the nodes cannot be checked.
  if (!hasImage) diagnostics.throwAny(graph.name)
  const state = new FuseState(graph, analyse(graph), consumers(graph), options)
  for (const node of graph.nodes) {
    if (node.outputs.every((name) => state.constant(name) !== undefined)) continue
    if (diagnostics.visit(node, (each) => fuseNode(state, each))) for (const name of node.inputs) state.release(name)
  }
  if (diagnostics.isEmpty) diagnostics.attempt(() => state.finish(elementAt(graph.outputs, 0).name))
  diagnostics.throwAny(graph.name)
  const plan = state.plan()
  if (plan.layers.length === 0)
    throw new DlpError({
      where: `graph '${graph.name}'`,
      what: 'its output is its input: no layer is left of it',
      allowed: 'at least one node that computes something',
      help: 'check that the export kept the layers',
    })
  return plan
}

/** @throws DlpError for inputs that no program can have */
function checkInput({ name, inputs }: FloatGraph): void {
  const [input, ...others] = inputs
  if (input === undefined || others.length > 0 || input.shape.length !== 4 || input.shape[0] !== 1)
    throw new DlpError({
      where: `graph '${name}'`,
      what: `its inputs are ${inputs.map((each) => `${each.name} [${each.shape.join(',')}]`).join(', ') || 'none'}`,
      allowed: 'one input [1, channels, height, width]',
      help: helpWithInputs(inputs),
    })
}

/** @throws DlpError for outputs that no program can have */
function checkOutputs({ name, outputs }: FloatGraph): void {
  if (outputs.length !== 1)
    throw new DlpError({
      where: `graph '${name}'`,
      what: `it has ${outputs.length} outputs${outputs.length > 1 ? `: ${shortList(outputs.map((each) => `'${each.name}'`))}` : ''}`,
      allowed: 'one output',
      help: 'export the model with one of them, or cut it to one with onnx.utils.extract_model; a program for each output gives them all',
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
