// Activations that are sums of clamped maps: exact, at the price of a map more.

import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import type { FuseState } from './fuse-state.ts'
import { grow, perChannel, refusal } from './fuse-support.ts'
import { add, affine, clamped, gridOfParts, identity } from './sum.ts'
import { viewOf } from './view.ts'

export function leakyRelu(state: FuseState, node: Node): void {
  const { channels } = state.extents(node.outputs[0])
  leaky(state, node, new Array<number>(channels).fill(numberOf(node, 'alpha', 0.01)))
}

export function prelu(state: FuseState, node: Node): void {
  const slope = state.constant(node.inputs[1])
  if (slope === undefined) throw refusal(node, 'its slope is computed', 'the slope is constant')
  leaky(state, node, perChannel(state, node, slope))
}

/** x between bounds, scaled and moved before: clip(αx + β, 0, 1). */
export function hardSigmoid(state: FuseState, node: Node): void {
  const { channels } = state.extents(node.outputs[0])
  const all = (name: string, otherwise: number) => new Array<number>(channels).fill(numberOf(node, name, otherwise))
  const sum = affine(state.sumToChange(node.inputs[0], node, true), all('alpha', 0.2), all('beta', 0.5))
  grow(state, node, clamped(sum, 0, 1))
}

/** slope · x + (1 − slope) · relu(x) */
function leaky(state: FuseState, node: Node, slopes: readonly number[]): void {
  const [name] = node.outputs
  const view = state.viewOf(node.inputs[0])
  const source = identity(view, node.name)
  const positive = { ...state.extents(name), name: `${name}:positive` }
  const { grid } = gridOfParts(view)
  // Given codes from that of 0 on are values of the grid that they come from.
  const half = grid === undefined ? clamped(source, 0, Infinity) : { ...source, grid: { ...grid, low: grid.zeroPoint } }
  const rest = identity(viewOf(state.mapOfSum(half, positive)), node.name)
  const none = slopes.map(() => 0)
  const scaled = [affine(source, slopes, none), affine(rest, slopes.map((slope) => 1 - slope), none)] as const // prettier-ignore
  const sum = add(...scaled, true)
  // One multiplication a value is the operator's own; the second is the price of doing without a choice.
  const sources = sum.sources.map((each) => (each.map === positive.name ? { ...each, needed: 0 } : each))
  grow(state, node, { ...sum, sources })
}
