// What an Add takes of the two values that it reads: sums that may join its rows, or maps.

import { defined, elementAt } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { type Grid, gridOf, isQuantize, isWithin } from '../graph/operators/grid.ts'
import { type Reach, reachOf, saturationNeverShows } from './reach.ts'
import type { PlannedMap } from './plan.ts'
import { identity, isNearlyOpen, isOpen, saturates, type Sum } from './sum.ts'
import type { View } from './view.ts'

/** What is asked of the values that are known so far. */
export interface KnownValues {
  readonly isGiven: boolean
  readonly isSeparate: boolean
  readonly isExact: boolean
  viewOf(name: string): View
  knownMap(name: string): PlannedMap | undefined
  pending(name: string): Sum | undefined
  depthOf(sum: Sum): number
  isPrivate(name: string): boolean
  readersOf(name: string): readonly Node[]
}

/**
 * How many steps of the result the steps of roundings in between may be if they are left out: an error of half of it stays below 1. It
 * moves about a quarter of so many codes, which of few codes may be 2 %.
 */
const coarsest = ({ low, high }: Grid): number => (high - low < 16 ? 0.08 : 1.8)

/** Both values as sums; of two convolutions with scales of their own the less deep one becomes a map, as the model rounds it. */
export function summands(state: KnownValues, names: readonly [string, string], node: Node): readonly [Sum, Sum] {
  const [one, other] = names
  const ofMap = (name: string): Sum => identity(state.viewOf(name), node.name)
  if (one === other) return [ofMap(one), ofMap(other)]
  const after = gridAfter(state, node)
  const pendingOf = (name: string): Sum | undefined => (state.isPrivate(name) ? state.pending(name) : undefined)
  const [pending, pendingOther] = [pendingOf(one), pendingOf(other)]
  /** The sum where it may join the rows. */
  const joining = (sum: Sum | undefined, beside: string): Sum | undefined => {
    if (sum === undefined || isOpen(sum)) return sum
    const mayJoin = isNearlyOpen(sum) && after !== undefined
    return mayJoin && mayLeaveOut(state, sum, after, reachOfValue(state, beside, node)) ? sum : undefined
  }
  let [first, second] = [joining(pending, other), joining(pendingOther, one)]
  if ((state.isGiven || state.isSeparate) && first !== undefined && second !== undefined) {
    const both = [first, second]
    const bothConvolve = both.every((sum) => sum.sources.some(({ role }) => role === 'main'))
    const firstIsLess = state.depthOf(first) < state.depthOf(second)
    const hasGrid = (firstIsLess ? first : second).grid !== undefined
    const rounded = both.filter((sum) => !isOpen(sum)).reduce((all, { grid }) => all + defined(grid).scale, 0)
    const tooCoarse = after !== undefined && rounded > coarsest(after) * after.scale
    if ((bothConvolve && (state.isSeparate || hasGrid)) || (tooCoarse && hasGrid)) {
      if (firstIsLess) first = undefined
      else second = undefined
    }
  }
  return [first ?? ofMap(one), second ?? ofMap(other)]
}

/**
 * True if the rounding of a sum may be left out where its value, and whatever is added to it, is rounded again: no code of the result
 * then moves by more than one. That needs a rounding not coarser than the result's, and that nothing saturates in between, or never shows.
 */
export function mayLeaveOut(state: KnownValues, sum: Sum, after: Grid, others: Reach): boolean {
  const { grid } = sum
  if (grid === undefined || state.isExact || !saturates(grid) || grid.scale > coarsest(after) * after.scale)
    return false
  // What rounds to 0 has the sign of 0, whatever it was.
  if (after.rounding === 'sign') return false
  return saturationNeverShows(reach(state, sum), grid, others, after)
}

const reach = (state: KnownValues, sum: Sum): Reach => reachOf(sum, (map) => state.knownMap(map)?.grid)

function reachOfValue(state: KnownValues, name: string, node: Node): Reach {
  const sum = state.pending(name)
  if (sum !== undefined) return reach(state, sum)
  return reach(state, identity(state.viewOf(name), node.name))
}

/** Nothing is added. */
export const nothing = (rows: number): Reach => ({ least: new Float64Array(rows), greatest: new Float64Array(rows) })

/** The grid that the node's result is rounded to, with nothing but activations before; of two that only cut off more codes the last. */
export function gridAfter(state: KnownValues, node: Node): Grid | undefined {
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
