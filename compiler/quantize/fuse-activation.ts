// Activations that are sums of clamped maps: exact, at the price of a map more.

import { elementAt, elements } from '../../base/defined.ts'
import { numberOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import type { Grid } from '../graph/operators/grid.ts'
import type { FuseState } from './fuse-state.ts'
import { grow, perChannel, refusal, sumToChange } from './fuse-support.ts'
import type { FloatSource } from './plan.ts'
import { add, affine, clamped, gridOfParts, identity, isOpen, type Sum } from './sum.ts'
import { gridAfter } from './summands.ts'
import { unquantised } from './unquantised.ts'
import { type View, viewOf } from './view.ts'

export function leakyRelu(state: FuseState, node: Node): void {
  const { channels } = state.extents(elementAt(node.outputs, 0))
  leaky(state, node, new Array<number>(channels).fill(numberOf(node, 'alpha', 0.01)))
}

export function prelu(state: FuseState, node: Node): void {
  const slope = state.constant(elementAt(node.inputs, 1))
  if (slope === undefined) throw refusal(node, 'its slope is computed', 'the slope is constant')
  leaky(state, node, perChannel(state, node, slope))
}

/** x between bounds, scaled and moved before: clip(αx + β, 0, 1). */
export function hardSigmoid(state: FuseState, node: Node): void {
  const { channels } = state.extents(elementAt(node.outputs, 0))
  const all = (name: string, otherwise: number) => new Array<number>(channels).fill(numberOf(node, name, otherwise))
  const sum = affine(sumToChange(state, elementAt(node.inputs, 0), node), all('alpha', 0.2), all('beta', 0.5))
  grow(state, node, clamped(sum, 0, 1))
}

/** slope · x + (1 − slope) · relu(x); of what a model rounds behind it only, two maps with the steps of the result. */
function leaky(state: FuseState, node: Node, slopes: readonly number[]): void {
  const halves = state.isGiven ? unroundedHalves(state, node, slopes) : undefined
  if (halves !== undefined) return grow(state, node, halves)
  const view = state.viewOf(elementAt(node.inputs, 0))
  const rest = identity(positiveOf(state, node, view), node.name)
  const none = slopes.map(() => 0)
  const scaled = [
    affine(identity(view, node.name), slopes, none),
    affine(
      rest,
      slopes.map((slope) => 1 - slope),
      none,
    ),
  ] as const
  const sum = add(...scaled, true)
  // One multiplication a value is the operator's own; the second is the price of doing without a choice.
  grow(state, node, { ...sum, sources: spared(sum.sources, view.maps.length) })
}

/** The view with 0 in place of what is negative: given codes from that of 0 on are values of the grid that they come from. */
function positiveOf(state: FuseState, node: Node, view: View): View {
  const [name] = elements(node.outputs, 1)
  const positive = `${name}:positive`
  const source = identity(view, node.name)
  if (!state.isGiven)
    return viewOf(state.mapOfSum(clamped(source, 0, Infinity), { ...state.extents(name), name: positive }))
  const { grid } = gridOfParts(view)
  if (grid !== undefined)
    return viewOf(state.mapOfSum({ ...source, grid: positiveGrid(grid) }, { ...state.extents(name), name: positive }))
  const maps = view.maps.map((map, at) => {
    if (map.grid === undefined) throw unquantised(map.name)
    if (map.grid.low >= map.grid.zeroPoint && map.grid.rounding !== 'sign') return map
    const half = { ...clamped(identity(viewOf(map), node.name), 0, Infinity), grid: positiveGrid(map.grid) }
    return state.mapOfSum(half, { ...map, name: `${positive}:${at}` })
  })
  return { ...view, maps }
}

const positiveGrid = (grid: Grid): Grid =>
  grid.rounding === 'sign'
    ? { scale: grid.scale, zeroPoint: 0, low: 0, high: 1, rounding: 'nearest' }
    : { ...grid, low: grid.zeroPoint }

/**
 * relu(x) − relu(−slope · x), one of which is 0, so that each may have the steps of the result: what a model does not round in between is
 * not rounded here. Undefined where x is rounded, or more than this reads it.
 */
function unroundedHalves(state: FuseState, node: Node, slopes: readonly number[]): Sum | undefined {
  const [input] = elements(node.inputs, 1)
  const [name] = elements(node.outputs, 1)
  const sum = state.pending(input)
  const after = gridAfter(state, node)
  if (sum === undefined || sum.grid !== undefined || !isOpen(sum) || !state.isPrivate(input)) return undefined
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
  // A negative slope makes what is negative positive.
  const most = Math.max(zeroPoint - low, slopes.some((slope) => slope < 0) ? high - zeroPoint : 0)
  if (most === 0) return clamped(sum, 0, Infinity)
  const positive = half('positive', sum, high - zeroPoint)
  const falling = affine(
    sum,
    slopes.map((slope) => -Math.abs(slope)),
    none,
  )
  // The products are done twice, and so is the layer, under a name of its own.
  const sources = falling.sources.map((each) => ({ ...each, node: `${each.node}:negative`, needed: 0 }))
  const negative = half('negative', { ...falling, sources, nodes: undefined }, most)
  const signed = affine(
    negative,
    slopes.map((slope) => (slope > 0 ? -1 : 1)),
    none,
  )
  const whole = add(positive, signed, true)
  return { ...whole, sources: spared(whole.sources, 1) }
}

/** Sources of which those behind the first few are products that the network itself does not need. */
const spared = (sources: readonly FloatSource[], own: number): FloatSource[] =>
  sources.map((each, at) => (at < own ? each : { ...each, needed: 0 }))
