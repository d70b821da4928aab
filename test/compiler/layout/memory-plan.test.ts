// The memory plan: maps that are live at the same time never share a word, and what does not fit is refused by name.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { IntegerGraph } from '../../../compiler/graph/integer.ts'
import { sourceMaps } from '../../../compiler/graph/integer.ts'
import { allocate, planMemory, type LiveRange } from '../../../compiler/layout/memory-plan.ts'
import { mapWords, type PlacedMap } from '../../../compiler/placement/storage.ts'
import { machine as anyMachine } from '../../../isa/arbitraries.ts'
import { isRefused, orThrow } from '../../../compiler/refusal.ts'
import { machines, slotChannels } from '../../../isa/model/machine.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import { patchGraph } from '../../../compiler/layout/cuts.ts'
import { randomGraph } from '../../support/integer-graphs.ts'
import { graphOf, layerOf, mapOf, windowOn } from '../lower/sources.ts'

const intervals: fc.Arbitrary<LiveRange[]> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: -1, max: 12 }), fc.nat(5)), { maxLength: 14 })
  .map((list) => list.map(([words, first, length], i) => ({ name: `map${i}`, words, first, last: first + length })))

/** The most words live at once: no plan needs less. */
const peak = (all: readonly LiveRange[]): number =>
  Math.max(
    0,
    ...all.map(({ first }) =>
      all.reduce((sum, each) => sum + (each.first <= first && first <= each.last ? each.words : 0), 0),
    ),
  )

