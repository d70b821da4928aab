// The fewest beats that a row group can take, counted from its weights alone.
import { defined } from '../../base/defined.ts'
import { sourcesOf, type LinearLayer, type LogitsLayer } from '../graph/integer.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { termsOfRows } from '../terms.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { leastPartBeats } from '../../isa/weights/parts.ts'

/** What is known of a layer's weights: nothing yet, what they are but not which rows share a group, or all. */
export type KnownWeights = 'none' | 'in any order' | 'in order'

/**
 * [row groups] beats that no schedule falls below: the products of the longest row, dealt out evenly over the clusters; at least what draining takes.
 * In any order of the rows they take no less together than long rows with long ones, and the longest group no less than the longest row.
 */
export function leastBeats(
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
