// How Add and Sub enter the plan: a constant joins the rows of what it is added to; two values join in one layer where they can.

import { defined, elements } from '../../base/defined.ts'
import { geometriesPerBlock } from '../../isa/model/formats.ts'
import type { Node } from '../graph/graph.ts'
import { coarsestLeftOut, gridAfter, mayLeaveOut } from './fuse-rounding.ts'
import type { FuseState } from './fuse-state.ts'
import { defineSum, perChannel, sumToScale } from './fuse-support.ts'
import { loweringError } from './lowering-errors.ts'
import type { RowRanges } from './row-ranges.ts'
import { add, affine, identity, isExtendable, isExtendableUnrounded, type Sum, withUsefulProducts } from './sum.ts'
import { viewOf } from './view.ts'

/** @param sign of the second operand */
export function addOrSubtract(state: FuseState, node: Node, sign: 1 | -1): void {
  const [a, b] = elements(node.inputs, 2)
  if (state.constant(a) !== undefined || state.constant(b) !== undefined) return addConstant(state, node, sign)
  const [output] = elements(node.outputs, 1)
  const shape = state.extents(a)
  const others = [b, output].map((name) => state.extents(name))
  if (
    others.some(
      ({ channels, height, width }) => channels !== shape.channels || height !== shape.height || width !== shape.width,
    )
  )
    throw loweringError(
      node,
      'its inputs have different shapes',
      'both inputs have one shape, or one of them is constant',
    )
  if (sign === 1) return defineSum(state, node, sumOfBoth(state, [a, b], node))
  const first = identity(state.viewOf(a), node.name)
  const second = identity(state.viewOf(b), node.name)
  const rows = shape.channels
  const negative = affine(second, new Array<number>(rows).fill(-1), new Array<number>(rows).fill(0))
  defineSum(state, node, { ...first, sources: [...first.sources, ...negative.sources].map(withUsefulProducts) })
}

function addConstant(state: FuseState, node: Node, sign: 1 | -1): void {
  const [a, b] = elements(node.inputs, 2)
  const [output] = elements(node.outputs, 1)
  const [left, right] = [state.constant(a), state.constant(b)]
  const constant = defined(right ?? left)
  const { channels } = state.extents(output)
  const offsets = perChannel(state, node, constant)
  const factor = left !== undefined ? sign : 1
  const value = right === undefined ? b : a
  const sum = factor === 1 ? state.sumOf(value, node, true) : sumToScale(state, value, node)
  const offset = offsets.map((each) => (left !== undefined ? each : sign * each))
  defineSum(state, node, affine(sum, new Array<number>(channels).fill(factor), offset))
}

/** Both values in one layer, the convolution that reads the deeper map being the main one. */
function sumOfBoth(state: FuseState, names: readonly [string, string], node: Node): Sum {
  const [first, second] = addends(state, names, node)
  const firstIsMain = state.depthOf(first) >= state.depthOf(second)
  const geometries = state.geometries.ofBoth(first.sources, second.sources)
  if (geometries.size <= geometriesPerBlock && first.mean === undefined && second.mean === undefined)
    return state.geometries.remember(add(first, second, firstIsMain), geometries)
  const [left, right] = names
  const ofMap = (name: string): Sum => identity(viewOf(state.mapOf(name)), node.name)
  return add(ofMap(left), ofMap(right), true)
}

/** Both values as sums: a pending one where its rows may join the layer, else a map. */
function addends(state: FuseState, names: readonly [string, string], node: Node): readonly [Sum, Sum] {
  const [one, other] = names
  const ofMap = (name: string): Sum => identity(state.viewOf(name), node.name)
  if (one === other) return [ofMap(one), ofMap(other)]
  const after = gridAfter(state, node)
  const pendingOf = (name: string): Sum | undefined => (state.isPrivate(name) ? state.pending(name) : undefined)
  const [pending, pendingOther] = [pendingOf(one), pendingOf(other)]
  /** The sum where it may join the rows. */
  const joining = (sum: Sum | undefined, addend: string): Sum | undefined => {
    if (sum === undefined || isExtendable(sum)) return sum
    const mayJoin = isExtendableUnrounded(sum) && after !== undefined
    return mayJoin && mayLeaveOut(state, sum, after, rangesOfValue(state, addend, node)) ? sum : undefined
  }
  let [first, second] = [joining(pending, other), joining(pendingOther, one)]
  if ((state.isQuantised || state.separatesConvolutions) && first !== undefined && second !== undefined) {
    const both = [first, second]
    const bothConvolve = both.every((sum) => sum.sources.some(({ role }) => role === 'main'))
    const firstIsShallower = state.depthOf(first) < state.depthOf(second)
    const hasGrid = (firstIsShallower ? first : second).grid !== undefined
    const leftOut = both.filter((sum) => !isExtendable(sum)).reduce((all, { grid }) => all + defined(grid).scale, 0)
    const tooCoarse = after !== undefined && leftOut > coarsestLeftOut(after) * after.scale
    // Two convolutions have two weight scales: the one at the smaller depth becomes a map, as the model rounds it.
    if ((bothConvolve && (state.separatesConvolutions || hasGrid)) || (tooCoarse && hasGrid)) {
      if (firstIsShallower) first = undefined
      else second = undefined
    }
  }
  return [first ?? ofMap(one), second ?? ofMap(other)]
}

function rangesOfValue(state: FuseState, name: string, node: Node): RowRanges {
  return state.rangesOf(state.pending(name) ?? identity(state.viewOf(name), node.name))
}
