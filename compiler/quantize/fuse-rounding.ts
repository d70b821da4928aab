// Which roundings of a quantised model a layer may leave out: those whose value is rounded again, and whose saturation shows in no code.

import { elementAt } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { type Grid, gridOf, isQuantize, isWithin } from '../graph/operators/grid.ts'
import type { FuseState } from './fuse-state.ts'
import { type RowRanges, saturationIsHidden } from './row-ranges.ts'
import { saturates, type Sum } from './sum.ts'

/**
 * The coarsest scale of roundings that may be left out, all of a layer together, relative to the scale of the result: the error is half of
 * that, so that no code moves by more than one. About a quarter of that many codes move, which of few codes may be 2 %.
 */
export const coarsestLeftOut = ({ low, high }: Grid): number => (high - low < 16 ? 0.08 : 1.8)

/**
 * True if the rounding of a sum may be left out where its value, and what is added to it, is rounded again: no code of the result then
 * moves by more than one. That needs a rounding not coarser than the result's, and a saturation that never happens or never shows.
 *
 * @param after the grid of the result
 * @param addend the range of what is added to the sum
 */
export function mayLeaveOut(state: FuseState, sum: Sum, after: Grid, addend: RowRanges): boolean {
  const { grid } = sum
  if (grid === undefined || state.isExact || !saturates(grid)) return false
  if (grid.scale > coarsestLeftOut(after) * after.scale) return false
  // What rounds to 0 has the sign of 0, whatever it was.
  if (after.rounding === 'sign') return false
  return saturationIsHidden(state.rangesOf(sum), grid, addend, after)
}

/** The range of an addend that is absent. */
export const zeroRanges = (rows: number): RowRanges => ({
  least: new Float64Array(rows),
  greatest: new Float64Array(rows),
})

/** The grid to which the node's result is rounded with only activations in between; of several that only cut off further codes, the last. */
export function gridAfter(state: FuseState, node: Node): Grid | undefined {
  const grids: Grid[] = []
  for (
    let [reader, ...others] = state.readersOf(elementAt(node.outputs, 0));
    reader !== undefined && others.length === 0;
  ) {
    const rounds: boolean = isQuantize(reader)
    if (rounds) grids.push(gridOf(reader))
    if (rounds ? !state.isPrivate(elementAt(reader.outputs, 0)) : reader.op !== 'Relu' && reader.op !== 'Clip') break
    ;[reader, ...others] = state.readersOf(elementAt(reader.outputs, 0))
  }
  return grids.reduceRight<Grid | undefined>(
    (next, grid) => (next !== undefined && isWithin(next, grid) ? next : grid),
    undefined,
  )
}
