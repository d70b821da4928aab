// Pruning meets the density, keeps equally many weights in all rows and clusters, with room for shortcuts, and keeps most of the weights' energy.

import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { fuse } from '../../../compiler/quantize/fuse.ts'
import type { FloatPlan, FloatSource } from '../../../compiler/quantize/plan.ts'
import { prunePlan, type PruneOptions } from '../../../compiler/quantize/prune.ts'
import { shape as resnet8 } from '../../../examples/resnet8/build.ts'
import { shape as resnet20 } from '../../../examples/resnet20/build.ts'
import { resnet } from '../../../examples/support/resnet.ts'
import { machines } from '../../../isa/model/machine.ts'

const base: PruneOptions = { machine: machines.edge, weightBits: 4, activationBits: 4, density: 0.25, densityOf: {} }
const plan20 = fuse(simplify(resnet(resnet20, 1)))
const plan8 = fuse(simplify(resnet(resnet8, 1)))

const sources = (plan: FloatPlan): FloatSource[] =>
  plan.layers.flatMap((layer) =>
    layer.kind === 'linear' ? layer.sources : layer.kind === 'logits' ? [layer.source] : [],
  )

function densityOf(plan: FloatPlan): number {
  const own = sources(plan).filter(({ dense }) => dense > 0)
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0)
  return sum(own.map(({ weights }) => weights.column.length)) / sum(own.map(({ dense }) => dense))
}

/** The number of weights of each row in each cluster; an operand of a shortcut counts `shortcutOperands` times. */
function counts(
  plan: FloatPlan,
  clusters: number,
  shortcutOperands: number,
  role: FloatSource['role'],
): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>()
  for (const layer of plan.layers) {
    if (layer.kind !== 'linear' || layer.sources[0]!.map === plan.input.name) continue
    for (const source of layer.sources.filter((each) => each.role === role)) {
      const cells = new Int32Array(source.weights.rows * clusters)
      const count = ({ weights, kernel }: FloatSource, weight: number): void => {
        for (let row = 0; row < weights.rows; row++)
          for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++)
            cells[row * clusters + (Math.floor(weights.column[i]! / (kernel[0] * kernel[1])) % clusters)]! += weight
      }
      count(source, 1)
      if (role === 'main') for (const each of layer.sources) if (each.role === 'residual') count(each, shortcutOperands)
      found.set(source.node, new Set(cells))
    }
  }
  return found
}

describe('pruning', () => {
  let pruned: FloatPlan
  beforeAll(() => {
    pruned = prunePlan(plan20, base).plan
  })

  test('keeps everything at a density of 1', () => {
    const { plan, pruned: list } = prunePlan(plan20, { ...base, density: 1 })
    expect(sources(plan).map(({ weights }) => weights)).toEqual(sources(plan20).map(({ weights }) => weights))
    expect(list.every(({ kept, dense, energy }) => kept === dense && Math.abs(energy - 1) < 1e-6)).toBe(true)
  })

  test('meets the density to half a percent of all weights, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.constantFrom('tiny', 'edge'),
        (density, name) => {
          const { plan } = prunePlan(plan8, { ...base, machine: machines[name], density })
          expect(Math.abs(densityOf(plan) - density)).toBeLessThan(0.005)
        },
      ),
      { numRuns: 8 },
    )
  })

  test('keeps equally many weights in every row and cluster of a layer, operands of shortcuts included', () => {
    const found = counts(pruned, machines.edge.clusters, 1, 'main')
    expect(found.size).toBe(18)
    for (const [node, set] of found) expect([...set], node).toHaveLength(1)
  })

  test('counts two operands for a shortcut where codes have two planes and weights one term', () => {
    const { plan } = prunePlan(plan8, { ...base, activationBits: 8 })
    for (const [node, set] of counts(plan, 2, 2, 'main')) expect([...set], node).toHaveLength(1)
  })

  test('keeps equally many weights in every row and cluster of a projection', () => {
    const found = counts(prunePlan(plan8, base).plan, 2, 1, 'projection')
    expect(found.size).toBe(2)
    for (const [node, set] of found) expect([...set], node).toHaveLength(1)
  })

  test('keeps twice the share of weights in the first convolution, at most all', () => {
    const first = (density: number): number => {
      const [source] = elements(sources(prunePlan(plan8, { ...base, density }).plan), 1)
      return source.weights.column.length / source.dense
    }
    expect(first(0.25)).toBeCloseTo(0.5, 1)
    expect(first(0.7)).toBe(1)
  })

  test('keeps nearly the energy of the largest weights of each cell, and changes the value of no weight', () => {
    const { pruned: list } = prunePlan(plan20, base)
    for (const { energy, node } of list) expect(energy, node).toBeGreaterThan(0.98)
    let changed = 0
    for (const [index, source] of sources(pruned).entries()) {
      const { weights } = sources(plan20)[index]!
      const original = new Map<string, number>()
      for (let row = 0; row < weights.rows; row++)
        for (let i = weights.rowStart[row]!; i < weights.rowStart[row + 1]!; i++)
          original.set(`${row},${weights.column[i]}`, weights.value[i]!)
      for (let row = 0; row < weights.rows; row++)
        for (let i = source.weights.rowStart[row]!; i < source.weights.rowStart[row + 1]!; i++)
          if (original.get(`${row},${source.weights.column[i]}`) !== source.weights.value[i]) changed++
    }
    expect(changed).toBe(0)
  })

  test('keeps another share in a layer that is named', () => {
    const named = sources(plan8).filter(({ dense }) => dense > 0)[3]!
    const { pruned: list } = prunePlan(plan8, { ...base, densityOf: { [named.node]: 0.5 } })
    const found = list.find(({ node }) => node === named.node)!
    expect(found.kept / found.dense).toBeCloseTo(0.5, 1)
    expect(densityOf(prunePlan(plan8, { ...base, densityOf: { [named.node]: 0.5 } }).plan)).toBeGreaterThan(0.26)
  })

  test('refuses unknown names and densities outside 0..1', () => {
    expect(() => prunePlan(plan8, { ...base, densityOf: { nobody: 0.5 } })).toThrow(
      /no layer has this name; allowed: .*\/conv1\/Conv/,
    )
    for (const density of [0, 1.1, Number.NaN])
      expect(() => prunePlan(plan8, { ...base, density })).toThrow(/more than 0, at most 1/)
  })

  test('is the same for the same weights', () => {
    expect(prunePlan(plan8, base)).toEqual(prunePlan(plan8, base))
  })
})
