// What an Add takes of the two values that it reads: sums that may join its rows, or maps.

import type { Node } from '../graph/graph.ts'
import { type Grid, gridOf, isQuantize } from '../graph/operators/grid.ts'
import type { FuseState } from './fuse-state.ts'
import { identity, isNearlyOpen, isOpen, type Sum } from './sum.ts'

/** How many steps of the result one step of a rounding in between may be if it is left out: an error of half of it stays below 1. */
const coarsest = 1.8

/** Both values as sums; of two convolutions with scales of their own the less deep one becomes a map, as the model rounds it. */
export function summands(state: FuseState, names: readonly [string, string], node: Node): readonly Sum[] {
  if (names[0] === names[1]) return names.map((name) => identity(state.viewOf(name), node.name))
  const after = gridAfter(state, node)
  const joins = names.map((name) => {
    const sum = state.pending(name)
    return sum !== undefined && mayJoin(state, name, sum, after)
  })
  if ((state.isGiven || state.isSeparate) && joins.every(Boolean)) {
    const [first, second] = names.map((name) => state.pending(name)!)
    const bothConvolve = [first, second].every((sum) => sum.sources.some(({ role }) => role === 'main'))
    const less = state.depthOf(first) < state.depthOf(second) ? 0 : 1
    if (bothConvolve && (state.isSeparate || [first, second][less].grid !== undefined)) joins[less] = false
  }
  return names.map((name, at) => (joins[at] ? state.pending(name)! : identity(state.viewOf(name), node.name)))
}

/**
 * True if a sum that is pending may join others: nobody else reads it, and nothing was clamped or rounded that counts. A rounding
 * coarser than that of the result counts: leaving it out could move a code by more than one.
 */
function mayJoin(state: FuseState, name: string, sum: Sum, after: Grid | undefined): boolean {
  if (!state.isPrivate(name)) return false
  if (isOpen(sum)) return true
  const fine = sum.grid === undefined || after === undefined || sum.grid.scale <= coarsest * after.scale
  return !state.isExact && isNearlyOpen(sum) && fine
}

/** The grid that the node's result is rounded to, with nothing but activations before. */
function gridAfter(state: FuseState, node: Node): Grid | undefined {
  const [reader, ...others] = state.readersOf(node.outputs[0])
  if (reader === undefined || others.length > 0) return undefined
  const { op } = reader
  if (isQuantize(reader)) return gridOf(reader)
  return op === 'Relu' || op === 'Clip' ? gridAfter(state, reader) : undefined
}
