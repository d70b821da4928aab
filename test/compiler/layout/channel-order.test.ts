// Channel orders: the graph computes the same with any of them. A network pruned without the machine in mind takes fewer beats with the chosen one.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGraph } from '../../../compiler/backend.ts'
import { evaluateInteger } from '../../../compiler/graph/evaluate-integer.ts'
import type { IntegerGraph } from '../../../compiler/graph/integer.ts'
import { orderChannels } from '../../../compiler/layout/channel-order.ts'
import { channelRoot, permuteChannels } from '../../../compiler/layout/permute.ts'
import { machines } from '../../../isa/model/machine.ts'
import { random } from '../../../base/random.ts'
import { randomCodes, randomGraph } from '../../support/integer-graphs.ts'
import { runSimulator } from '../../support/run-simulator.ts'
import { graphOf, layerOf, mapOf, windowOn } from '../lower/sources.ts'

const sizes = { mostChannels: 20, mostSide: 9, mostLayers: 5 }
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 })

const results = (graph: IntegerGraph, codes: Int16Array): Int32Array => {
  const { logits, maps } = evaluateInteger(graph, codes)
  return Int32Array.from(logits ?? maps.get(graph.output)!)
}

function shuffled(length: number, seed: number): Int32Array {
  const uniform = random(seed)
  const keys = Float64Array.from({ length }, uniform)
  return Int32Array.from({ length }, (_, i) => i).sort((a, b) => keys[a]! - keys[b]!)
}

/** Three convolutions of 48 channels in which a row has from a tenth to all of its weights. */
function uneven(seed: number): IntegerGraph {
  const maps = ['a', 'b', 'c', 'd'].map((name) => mapOf(name, [48, 8, 8], { format: { bits: 4, signed: false } }))
  const uniform = random(seed)
  const layers = maps.slice(1).map((output, index) => {
    const source = windowOn(maps[index]!, 48, { kernel: [3, 3], pads: [1, 1], seed: seed + index })
    const { rowStart, column, value } = source.weights
    const starts = new Int32Array(49)
    const kept: number[] = []
    for (let row = 0; row < 48; row++) {
      const density = 0.1 + 0.9 * uniform()
      for (let at = rowStart[row]!; at < rowStart[row + 1]!; at++) if (uniform() < density) kept.push(at)
      starts[row + 1] = kept.length
    }
    const pick = (from: Int32Array): Int32Array => Int32Array.from(kept, (at) => from[at]!)
    const weights = { ...source.weights, rowStart: starts, column: pick(column), value: pick(value) }
    return layerOf(`to ${output.name}`, [{ ...source, weights }], output)
  })
  return graphOf(maps[0]!, layers)
}

describe('permuted channels', () => {
  test('give the same results, whatever the orders', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const graph = randomGraph(seed, sizes)
        const fixed = channelRoot(graph, graph.output)
        const orders = new Map(
          graph.layers.flatMap((layer) =>
            layer.kind === 'linear' && layer.output.name !== fixed
              ? [[layer.output.name, shuffled(layer.output.channels, seed)] as const]
              : [],
          ),
        )
        const codes = randomCodes(graph.input, seed)
        expect(results(permuteChannels(graph, orders), codes)).toEqual(results(graph, codes))
      }),
      { numRuns: 60 },
    )
  })
})

describe('the order that is chosen', () => {
  test('saves beats where rows are uneven, and computes the same', () => {
    const graph = uneven(1)
    const { edge } = machines
    const ordered = orderChannels(graph, edge)
    expect(ordered).not.toBe(graph)
    const codes = randomCodes(graph.input, 1)
    expect(results(ordered, codes)).toEqual(results(graph, codes))
    const { program } = compileGraph(graph, { name: 'uneven', machine: edge })
    expect(runSimulator(program, codes).codes).toEqual(results(graph, codes))
    // In the model's order, each row group takes as many beats as its longest row.
    const longest = graph.layers.reduce((sum, layer) => {
      if (layer.kind !== 'linear') return sum
      const { rowStart } = layer.sources[0]!.weights
      let beats = 0
      for (let first = 0; first < 48; first += edge.rows)
        beats += Math.max(
          ...Array.from({ length: edge.rows }, (_, row) => rowStart[first + row + 1]! - rowStart[first + row]!),
        )
      return sum + beats / edge.clusters
    }, 0)
    expect(program.layers.reduce((sum, { beats }) => sum + beats, 0)).toBeLessThan(0.85 * longest)
  })

  test('is the model’s own where all rows are even', () => {
    const maps = ['a', 'b'].map((name) => mapOf(name, [32, 8, 8]))
    const graph = graphOf(maps[0]!, [
      layerOf('b', [windowOn(maps[0]!, 32, { kernel: [3, 3], pads: [1, 1], magnitude: 7, density: 2 })], maps[1]!),
    ])
    expect(orderChannels(graph, machines.edge)).toBe(graph)
  })

  test('is the same for the same graph', () => {
    const [a, b] = [orderChannels(uneven(3), machines.card), orderChannels(uneven(3), machines.card)]
    expect(a).toEqual(b)
  })
})
