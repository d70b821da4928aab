// A lower bound on the beats of a row group, counted from its weights alone.
import { defined } from '../../base/defined.ts'
import { sourcesOf, type LinearLayer, type LogitsLayer } from '../graph/integer.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { termsOfRows } from '../terms.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { leastPartBeats } from '../../isa/weights/parts.ts'

/** What is known of a layer's weights: nothing yet; the rows, but not which of them share a group; or all. */
export type KnownWeights = 'none' | 'in any order' | 'in order'

/**
 * [row groups] lower bounds on their beats: the products of the longest row, spread evenly over the clusters, and at least the cycles of the drain.
 * If the order of rows is unknown, rows are sorted: no order has a smaller sum of bounds, and the longest group takes no less than the longest row.
 */
export function lowerBoundBeats(
  layer: LinearLayer | LogitsLayer,
  maps: ReadonlyMap<string, Pick<PlacedMap, 'planes'>>,
  machine: Machine,
  weights: KnownWeights,
): number[] {
  const { rows, clusters } = machine
  const drain = leastPartBeats(machine)
  const groups = Math.ceil(layer.bias.length / rows)
  if (weights === 'none') return new Array<number>(groups).fill(drain)
  const products = new Float64Array(layer.bias.length)
  for (const { map, weights: own } of sourcesOf(layer)) {
    const { planes } = defined(maps.get(map))
    termsOfRows(own).forEach((terms, row) => (products[row]! += planes * terms))
  }
  if (weights === 'in any order') products.sort().reverse()
  return Array.from({ length: groups }, (_, group) => {
    const longest = products
      .subarray(group * rows, (group + 1) * rows)
      .reduce((most, count) => Math.max(most, count), 0)
    return Math.max(drain, Math.ceil(longest / clusters))
  })
}
