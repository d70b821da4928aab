// Every product is assigned to one cluster that holds its column, and rows are even over the clusters as far as replicas allow.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { placedProducts } from '../../../compiler/lower/replicas.ts'
import type { Products } from '../../../compiler/lower/products.ts'
import { machines, slotChannels } from '../../../isa/model/machine.ts'
import { anySources, lay, type Laid } from './placed.ts'
import { mapOf, windowOn } from './sources.ts'

const machine = machines.edge

const productsOf = ({ sources, columns }: Laid, rows: number): Products =>
  placedProducts(sources, columns, 0, rows, machine)

/** Products per cluster in every (row, phase) that has any. */
function countsOf({ count, row, phase, cluster }: Products): Map<string, number[]> {
  const counts = new Map<string, number[]>()
  for (let at = 0; at < count; at++) {
    const key = `${row[at]}:${phase[at]}`
    if (!counts.has(key)) counts.set(key, new Array<number>(machine.clusters).fill(0))
    counts.get(key)![cluster[at]!]!++
  }
  return counts
}

describe('placed products', () => {
  test('are in one cluster each, in banks that hold the column there', () => {
    fc.assert(
      fc.property(anySources, fc.boolean(), (pairs, hasReplicas) => {
        const laid = lay(pairs, machine, hasReplicas)
        const { count, column, cluster, banks } = productsOf(laid, 12)
        const misplaced = Array.from({ length: count }, (_, at) => at).filter(
          (at) =>
            !laid.columns.locations[column[at]!]!.some(
              (location) => location.cluster === cluster[at] && location.banks === banks[at],
            ),
        )
        expect(misplaced).toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  test('of a row are even over the clusters in every phase if replicas reach all of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 4 }), fc.nat(), (channels, side, seed) => {
        const map = mapOf('map', [channels, 8, 8])
        expect(channels).toBeLessThanOrEqual(slotChannels(machine) / machine.clusters)
        const options = { kernel: [side, side], magnitude: 119, density: 0.6, seed } as const
        const laid = lay([{ map, source: windowOn(map, machine.rows, options) }], machine, true)
        for (const counts of countsOf(productsOf(laid, machine.rows)).values())
          expect(Math.max(...counts)).toBe(Math.ceil(counts.reduce((a, b) => a + b) / machine.clusters))
      }),
    )
  })

  test('of a map without replicas are as uneven as its channels: one channel keeps one cluster busy', () => {
    const map = mapOf('map', [1, 8, 8])
    const laid = lay([{ map, source: windowOn(map, 4, { kernel: [3, 3] }) }], machine)
    for (const counts of countsOf(productsOf(laid, 4)).values()) expect(Math.min(...counts)).toBe(0)
  })
})
