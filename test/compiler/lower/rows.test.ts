// The operands of all clusters, parts, phases and pages are the group's sparse rows, no more and no less.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lowerGroup } from '../../../compiler/lower/rows.ts'
import { orThrow } from '../../../compiler/refusal.ts'
import { machines, type Machine } from '../../../isa/model/machine.ts'
import { anySources, lay, sourcesUpTo, type Laid } from './placed.ts'
import { weightsOf } from './sources.ts'

/** Σ value · 16^phase of a group's operands, by row, page and column id. */
function sumsOfOperands({ sources, columns }: Laid, first: number, machine: Machine): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { operands, values, ids, page, phase } of orThrow(lowerGroup('layer', sources, columns, first, machine))
    .phases)
    operands.forEach((own, row) =>
      own.forEach((column, i) => {
        const key = `${row}:${page}:${ids[column * machine.banks]}`
        sums.set(key, (sums.get(key) ?? 0) + values[row]![i]! * 16 ** phase)
      }),
    )
  return sums
}

function sumsOfWeights({ sources, columns }: Laid, first: number, machine: Machine): Map<string, number> {
  const sums = new Map<string, number>()
  sources.forEach((source, index) => {
    for (const { row, column, value } of weightsOf(source))
      for (let plane = 0; plane < columns.planes[index]!; plane++) {
        if (row < first || row >= first + machine.rows) continue
        const at = columns.first[index]![column]! + plane
        const key = `${row - first}:${columns.page[at]}:${columns.id[at]}`
        sums.set(key, (sums.get(key) ?? 0) + value * 16 ** plane)
      }
  })
  return sums
}

describe("a row group's operands", () => {
  test.each([
    { machine: machines.edge, magnitude: 4095 },
    { machine: { ...machines.edge, accumulatorBits: 20 }, magnitude: 119 },
  ])('are its weights, of up to $magnitude with $machine.accumulatorBits bits', ({ machine, magnitude }) => {
    fc.assert(
      fc.property(sourcesUpTo(magnitude), fc.constantFrom(0, 16), (pairs, first) => {
        const laid = lay(pairs, machine)
        expect(sumsOfOperands(laid, first, machine)).toEqual(sumsOfWeights(laid, first, machine))
      }),
      { numRuns: 40 },
    )
  })

  test('are listed once for each cluster, part, phase and page, with the banks of the cluster that hold each column', () => {
    fc.assert(
      fc.property(anySources, fc.boolean(), (pairs, hasReplicas) => {
        const laid = lay(pairs, machines.edge, hasReplicas)
        const { phases } = orThrow(lowerGroup('layer', laid.sources, laid.columns, 0, machines.edge))
        const keys = phases.map(({ cluster, part, phase, page }) => `${cluster}:${part}:${phase}:${page}`)
        expect(new Set(keys).size).toBe(keys.length)
        const held = new Set(
          laid.columns.locations.flatMap((locations, column) =>
            locations.map(
              ({ cluster, banks }) => `${cluster}:${laid.columns.page[column]}:${laid.columns.id[column]}:${banks}`,
            ),
          ),
        )
        for (const { cluster, page, ids, bankMask } of phases)
          for (const [column, banks] of bankMask.entries())
            if (!held.has(`${cluster}:${page}:${ids[column * machines.edge.banks]}:${banks}`))
              expect.fail(`cluster ${cluster} has no column ${column} in banks ${banks}`)
      }),
      { numRuns: 40 },
    )
  })
})
