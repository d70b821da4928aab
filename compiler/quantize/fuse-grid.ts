// How the normal form of a quantised graph enters the plan: Quantize gives a sum its grid, Weights give a product its integers.

import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { type Grid, gridOf, gridWeights, isWithin } from '../graph/operators/grid.ts'
import type { Tensor } from '../graph/tensor.ts'
import type { FuseState } from './fuse-state.ts'
import { define, grow, refusalOfGiven } from './fuse-support.ts'
import { identity, isMove } from './sum.ts'
import { mayLeaveOut, nothing } from './summands.ts'

export function quantize(state: FuseState, node: Node): void {
  const grid = gridOf(node)
  const [input] = node.inputs
  const [output] = node.outputs
  const map = state.knownMap(input)
  // The graph's own input has the codes of the first quantiser that reads it.
  if (map !== undefined && map.grid === undefined) return state.defineAlias(output, { ...map, grid })
  if (map?.grid !== undefined && isWithin(map.grid, grid)) return state.defineAlias(output, map)
  // A global average that is not stored has nothing to round: the layer that reads it sums whole pixels.
  if (state.isVector(input) && state.vectorOf(input).isMean && !state.isExact && state.isPrivate(input))
    return define(state, node, state.vectorOf(input))
  const sum = state.sumOf(input, node, false)
  const first = sum.grid
  if (first === undefined) {
    const source = isMove(sum) ? state.knownMap(sum.sources[0].map)?.grid : undefined
    return grow(state, node, { ...sum, grid, onGrid: source !== undefined && isWithin(source, grid) })
  }
  if (isWithin(first, grid)) return grow(state, node, sum)
  // The same steps, of which some at the ends are cut off, as Brevitas clips them: one rounding, then both pairs of bounds.
  if (isWithin({ ...grid, low: first.low, high: first.high }, first))
    return grow(state, node, { ...sum, grid: narrowed(first, grid), onGrid: false })
  if (mayLeaveOut(state, sum, grid, nothing(sum.bias.length))) return grow(state, node, { ...sum, grid, onGrid: false })
  grow(state, node, { ...identity(state.viewOf(input), node.name), grid })
}

function narrowed(first: Grid, second: Grid): Grid {
  const within = (code: number): number => Math.min(Math.max(code, second.low), second.high)
  return { ...first, low: within(first.low), high: within(first.high) }
}

export function weights(state: FuseState, node: Node): void {
  const [codes, scale] = node.inputs.map((name) => state.constant(name))
  if (codes === undefined || scale === undefined)
    throw refusalOfGiven(node, 'its integers are computed', 'constants', 'fold constants first')
  const call = { ...state.call(node), values: [codes, scale] }
  // Most products take the integers; real values cost as much again.
  const values = (): Tensor => gridWeights.evaluate(call)[0]
  state.defineWeights(node.outputs[0], { codes, values, step: scale.data, axis: numberOf(node, 'axis', 0) })
}
