// Activations that a clamp alone cannot compute: LeakyRelu and PRelu as exact sums of two maps, at the cost of one map more.

import { elementAt, elements } from '../../base/defined.ts'
import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import type { Grid } from '../graph/operators/grid.ts'
import { gridAfter } from './fuse-rounding.ts'
import type { FuseState } from './fuse-state.ts'
import { defineSum, perChannel, sumToScale } from './fuse-support.ts'
import { loweringError, unquantisedError } from './lowering-errors.ts'
import type { FloatSource } from './plan.ts'
import { add, affine, clamped, gridOfParts, identity, isExtendable, type Sum } from './sum.ts'
import { type View, viewOf } from './view.ts'

export function leakyRelu(state: FuseState, node: Node): void {
  const { channels } = state.extents(elementAt(node.outputs, 0))
  leaky(state, node, new Array<number>(channels).fill(numberOf(node, 'alpha', 0.01)))
}

export function prelu(state: FuseState, node: Node): void {
  const slope = state.constant(elementAt(node.inputs, 1))
  if (slope === undefined) throw loweringError(node, 'its slope is computed', 'the slope is constant')
  leaky(state, node, perChannel(state, node, slope))
}

/** clip(αx + β, 0, 1) */
export function hardSigmoid(state: FuseState, node: Node): void {
  const { channels } = state.extents(elementAt(node.outputs, 0))
  const all = (name: string, otherwise: number) => new Array<number>(channels).fill(numberOf(node, name, otherwise))
  const sum = affine(sumToScale(state, elementAt(node.inputs, 0), node), all('alpha', 0.2), all('beta', 0.5))
  defineSum(state, node, clamped(sum, 0, 1))
}

/** slope · x + (1 − slope) · relu(x); if a quantised model rounds only the result, the two maps of `unroundedHalves`. */
function leaky(state: FuseState, node: Node, slopes: readonly number[]): void {
  const halves = state.isQuantised ? unroundedHalves(state, node, slopes) : undefined
  if (halves !== undefined) return defineSum(state, node, halves)
  const view = state.viewOf(elementAt(node.inputs, 0))
  const positive = identity(positiveOf(state, node, view), node.name)
  const none = slopes.map(() => 0)
  const scaled = [
    affine(identity(view, node.name), slopes, none),
    affine(
      positive,
      slopes.map((slope) => 1 - slope),
      none,
    ),
  ] as const
  const sum = add(...scaled, true)
  // The operator multiplies each value once; the second product, which replaces a selection by sign, is not useful work.
  defineSum(state, node, { ...sum, sources: onlyFirstUseful(sum.sources, view.maps.length) })
}

/** relu of the view, as maps. In a quantised model its codes are those of the view from the zero point up, so no rounding is added. */
function positiveOf(state: FuseState, node: Node, view: View): View {
  const [name] = elements(node.outputs, 1)
  const positive = `${name}:positive`
  const source = identity(view, node.name)
  if (!state.isQuantised)
    return viewOf(state.mapOfSum(clamped(source, 0, Infinity), { ...state.extents(name), name: positive }))
  const { grid } = gridOfParts(view)
  if (grid !== undefined)
    return viewOf(state.mapOfSum({ ...source, grid: positiveGrid(grid) }, { ...state.extents(name), name: positive }))
  const maps = view.maps.map((map, at) => {
    if (map.grid === undefined) throw unquantisedError(map.name)
    if (map.grid.low >= map.grid.zeroPoint && map.grid.rounding !== 'sign') return map
    const relu = { ...clamped(identity(viewOf(map), node.name), 0, Infinity), grid: positiveGrid(map.grid) }
    return state.mapOfSum(relu, { ...map, name: `${positive}:${at}` })
  })
  return { ...view, maps }
}

const positiveGrid = (grid: Grid): Grid =>
  grid.rounding === 'sign'
    ? { scale: grid.scale, zeroPoint: 0, low: 0, high: 1, rounding: 'nearest' }
    : { ...grid, low: grid.zeroPoint }

/**
 * relu(x) − relu(−slope · x). One of the two is always 0, so each is stored with the scale of the result: as in the model, x itself is not rounded.
 * Undefined where the model rounds x, or where another node reads it.
 */
function unroundedHalves(state: FuseState, node: Node, slopes: readonly number[]): Sum | undefined {
  const [input] = elements(node.inputs, 1)
  const [name] = elements(node.outputs, 1)
  const sum = state.pending(input)
  const after = gridAfter(state, node)
  if (sum === undefined || sum.grid !== undefined || !isExtendable(sum) || !state.isPrivate(input)) return undefined
  if (after === undefined || after.rounding !== 'nearest') return undefined
  const { scale, zeroPoint, low, high } = after
  const none = slopes.map(() => 0)
  const half = (which: string, of: Sum, most: number): Sum => {
    const grid = { scale, zeroPoint: 0, low: 0, high: most, rounding: 'nearest' } as const
    const map = state.mapOfSum(
      { ...clamped(of, 0, Infinity), grid },
      { ...state.extents(name), name: `${name}:${which}` },
    )
    return identity(viewOf(map), node.name)
  }
  // A negative slope makes negative values positive.
  const most = Math.max(zeroPoint - low, slopes.some((slope) => slope < 0) ? high - zeroPoint : 0)
  if (most === 0) return clamped(sum, 0, Infinity)
  const positive = half('positive', sum, high - zeroPoint)
  const negated = affine(
    sum,
    slopes.map((slope) => -Math.abs(slope)),
    none,
  )
  // The products are computed twice, so the layer is planned a second time under another name.
  const sources = negated.sources.map((each) => ({ ...each, node: `${each.node}:negative`, needed: 0 }))
  const negative = half('negative', { ...negated, sources, nodes: undefined }, most)
  const signed = affine(
    negative,
    slopes.map((slope) => (slope > 0 ? -1 : 1)),
    none,
  )
  const whole = add(positive, signed, true)
  return { ...whole, sources: onlyFirstUseful(whole.sources, 1) }
}

/** Counts only the products of the first sources as work that the network itself needs. */
const onlyFirstUseful = (sources: readonly FloatSource[], count: number): FloatSource[] =>
  sources.map((each, at) => (at < count ? each : { ...each, needed: 0 }))
