// Views: values whose channels lie in several maps, or in another order. No layer computes a view; its readers have columns of those maps.

import { defined, elementAt, elements } from '../../base/defined.ts'
import { type Grid, isWithin } from '../graph/operators/grid.ts'
import type { FloatRows, FloatSource, PlannedMap } from './plan.ts'
import { diagonalRows, splitColumns } from './rows.ts'

/** Channel i of the view is channel `channel[i]` of map `map[i]`. */
export interface View {
  /** all of the same height and width, each listed once */
  readonly maps: readonly PlannedMap[]
  readonly map: readonly number[]
  readonly channel: readonly number[]
}

/** A flattened map, or the mean of each of its channels. */
export interface Vector {
  readonly map: PlannedMap
  readonly isMean: boolean
  /** The grid to which the model rounds a mean, if the product that reads it may leave that rounding out because no mean saturates. */
  readonly grid?: Grid
}

/** The view of one whole map. */
export const viewOf = (map: PlannedMap): View => {
  const channels = Array.from({ length: map.channels }, (_, channel) => channel)
  return { maps: [map], map: channels.map(() => 0), channel: channels }
}

/** The map, if the view is one whole map in its own order. */
export function wholeMap({ maps, channel }: View): PlannedMap | undefined {
  const [map, ...others] = maps
  const isWhole = others.length === 0 && channel.length === map?.channels && channel.every((at, i) => at === i)
  return isWhole ? map : undefined
}

/** The one grid on which all maps of a view are, if there is one. */
export function sharedGrid({ maps }: View): Grid | undefined {
  const [{ grid: first }] = elements(maps, 1)
  const shared = first !== undefined && maps.every(({ grid }) => grid !== undefined && isWithin(grid, first))
  return shared ? first : undefined
}

/** The channels of several views, one view after the other. */
export function joinViews(views: readonly View[]): View {
  const maps = [...new Map(views.flatMap((view) => view.maps).map((map) => [map.name, map])).values()]
  const index = new Map(maps.map(({ name }, at) => [name, at]))
  return {
    maps,
    map: views.flatMap((view) => view.map.map((at) => defined(index.get(elementAt(view.maps, at).name)))),
    channel: views.flatMap((view) => view.channel),
  }
}

/** Some channels of a view, in the order of the list; maps without a picked channel are left out. */
export function pickChannels(view: View, channels: readonly number[]): View {
  const picked = channels.map((channel) => view.map[channel]!)
  const used = new Set(picked)
  const kept = view.maps.flatMap((_, at) => (used.has(at) ? [at] : []))
  const indexOf = new Map(kept.map((at, index) => [at, index]))
  return {
    maps: kept.map((at) => elementAt(view.maps, at)),
    map: picked.map((at) => defined(indexOf.get(at))),
    channel: channels.map((channel) => view.channel[channel]!),
  }
}

/** What all sources of a view have in common. */
export type ViewWindow = Omit<FloatSource, 'map' | 'parts' | 'weights' | 'dense'>

/**
 * The sources of rows whose columns are (channel of the view, tap): one for each map.
 *
 * @param dense weights of the node, equally many for every channel of the view
 */
export function viewSources(view: View, rows: FloatRows, window: ViewWindow, dense: number): FloatSource[] {
  const taps = window.kernel[0] * window.kernel[1]
  const whole = wholeMap(view)
  if (whole !== undefined) return [{ ...window, map: whole.name, weights: rows, dense }]
  const parts = view.maps.map(({ name }) => name)
  const channelsOf = new Int32Array(parts.length)
  for (const at of view.map) channelsOf[at]!++
  return view.maps.map((map, at) => ({
    ...window,
    map: map.name,
    parts,
    weights: splitColumns(rows, map.channels * taps, (column) => {
      const channel = Math.floor(column / taps)
      return view.map[channel] === at ? view.channel[channel]! * taps + (column % taps) : -1
    }),
    dense: (dense / view.channel.length) * channelsOf[at]!,
  }))
}

/** Each channel as a row of one entry 1: values that are only moved, until something is added to them or they are multiplied. */
export function identitySources(view: View, node: string): FloatSource[] {
  const channels = view.channel.length
  const one = [1, 1] as const
  const weightScale = new Float64Array(channels).fill(1)
  const window = {
    role: 'residual',
    node,
    kernel: one,
    stride: one,
    pads: [0, 0],
    dilation: one,
    weightScale,
    needed: 0,
  } as const
  return viewSources(view, diagonalRows(channels, channels, 1, 1), window, 0)
}
