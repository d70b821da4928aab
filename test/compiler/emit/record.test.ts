// Layer records count the products that the network itself needs and the weights that it has, whatever the machine makes of them.
import { describe, expect, test } from 'vitest'
import { compileGraph } from '../../../compiler/backend.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { quantize } from '../../../compiler/quantize/quantize.ts'
import { machines } from '../../../isa/model/machine.ts'
import type { LayerRecord } from '../../../isa/program.ts'
import { buildCase, type CaseGenerator, normalImage } from '../../support/operator-cases.ts'

type Build = (draw: CaseGenerator, x: string) => string

/** The layers of a small network of 4 bits, without the backend's relayouts. */
function layersOf(input: readonly [number, number, number], build: Build): readonly LayerRecord[] {
  const float = simplify(buildCase({ name: 'case', input, build }))
  const calibration = [1, 2].map((seed) => normalImage(float, seed))
  const { graph } = quantize(float, {
    machine: machines.edge,
    weightBits: 4,
    activationBits: 4,
    density: 1,
    calibration,
  })
  const { layers } = compileGraph(graph, { name: graph.name, machine: machines.edge }).program
  return layers.filter(({ kind }) => kind !== 'move' && kind !== 'repatch')
}

describe('useful MACs', () => {
  test('of a matrix behind a global average count once, not once a pixel', () => {
    const [, last] = layersOf([3, 7, 9], (d, x) => {
      const map = d.relu(d.conv(x, [3, 12], 3))
      return d.gemm(d.graph.node('Flatten', [d.graph.node('GlobalAveragePool', [map])]), 12, 10)
    })
    expect(last).toMatchObject({ kind: 'logits', weights: 120 })
    // A term a weight of 4 bits, a plane of the map.
    expect(last!.usefulMacs).toBe(last!.nonZeros)
  })

  test('of a convolution behind a global average count once, where further layers follow it', () => {
    const [, squeezed] = layersOf([3, 8, 8], (d, x) => {
      const mean = d.graph.node('GlobalAveragePool', [d.relu(d.conv(x, [3, 12], 3))])
      return d.gemm(d.graph.node('Flatten', [d.relu(d.conv(mean, [12, 8], 1))]), 8, 5)
    })
    expect(squeezed).toMatchObject({ kind: 'linear', shape: [8, 1, 1], weights: 96 })
    expect(squeezed!.usefulMacs).toBe(squeezed!.nonZeros)
  })

  test('of an average are one product a value, however many pixels it is over, and it has no weights', () => {
    const [, pooled] = layersOf([3, 9, 9], (d, x) => d.pool('AveragePool', d.relu(d.conv(x, [3, 8], 3)), 3, 2))
    expect(pooled).toMatchObject({ shape: [8, 4, 4], weights: 0, nonZeros: 0 })
    expect([1, 2]).toContain(pooled!.usefulMacs / (8 * 4 * 4))
    const [, mean] = layersOf([3, 9, 9], (d, x) => d.graph.node('GlobalAveragePool', [d.relu(d.conv(x, [3, 8], 3))]))
    expect(mean).toMatchObject({ weights: 0 })
    expect([1, 2, 3]).toContain(mean!.usefulMacs / 8)
  })

  test('of values that are only moved are none', () => {
    const layers = layersOf([3, 8, 8], (d, x) => d.concat(d.relu(d.conv(x, [3, 4], 3)), d.relu(d.conv(x, [3, 5], 1))))
    expect(layers.map(({ usefulMacs }) => usefulMacs > 0)).toEqual([true, true, false])
  })

  test('of a leaky activation are one product a value', () => {
    const [, positive, leaky] = layersOf([3, 6, 6], (d, x) =>
      d.graph.node('LeakyRelu', [d.conv(x, [3, 4], 3)], { alpha: 0.25 }),
    )
    expect(positive!.usefulMacs).toBe(0)
    expect([1, 2, 3]).toContain(leaky!.usefulMacs / (4 * 6 * 6))
  })
})

test('a grouped convolution has the weights of its groups, no others', () => {
  const [, grouped] = layersOf([6, 8, 8], (d, x) => d.conv(d.relu(d.conv(x, [6, 12], 3)), [12, 9], 3, { group: 3 }))
  expect(grouped!.weights).toBe(9 * 4 * 9)
  expect(grouped!.nonZeros).toBeGreaterThan(0.5 * grouped!.weights)
})
