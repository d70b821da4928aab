// How the normal form of a quantised graph enters the plan: Quantize gives a sum its grid, Weights give a product its integers.

import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { formatOf, type Grid, gridOf, gridWeights, isNarrower, isQuantize, isWithin } from '../graph/operators/grid.ts'
import type { Tensor } from '../graph/tensor.ts'
import { codeRange } from '../../base/bits.ts'
import { defined, elementAt, elements } from '../../base/defined.ts'
import type { FuseState } from './fuse-state.ts'
import { define, grow, refusalOfGiven } from './fuse-support.ts'
import { unquantised } from './unquantised.ts'
import { meansStayWithin } from './reach.ts'
import { identity, isMove } from './sum.ts'
import { mayLeaveOut, nothing } from './summands.ts'

export function quantize(state: FuseState, node: Node): void {
  const grid = gridOf(node)
  const [input] = elements(node.inputs, 1)
  const [output] = elements(node.outputs, 1)
  if (state.knownMap(input) !== undefined && state.knownMap(input)?.grid === undefined) quantizeInput(state, node)
  const map = state.knownMap(input)
  if (map?.grid !== undefined && isWithin(map.grid, grid)) return state.defineAlias(output, map)
  // A global average that is not stored has nothing to round: the layer that reads it sums whole pixels.
  const vector = state.isVector(input) ? state.vectorOf(input) : undefined
  const mean = vector?.isMean === true ? (vector.grid ?? vector.map.grid) : undefined
  if (
    vector !== undefined &&
    mean !== undefined &&
    !state.isExact &&
    state.isPrivate(input) &&
    meansStayWithin(mean, grid)
  )
    return define(state, node, { ...vector, grid })
  const sum = state.sumOf(input, node, false)
  const first = sum.grid
  if (first === undefined) {
    const source = isMove(sum) ? state.knownMap(elementAt(sum.sources, 0).map)?.grid : undefined
    return grow(state, node, { ...sum, grid, onGrid: source !== undefined && isWithin(source, grid) })
  }
  if (isWithin(first, grid)) return grow(state, node, sum)
  // The same steps, of which some at the ends are cut off, as Brevitas clips them: one rounding, then both pairs of bounds.
  if (isNarrower(grid, first)) return grow(state, node, { ...sum, grid: narrowed(first, grid), onGrid: false })
  if (mayLeaveOut(state, sum, grid, nothing(sum.bias.length))) return grow(state, node, { ...sum, grid, onGrid: false })
  grow(state, node, { ...identity(state.viewOf(input), node.name), grid })
}

/**
 * The graph's own input has the codes of the quantiser that reads it, in whole formats: the host rounds to the nearest code and saturates
 * where the format ends. Fewer codes than that are the affair of a layer.
 *
 * @throws DlpError where the host would have to round otherwise, or readers differ
 */
function quantizeInput(state: FuseState, node: Node): void {
  const [input] = elements(node.inputs, 1)
  const grid = gridOf(node)
  if (grid.rounding !== 'nearest')
    throw refusalOfGiven(
      node,
      `it rounds the model's input by '${grid.rounding}'`,
      'the quantiser of the input rounds to the nearest code, as hosts do',
      'quantise the input with 8 bits first',
    )
  let [least, greatest] = [grid.low, grid.high]
  for (const reader of state.readersOf(input)) {
    if (!isQuantize(reader)) throw unquantised(input)
    const other = gridOf(reader)
    least = Math.min(least, other.low)
    greatest = Math.max(greatest, other.high)
    if (other.scale !== grid.scale || other.zeroPoint !== grid.zeroPoint)
      throw refusalOfGiven(
        reader,
        `it quantises the model's input by scale ${other.scale} and zero point ${other.zeroPoint}, node '${node.name}' by ${grid.scale} and ${grid.zeroPoint}`,
        'one scale and zero point for the input',
        'let all that reads the input read one quantiser',
      )
  }
  const codes = codeRange(formatOf(least, greatest))
  state.defineAlias(input, { ...defined(state.knownMap(input)), grid: { ...grid, ...codes } })
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
  const values = (): Tensor => elementAt(gridWeights.evaluate(call), 0)
  state.defineWeights(elementAt(node.outputs, 0), { codes, values, step: scale.data, axis: numberOf(node, 'axis', 0) })
}
