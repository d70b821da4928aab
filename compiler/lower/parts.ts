// The overflow proof: splits a row group's products in parts until every cluster's sum provably fits its accumulator.
import { DlpError } from '../../isa/error.ts'
import type { Machine } from '../../isa/machine.ts'
import type { PlacedProduct } from './rows.ts'

export interface Parts {
  readonly parts: number
  /** [products] */
  readonly partOf: Uint8Array
  /** the largest proven |sum| as a share of the accumulator's range */
  readonly overflowBound: number
}

const mostParts = 64

/**
 * The fewest parts found for which Σ value·16^phase·nibble stays within the accumulator for every row, cluster and input.
 * @throws DlpError when 64 parts do not suffice
 */
export function splitParts(layer: string, products: readonly PlacedProduct[], machine: Machine): Parts {
  const limit = 2 ** (machine.accumulatorBits - 1)
  const rank = rankInRow(products, machine)
  for (let parts = 1; parts <= mostParts; parts++) {
    const partOf = Uint8Array.from(rank, (position) => position % parts)
    const worst = worstSum(products, partOf, parts, machine)
    if (worst < limit) return { parts, partOf, overflowBound: worst / limit }
  }
  throw new DlpError({
    what: 'its sums can overflow the accumulators however its rows are split',
    where: `layer '${layer}'`,
    allowed: `sums below 2^${machine.accumulatorBits - 1} in each of ${mostParts} parts`,
    help: 'use fewer bits, a lower density, or a machine with more accumulatorBits',
  })
}

/** Position of each product among those of its row, cluster and phase: dealing these out keeps the parts even. */
function rankInRow(products: readonly PlacedProduct[], machine: Machine): Int32Array {
  const next = new Map<number, number>()
  return Int32Array.from(products, ({ row, cluster, phase }) => {
    const key = (row * machine.clusters + cluster) * 16 + phase
    const rank = next.get(key) ?? 0
    next.set(key, rank + 1)
    return rank
  })
}

function worstSum(products: readonly PlacedProduct[], partOf: Uint8Array, parts: number, machine: Machine): number {
  const cells = machine.rows * machine.clusters * parts
  const most = new Float64Array(cells)
  const least = new Float64Array(cells)
  products.forEach(({ row, cluster, value, phase, column }, index) => {
    const cell = (row * machine.clusters + cluster) * parts + partOf[index]!
    const weight = value * 16 ** phase
    most[cell]! += Math.max(weight * column.low, weight * column.high)
    least[cell]! += Math.min(weight * column.low, weight * column.high)
  })
  let worst = 0
  for (let cell = 0; cell < cells; cell++) worst = Math.max(worst, most[cell]!, -least[cell]!)
  return worst
}