describe('allocation', () => {
  test('never gives one word to two maps at a time, nor a word past the end of the memory', () => {
    fc.assert(
      fc.property(intervals, fc.integer({ min: 60, max: 400 }), (all, words) => {
        const bases = allocate(all, words, (layer) => `layer${layer}`)
        if (isRefused(bases)) return
        for (const a of all) {
          expect(bases.get(a.name)! + a.words).toBeLessThanOrEqual(words)
          for (const b of all) {
            const [first, second] = [bases.get(a.name)!, bases.get(b.name)!]
            if (a === b || a.last < b.first || b.last < a.first) continue
            expect(first + a.words <= second || second + b.words <= first).toBe(true)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  test('fits a memory a third larger than the most words live at once', () => {
    fc.assert(
      fc.property(intervals, (all) => {
        expect(isRefused(allocate(all, Math.ceil((4 / 3) * peak(all)) + 1, String))).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  test('refuses less than the most words live at once, naming the layer where they are', () => {
    const all = [
      { name: 'a', words: 10, first: -1, last: 0 },
      { name: 'b', words: 30, first: 0, last: 2 },
      { name: 'c', words: 20, first: 1, last: 2 },
    ]
    expect(allocate(all, 50, String)).toEqual(
      new Map([
        ['b', 0],
        ['c', 30],
        ['a', 30],
      ]),
    )
    expect(() => orThrow(allocate(all, 49, (layer) => `conv${layer}`))).toThrow(
      /layer 'conv1': the maps alive at layer 'conv1' need 50 words of every feature memory bank; allowed: featureWords = 49/,
    )
  })
})

/** A graph whose paths agree in their patches, with its maps. @throws DlpError where they do not fit */
function planned(original: IntegerGraph, machine: Machine, images = 1) {
  const { graph, patches } = orThrow(patchGraph(original, machine))
  return { graph, maps: orThrow(planMemory(graph, machine, patches, images)) }
}

/** The live range of a map, derived from the graph alone. */
function liveRangeOf(graph: IntegerGraph, name: string): { first: number; last: number } {
  const uses = graph.layers.flatMap((layer, index) => {
    const names = [...(layer.kind === 'logits' ? [] : [layer.output.name]), ...sourceMaps(layer)]
    return names.includes(name) ? [index] : []
  })
  const first = name === graph.input.name ? -1 : Math.min(...uses)
  return { first, last: name === graph.output ? graph.layers.length : Math.max(first, ...uses) }
}

describe('the plan of a random graph', () => {
  const room = { featureWords: 65_536, weightBeats: 65_536 }
  const anyGraph = fc.nat().map((seed) => randomGraph(seed, { mostChannels: 30, mostSide: 12, mostLayers: 8 }))

  test('keeps the maps that a layer reads and writes, and all that later layers read, apart', () => {
    fc.assert(
      fc.property(anyGraph, anyMachine, (original, machine) => {
        const { graph, maps } = planned(original, { ...machine, ...room })
        const placed = [...maps.values()]
        const ranges = placed.map((map) => ({ map, ...liveRangeOf(graph, map.map.name) }))
        for (const a of ranges)
          for (const b of ranges) {
            if (a === b || a.last < b.first || b.last < a.first) continue
            const apart = (one: PlacedMap, other: PlacedMap): boolean => one.base + mapWords(one) <= other.base
            expect(apart(a.map, b.map) || apart(b.map, a.map)).toBe(true)
          }
      }),
      { numRuns: 150 },
    )
  })

  test('gives every map slots for its channels, and layers of rows whole row groups', () => {
    fc.assert(
      fc.property(anyGraph, anyMachine, (original, machine) => {
        const { graph, maps } = planned(original, { ...machine, ...room })
        for (const { map, slots } of maps.values())
          expect(slots * slotChannels(machine)).toBeGreaterThanOrEqual(map.channels)
        for (const layer of graph.layers)
          if (layer.kind === 'linear')
            expect((maps.get(layer.output.name)!.slots * slotChannels(machine)) % machine.rows).toBe(0)
      }),
      { numRuns: 50 },
    )
  })
})

test('the result keeps its words until the end, though layers follow it', () => {
  const maps = ['input', 'result', 'a', 'b'].map((name) => mapOf(name, [8, 8, 8]))
  const [input, result, a, b] = [maps[0]!, maps[1]!, maps[2]!, maps[3]!]
  const layers = [
    layerOf('first', [windowOn(input, 8)], result),
    layerOf('second', [windowOn(input, 8)], a),
    layerOf('third', [windowOn(a, 8)], b),
  ]
  const placed = planned({ ...graphOf(input, layers), output: 'result' }, machines.tiny).maps
  const bases = ['result', 'a', 'b'].map((name) => placed.get(name)!.base)
  expect(new Set(bases).size).toBe(3)
})

test('the input of a run of several images keeps its words for the next one', () => {
  const [input, a, b] = ['input', 'a', 'b'].map((name) => mapOf(name, [8, 8, 8]))
  const layers = [layerOf('first', [windowOn(input!, 8)], a!), layerOf('second', [windowOn(a!, 8)], b!)]
  const graph = { ...graphOf(input!, layers), output: 'b' }
  const bases = (images: number): number[] =>
    [...planned(graph, machines.tiny, images).maps.values()].map(({ base }) => base)
  expect(new Set(bases(1)).size).toBe(2)
  expect(new Set(bases(2)).size).toBe(3)
  const words = (machine: Machine, images: number) => () => planned(graph, machine, images)
  const small = { ...machines.tiny, featureWords: 2 * Math.max(...bases(1)) }
  expect(words(small, 1)).not.toThrow()
  expect(words(small, 2)).toThrow(/allowed: featureWords = \d+/)
})

test('a graph that does not fit the feature memory is refused with the layer that needs most', () => {
  const input = mapOf('input', [3, 16, 16])
  const wide = mapOf('wide', [40, 16, 16])
  const layers = [
    layerOf('small', [windowOn(input, 8)], mapOf('first', [8, 16, 16])),
    layerOf('large', [windowOn(mapOf('first', [8, 16, 16]), 40)], wide),
  ]
  expect(() => planned(graphOf(input, layers), machines.tiny)).toThrow(
    /memory plan, layer 'large': the maps alive at layer 'large' need \d+ words .* allowed: featureWords = 512/,
  )
})
