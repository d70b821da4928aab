// The fewest beats that a row group can take, counted from its weights alone.
import { sourcesOf, type LinearLayer, type LogitsLayer, type SparseWeights } from '../graph/integer.ts'
import type { PlacedMap } from '../layout/storage.ts'
import { termCount } from '../lower/terms.ts'
import type { Machine } from '../../isa/machine.ts'

/**
 * [row groups] beats that no schedule falls below: the products of the longest row, dealt out evenly over the clusters; at least what draining takes.
 * @param hasWeights whether the weights count
 */
export function leastBeats(
  layer: LinearLayer | LogitsLayer,
  maps: ReadonlyMap<string, Pick<PlacedMap, 'planes'>>,
  { rows, clusters, drainRows }: Machine,
  hasWeights: boolean,
): number[] {
  const drain = Math.ceil(rows / drainRows)
  const groups = new Array<number>(Math.ceil(layer.bias.length / rows)).fill(drain)
  if (!hasWeights) return groups
  const sources = sourcesOf(layer).map(({ map, weights }) => ({ planes: maps.get(map)!.planes, terms: termsOfRows(weights) })) // prettier-ignore
  return groups.map((_, group) => {
    let longest = 0
    for (let row = group * rows; row < Math.min((group + 1) * rows, layer.bias.length); row++)
      longest = Math.max(longest, sources.reduce((sum, { planes, terms }) => sum + planes * terms[row]!, 0)) // prettier-ignore
    return Math.max(drain, Math.ceil(longest / clusters))
  })
}

const known = new WeakMap<SparseWeights, Int32Array>()

/** [rows] terms of a row's weights; counted once for all layouts and machines that are tried. */
function termsOfRows(weights: SparseWeights): Int32Array {
  let terms = known.get(weights)
  if (terms === undefined) {
    const { rows, rowStart, value } = weights
    terms = new Int32Array(rows)
    for (let row = 0; row < rows; row++)
      for (let at = rowStart[row]!, end = rowStart[row + 1]!; at < end; at++) terms[row]! += termCount(value[at]!)
    known.set(weights, terms)
  }
  return terms
}
