// Start banks: narrow maps that are read together lie in different banks, and the rows that read them take fewer beats.
import { expect, test } from 'vitest'
import { compileGraph } from '../../../compiler/backend.ts'
import { evaluateInteger } from '../../../compiler/graph/evaluate-integer.ts'
import type { IntegerGraph } from '../../../compiler/graph/integer.ts'
import { placeGraph } from '../../../compiler/layout/place.ts'
import { orThrow } from '../../../compiler/refusal.ts'
import { machines } from '../../../isa/model/machine.ts'
import { randomCodes } from '../../support/integer-graphs.ts'
import { runSimulator } from '../../support/run-simulator.ts'
import { graphOf, layerOf, mapOf, windowOn } from '../lower/sources.ts'

/** A depthwise convolution over the concatenation of four maps of four channels. */
function depthwiseOverNarrow(): IntegerGraph {
  const form = { format: { bits: 4, signed: false } } as const
  const input = mapOf('input', [3, 16, 16])
  const parts = [0, 1, 2, 3].map((at) => mapOf(`part${at}`, [4, 16, 16], form))
  const layers = parts.map((part, at) => layerOf(`make${at}`, [windowOn(input, 4, { seed: at })], part))
  const sources = parts.map((part, at) => {
    const { weights, ...window } = windowOn(part, 16, { kernel: [3, 3], pads: [1, 1], seed: 9 })
    const rowStart = Int32Array.from({ length: 17 }, (_, row) => 9 * Math.min(4, Math.max(0, row - 4 * at)))
    const column = Int32Array.from({ length: 36 }, (_, entry) => entry)
    return { ...window, weights: { ...weights, rowStart, column, value: column.map((each) => (each % 7) + 1) } }
  })
  return graphOf(input, [...layers, layerOf('depthwise', sources, mapOf('end', [16, 16, 16]))])
}

test('narrow maps that are read together share no bank, and a depthwise layer takes a beat a tap', () => {
  const graph = depthwiseOverNarrow()
  const { maps } = orThrow(placeGraph(graph, machines.edge))
  expect([0, 1, 2, 3].map((at) => maps.get(`part${at}`)!.startBank)).toEqual([0, 2, 4, 6])
  const { program } = compileGraph(graph, { name: 'narrow', machine: machines.edge })
  expect(program.layers.at(-1)!.beats).toBe(9)
  const codes = randomCodes(graph.input, 2)
  expect(runSimulator(program, codes).codes).toEqual(Int32Array.from(evaluateInteger(graph, codes).maps.get('end')!))
})
