// How the normal form of a quantised graph enters the plan: Quantize gives a sum its grid, Weights give a product its integers.

import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { formatOf, type Grid, gridOf, gridWeights, isNarrower, isQuantize, isWithin } from '../graph/operators/grid.ts'
import type { Tensor } from '../graph/tensor.ts'
import { codeRange } from '../../base/bits.ts'
import { defined, elementAt, elements } from '../../base/defined.ts'
import { mayLeaveOut, zeroRanges } from './fuse-rounding.ts'
import type { FuseState } from './fuse-state.ts'
import { defineSum, defineVector } from './fuse-support.ts'
import { quantisedModelError, unquantisedError } from './lowering-errors.ts'
import { meansStayWithin } from './row-ranges.ts'
import { identity, isDataMovement } from './sum.ts'

export function quantize(state: FuseState, node: Node): void {
  const grid = gridOf(node)
  const [input] = elements(node.inputs, 1)
  const [output] = elements(node.outputs, 1)
  if (state.existingMap(input) !== undefined && state.existingMap(input)?.grid === undefined) quantizeInput(state, node)
  const map = state.existingMap(input)
  if (map?.grid !== undefined && isWithin(map.grid, grid)) return state.defineAlias(output, map)
  // A global average that is not stored is not rounded: the layer that reads it sums all pixels.
  const vector = state.isVector(input) ? state.vectorOf(input) : undefined
  const meanGrid = vector?.isMean === true ? (vector.grid ?? vector.map.grid) : undefined
  if (
    vector !== undefined &&
    meanGrid !== undefined &&
    !state.isExact &&
    state.isPrivate(input) &&
    meansStayWithin(meanGrid, grid)
  )
    return defineVector(state, node, { ...vector, grid })
  const sum = state.sumOf(input, node, false)
  const own = sum.grid
  if (own === undefined) {
    const source = isDataMovement(sum) ? state.existingMap(elementAt(sum.sources, 0).map)?.grid : undefined
    return defineSum(state, node, { ...sum, grid, onGrid: source !== undefined && isWithin(source, grid) })
  }
  if (isWithin(own, grid)) return defineSum(state, node, sum)
  // The same scale with fewer codes at the ends, as Brevitas clips them: one rounding, then both pairs of bounds.
  if (isNarrower(grid, own)) return defineSum(state, node, { ...sum, grid: narrowed(own, grid), onGrid: false })
  if (mayLeaveOut(state, sum, grid, zeroRanges(sum.bias.length)))
    return defineSum(state, node, { ...sum, grid, onGrid: false })
  defineSum(state, node, { ...identity(state.viewOf(input), node.name), grid })
}

/**
 * Gives the graph's input the grid of the quantiser that reads it, with all codes of a format of 4 or 8 bits: the host rounds to the nearest code and
 * saturates at the ends of the format. If the model has fewer codes, a layer clamps to them.
 *
 * @throws DlpError where the host would have to round in another way, or readers have different scales
 */
function quantizeInput(state: FuseState, node: Node): void {
  const [input] = elements(node.inputs, 1)
  const grid = gridOf(node)
  if (grid.rounding !== 'nearest')
    throw quantisedModelError(
      node,
      `it rounds the model's input by '${grid.rounding}'`,
      'the quantiser of the input rounds to the nearest code, as hosts do',
      'quantise the input with 8 bits first',
    )
  let [least, greatest] = [grid.low, grid.high]
  for (const reader of state.readersOf(input)) {
    if (!isQuantize(reader)) throw unquantisedError(input)
    const other = gridOf(reader)
    least = Math.min(least, other.low)
    greatest = Math.max(greatest, other.high)
    if (other.scale !== grid.scale || other.zeroPoint !== grid.zeroPoint)
      throw quantisedModelError(
        reader,
        `it quantises the model's input by scale ${other.scale} and zero point ${other.zeroPoint}, node '${node.name}' by ${grid.scale} and ${grid.zeroPoint}`,
        'one scale and zero point for the input',
        'let all nodes that read the input read one quantiser',
      )
  }
  const codes = codeRange(formatOf(least, greatest))
  state.defineAlias(input, { ...defined(state.existingMap(input)), grid: { ...grid, ...codes } })
}

/** The first grid without the codes that the second, of the same scale, does not have. */
function narrowed(first: Grid, second: Grid): Grid {
  const within = (code: number): number => Math.min(Math.max(code, second.low), second.high)
  return { ...first, low: within(first.low), high: within(first.high) }
}

export function weights(state: FuseState, node: Node): void {
  const [codes, scale] = node.inputs.map((name) => state.constant(name))
  if (codes === undefined || scale === undefined)
    throw quantisedModelError(node, 'its integers are computed', 'constants', 'fold constants first')
  const call = { ...state.call(node), values: [codes, scale] }
  // Most products need only the integers, so the real values are computed on demand.
  const values = (): Tensor => elementAt(gridWeights.evaluate(call), 0)
  state.defineWeights(elementAt(node.outputs, 0), { codes, values, scale: scale.data, axis: numberOf(node, 'axis', 0) })
}
