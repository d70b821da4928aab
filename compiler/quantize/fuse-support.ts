// What the rules of single operators share: how they define their output, and how they read weights and constants.

import { elementAt, elements } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { FuseState } from './fuse-state.ts'
import { loweringError, quantisedModelError } from './lowering-errors.ts'
import { withName } from './node-names.ts'
import { identity, type Sum } from './sum.ts'

/** The bounds and nodes of a sum without either. */
export const unbounded = { low: -Infinity, high: Infinity, nodes: undefined } as const

/** The node's output is this sum, which stands for the node too. */
export function defineSum(state: FuseState, node: Node, sum: Sum): void {
  state.defineSum(elementAt(node.outputs, 0), { ...sum, nodes: withName(sum.nodes, node.name) })
}

/** The value as an extendable sum whose rows a node may scale. */
export const sumToScale = (state: FuseState, name: string, node: Node): Sum =>
  mayChangeRows(state, name) ? state.sumOf(name, node, true) : identity(state.viewOf(name), node.name)

/** Whether the rows of a value may be scaled or picked: weights that are written to a file keep the rows of their node. */
export const mayChangeRows = (state: FuseState, name: string): boolean =>
  !state.separatesConvolutions || state.pending(name)?.sources.some(({ dense }) => dense > 0) !== true

export function defineVector(state: FuseState, node: Node, vector: Parameters<FuseState['defineVector']>[1]): void {
  state.defineVector(elementAt(node.outputs, 0), vector)
}

export function weightsOf(state: FuseState, node: Node): Tensor {
  const [, name] = elements(node.inputs, 2)
  const weights = state.constant(name) ?? state.quantisedWeights(name)?.values()
  if (weights === undefined)
    throw loweringError(node, 'its weights are computed', 'the weights are constant', 'fold constants first')
  return weights
}

/**
 * The scale of each row's weights; undefined for weights in float.
 *
 * @param axis the axis of the weights along which the rows lie
 */
export function weightScalesOf(state: FuseState, node: Node, axis: number, rows: number): Float64Array | undefined {
  const weights = state.quantisedWeights(elementAt(node.inputs, 1))
  if (weights === undefined && state.isQuantised)
    throw quantisedModelError(
      node,
      'parts of the model are quantised, but its weights are not',
      'integer weights with their scales',
      'quantise the whole model, or export it in float and let dlp quantise it',
    )
  if (weights === undefined) return undefined
  if (weights.scale.length > 1 && weights.axis !== axis)
    throw quantisedModelError(
      node,
      `its weights have a scale for each slice of axis ${weights.axis}`,
      'one for each output channel',
      'quantise the weights for each output channel',
    )
  return Float64Array.from({ length: rows }, (_, row) => weights.scale[weights.scale.length > 1 ? row : 0]!)
}

export function biasOf(state: FuseState, node: Node, rows: number): Float64Array {
  const name = node.inputs[2] ?? ''
  if (name === '') return new Float64Array(rows)
  const bias = state.constant(name)
  if (bias === undefined) throw loweringError(node, 'its bias is computed', 'the bias is constant')
  return Float64Array.from({ length: rows }, (_, row) => bias.data[bias.size === 1 ? 0 : row]!)
}

/** A constant as one number per channel of the node's output. */
export function perChannel(state: FuseState, node: Node, constant: Tensor): number[] {
  const output = state.extents(elementAt(node.outputs, 0))
  const rank = output.height * output.width === 1 && constant.shape.length <= 2 ? 2 : 4
  const shape = [...new Array<number>(Math.max(0, rank - constant.shape.length)).fill(1), ...constant.shape]
  const fits = shape.every((extent, axis) => extent === 1 || (axis === 1 && extent === output.channels))
  if (!fits)
    throw loweringError(
      node,
      `its constant has the shape [${constant.shape.join(',')}]`,
      'a constant operand is one number, or one for each channel',
    )
  return Array.from({ length: output.channels }, (_, channel) => constant.data[constant.size === 1 ? 0 : channel]!)
}
