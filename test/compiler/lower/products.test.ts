// Products are the weights, term by term and plane by plane.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { listProducts } from '../../../compiler/lower/products.ts'
import { machines } from '../../../isa/model/machine.ts'
import { anySources, lay } from './placed.ts'
import { weightsOf } from './sources.ts'

const machine = machines.edge

test('products of a weight and a plane sum to the weight times 16^plane; nothing else is listed', () => {
  fc.assert(
    fc.property(anySources, fc.boolean(), (pairs, hasReplicas) => {
      const laid = lay(pairs, machine, hasReplicas)
      const rows = Math.min(machine.rows, 20)
      const products = listProducts(laid.sources, laid.columns, 0, rows)
      const sums = new Map<string, number>()
      for (let at = 0; at < products.count; at++) {
        const key = `${products.row[at]}:${products.column[at]}`
        sums.set(key, (sums.get(key) ?? 0) + products.value[at]! * 16 ** products.phase[at]!)
      }
      const expected = new Map<string, number>()
      laid.sources.forEach((source, index) => {
        for (const { row, column, value } of weightsOf(source))
          for (let plane = 0; row < rows && plane < laid.columns.planes[index]!; plane++)
            expected.set(`${row}:${laid.columns.first[index]![column]! + plane}`, value * 16 ** plane)
      })
      expect(sums).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})
