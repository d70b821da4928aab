// The overflow proof: splits a row group's products into parts until every cluster's sum provably fits its accumulator.
import { nibbleRange } from '../../isa/numerics.ts'
import { type Refusal, refused } from '../refusal.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { LayerColumns } from './columns.ts'
import type { Products } from './products.ts'
import { mostPhases } from '../terms.ts'

export interface Parts {
  readonly parts: number
  /** [products] */
  readonly partOf: Uint8Array
  /** the largest proven |sum| as a share of the accumulator's range */
  readonly overflowBound: number
}

const mostParts = 64

/** The fewest parts, of at most 64, with which Σ value·16^phase·nibble stays within the accumulator for every row, cluster and input. */
export function splitParts(
  layer: string,
  products: Products,
  columns: LayerColumns,
  machine: Machine,
): Parts | Refusal {
  const limit = 2 ** (machine.accumulatorBits - 1)
  let rank: Int32Array | undefined
  for (let parts = 1; parts <= mostParts; parts++) {
    if (parts > 1) rank ??= rankInRow(products, machine)
    const partOf =
      rank === undefined ? new Uint8Array(products.count) : Uint8Array.from(rank, (position) => position % parts)
    const worst = worstSum(products, partOf, parts, columns, machine)
    if (worst < limit) return { parts, partOf, overflowBound: worst / limit }
  }
  return refused({
    what: 'its sums can overflow the accumulators however its rows are split',
    where: `layer '${layer}'`,
    allowed: `sums below 2^${machine.accumulatorBits - 1} in each of ${mostParts} parts`,
    help: 'use fewer bits, a lower density, or a machine with more accumulatorBits',
  })
}

/** Position of each product among those of its row, cluster and phase; position mod parts spreads them evenly over the parts. */
function rankInRow({ count, row, cluster, phase }: Products, machine: Machine): Int32Array {
  const next = new Int32Array(machine.rows * machine.clusters * mostPhases)
  const rank = new Int32Array(count)
  for (let at = 0; at < count; at++)
    rank[at] = next[(row[at]! * machine.clusters + cluster[at]!) * mostPhases + phase[at]!]!++
  return rank
}

function worstSum(
  products: Products,
  partOf: Uint8Array,
  parts: number,
  { signed }: LayerColumns,
  machine: Machine,
): number {
  const cells = machine.rows * machine.clusters * parts
  const most = new Float64Array(cells)
  const least = new Float64Array(cells)
  const { low, high } = nibbleRange(true)
  const { high: unsignedHigh } = nibbleRange(false)
  const powers = Array.from({ length: mostPhases }, (_, phase) => 16 ** phase)
  for (let at = 0; at < products.count; at++) {
    const cell = (products.row[at]! * machine.clusters + products.cluster[at]!) * parts + partOf[at]!
    const weight = products.value[at]! * powers[products.phase[at]!]!
    const isSigned = signed[products.column[at]!]! === 1
    // The greatest nibble raises one bound, the least nibble the other.
    const up = weight > 0 ? most : least
    const down = weight > 0 ? least : most
    up[cell]! += weight * (isSigned ? high : unsignedHigh)
    if (isSigned) down[cell]! += weight * low
  }
  let worst = 0
  for (let cell = 0; cell < cells; cell++) worst = Math.max(worst, most[cell]!, -least[cell]!)
  return worst
}
