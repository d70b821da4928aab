// Every PE cycle of an image has one cause: rows of `dlp simulate --losses` add up exactly, whatever the program.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGraph } from '../../compiler/backend.ts'
import { program as anyProgram } from '../../isa/arbitraries.ts'
import { machines, processingElements, type Machine } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { positionCycles } from '../../isa/timing.ts'
import { emptyBeats, flag } from '../../isa/weights/beats.ts'
import { imageLosses } from '../../simulator/losses.ts'
import type { LossRow } from '../../simulator/losses.ts'
import { countBeats } from '../../simulator/position-beats.ts'
import { simulateTiming } from '../../simulator/simulate.ts'
import { graphOf, layerOf, mapOf, windowOn } from '../compiler/lower/sources.ts'
import { slow } from '../rtl/processor-machines.ts'
import { randomGraph } from '../support/integer-graphs.ts'

const { tiny } = machines
const sum = (row: LossRow): number => Object.values(row.peCycles).reduce((total, cycles) => total + cycles, 0)

function expectWhole(program: Program): LossRow[] {
  const image = simulateTiming(program)
  const rows = imageLosses(program, image)
  for (const row of rows) expect(sum(row), row.name).toBe(row.cycles * processingElements(program.machine))
  expect(rows.reduce((total, { cycles }) => total + cycles, 0)).toBe(image.cycles)
  expect(rows.reduce((total, { peCycles }) => total + peCycles.useful, 0)).toBe(image.usefulMacs)
  return rows
}

describe('losses', () => {
  test('add up to the cycles of every layer and of the image, in random programs', () => {
    fc.assert(
      fc.property(fc.constantFrom<Machine>(tiny, slow).chain(anyProgram), ({ program }) => void expectWhole(program)),
      { numRuns: 60 },
    )
  })

  test('of a serial post unit are waits of positions, not products', () => {
    const input = mapOf('in', [4, 3, 3], { format: { bits: 4, signed: false } })
    const output = mapOf('out', [8, 3, 3], { format: { bits: 4, signed: false } })
    const graph = graphOf(input, [layerOf('layer', [windowOn(input, 8)], output)])
    const { program } = compileGraph(graph, { name: 'serial', machine: slow })
    const [, layer] = expectWhole(program)
    const positions = program.instructions.flatMap((each) =>
      each.op === 'LAYER' ? [each.patchHeight * each.patchWidth] : [],
    )[0]!
    const { beats, usefulMacs } = program.layers[0]!
    const waits = positions * (positionCycles(slow, beats) - beats) * processingElements(slow)
    const { drain, useful, lanes, rows, imbalance, schedule } = layer!.peCycles
    expect(drain).toBeGreaterThanOrEqual(waits)
    expect(useful).toBe(usefulMacs)
    // the remaining cycles are the beats themselves
    expect(drain - waits + useful + lanes + rows + imbalance + schedule).toBe(
      positions * beats * processingElements(slow),
    )
    for (const [cause, cycles] of Object.entries(layer!.peCycles)) expect(cycles, cause).toBeGreaterThanOrEqual(0)
  })

  test('are never negative in compiled graphs, and waits for streamed weights are counted', () => {
    let waited = 0
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.constantFrom('resident', 'streamed'),
        (seed, weightsIn) => {
          const machine = { ...machines.edge, name: 'slow memory', dramLatencyCycles: 200 }
          const graph = randomGraph(seed, { mostChannels: 20, mostSide: 11, mostLayers: 5 })
          const rows = expectWhole(compileGraph(graph, { name: graph.name, machine, weightsIn }).program)
          for (const { name, peCycles } of rows)
            for (const [cause, cycles] of Object.entries(peCycles))
              expect(cycles, `${name}: ${cause}`).toBeGreaterThanOrEqual(0)
          if (weightsIn === 'streamed')
            waited += rows.slice(1).reduce((total, { peCycles }) => total + peCycles.dram, 0)
        },
      ),
      { numRuns: 25 },
    )
    expect(waited).toBeGreaterThan(0)
  })
})

describe('the beats of a position', () => {
  /** A stream on `tiny`; `products` are beat, cluster and row, `flags` beat and flag of all clusters. */
  function stream(
    beats: number,
    products: readonly (readonly [number, number, number])[],
    flags: readonly (readonly [number, number])[],
  ) {
    const made = emptyBeats(beats, tiny)
    for (const [beat, cluster, row] of products) made.values[(beat * tiny.clusters + cluster) * tiny.rows + row] = 1
    for (const [beat, bits] of flags)
      for (let cluster = 0; cluster < tiny.clusters; cluster++) made.flags[beat * tiny.clusters + cluster]! |= bits
    return made
  }

  test('are as many as the longest row of the longest cluster, and at least as many as the drain', () => {
    const even = stream(6, [[0, 0, 0], [1, 0, 0], [4, 0, 0], [5, 0, 1], [2, 1, 5]], [[5, flag.end]]) // prettier-ignore
    expect(countBeats(even, tiny)).toEqual({
      beats: 6,
      parts: 1,
      keptParts: 0,
      products: 5,
      rows: 3,
      evenBeats: 3,
      leastBeats: 4,
    })
  })

  test('adds up the longest rows of phases, cluster by cluster, and of parts', () => {
    const phases = stream(12, [[0, 0, 0], [1, 0, 0], [3, 0, 1], [4, 1, 1], [5, 1, 1], [9, 0, 0]], [[2, flag.shift], [7, flag.end | flag.keep], [11, flag.end]]) // prettier-ignore
    expect(countBeats(phases, tiny)).toEqual({
      beats: 12,
      parts: 2,
      keptParts: 1,
      products: 6,
      rows: 2,
      evenBeats: 3 + 1,
      leastBeats: 4 + 4,
    })
  })
})
