// What the rules of single operators share: how they extend a sum, read constants and refuse.

import { elementAt, elements } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import type { Node } from '../graph/graph.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { FuseState } from './fuse-state.ts'
import type { LoweringLimit } from './lowering-limits.ts'
import { withName } from './node-names.ts'
import { identity, type Sum } from './sum.ts'

export const open = { low: -Infinity, high: Infinity, nodes: undefined } as const

export function grow(state: FuseState, node: Node, sum: Sum): void {
  state.defineSum(elementAt(node.outputs, 0), { ...sum, nodes: withName(sum.nodes, node.name) })
}

/** The value as an open sum whose rows a node may scale. */
export const sumToChange = (state: FuseState, name: string, node: Node): Sum =>
  mayChange(state, name) ? state.sumOf(name, node, true) : identity(state.viewOf(name), node.name)

/** Whether the rows of a value may become others: rows of weights that a file is to hold are those of their node, as they are. */
export const mayChange = (state: FuseState, name: string): boolean =>
  !state.isSeparate || state.pending(name)?.sources.some(({ dense }) => dense > 0) !== true

export function define(state: FuseState, node: Node, vector: Parameters<FuseState['defineVector']>[1]): void {
  state.defineVector(elementAt(node.outputs, 0), vector)
}

export function weightsOf(state: FuseState, node: Node): Tensor {
  const [, name] = elements(node.inputs, 2)
  const weights = state.constant(name) ?? state.givenWeights(name)?.values()
  if (weights === undefined)
    throw refusal(node, 'its weights are computed', 'the weights are constant', 'fold constants first')
  return weights
}

/**
 * What one integer of each row's weights stands for; undefined for weights that are not integers yet.
 *
 * @param axis of the rows
 */
export function stepsOf(state: FuseState, node: Node, axis: number, rows: number): Float64Array | undefined {
  const given = state.givenWeights(elementAt(node.inputs, 1))
  if (given === undefined && state.isGiven)
    throw refusalOfGiven(
      node,
      'parts of the model are quantised, but its weights are not',
      'integer weights with their scales',
      'quantise the whole model, or export it in float and let dlp quantise it',
    )
  if (given === undefined) return undefined
  if (given.step.length > 1 && given.axis !== axis)
    throw refusalOfGiven(
      node,
      `its weights have a scale for each slice of axis ${given.axis}`,
      'one for each output channel',
      'quantise the weights for each output channel',
    )
  return Float64Array.from({ length: rows }, (_, row) => given.step[given.step.length > 1 ? row : 0]!)
}

export function biasOf(state: FuseState, node: Node, rows: number): Float64Array {
  const name = node.inputs[2] ?? ''
  if (name === '') return new Float64Array(rows)
  const bias = state.constant(name)
  if (bias === undefined) throw refusal(node, 'its bias is computed', 'the bias is constant')
  return Float64Array.from({ length: rows }, (_, row) => bias.data[bias.size === 1 ? 0 : row]!)
}

/** A constant as one number per channel of the node's output. */
export function perChannel(state: FuseState, node: Node, constant: Tensor): number[] {
  const output = state.extents(elementAt(node.outputs, 0))
  const rank = output.height * output.width === 1 && constant.shape.length <= 2 ? 2 : 4
  const shape = [...new Array<number>(Math.max(0, rank - constant.shape.length)).fill(1), ...constant.shape]
  const fits = shape.every((extent, axis) => extent === 1 || (axis === 1 && extent === output.channels))
  if (!fits)
    throw refusal(
      node,
      `its constant has the shape [${constant.shape.join(',')}]`,
      'a constant operand is one number, or one for each channel',
    )
  return Array.from({ length: output.channels }, (_, channel) => constant.data[constant.size === 1 ? 0 : channel]!)
}

/** An error that quotes one of the operator's lowering limits. */
export function refusal(node: Node, what: string, allowed: LoweringLimit, help?: string): DlpError {
  return new DlpError({
    where: `node '${node.name}' (${node.op})`,
    what,
    allowed,
    help: help ?? 'change the model before its export',
  })
}

/** An error about a node of a quantised graph. */
export function refusalOfGiven({ name, op }: Node, what: string, allowed: string, help: string): DlpError {
  return new DlpError({ where: `node '${name}' (${op})`, what, allowed, help })
}
