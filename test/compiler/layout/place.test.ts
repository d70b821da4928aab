// Layout: relayouts change no code, patches stay small despite far taps, and the cheapest strategy is taken.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGraph } from '../../../compiler/backend.ts'
import { evaluateInteger } from '../../../compiler/graph/evaluate-integer.ts'
import type { IntegerGraph } from '../../../compiler/graph/integer.ts'
import { modelCycles } from '../../../compiler/placement/cost.ts'
import { placeGraph, layoutStrategies } from '../../../compiler/layout/place.ts'
import { machine as anyMachine } from '../../../isa/arbitraries.ts'
import { machines, type Machine } from '../../../isa/model/machine.ts'
import { DlpError } from '../../../base/error.ts'
import { isRefused, orThrow } from '../../../compiler/refusal.ts'
import { randomCodes, randomGraph } from '../../support/integer-graphs.ts'
import { runSimulator } from '../../support/run-simulator.ts'
import { graphOf, layerOf, mapOf, windowOn } from '../lower/sources.ts'

const resultOf = (graph: IntegerGraph, codes: Int16Array): Int32Array => {
  const { logits, maps } = evaluateInteger(graph, codes)
  return Int32Array.from(logits ?? maps.get(graph.output)!)
}

/** A chain of 3×3 convolutions, one of them dilated, then a whole-map window. */
function dilatedChain(size: number, dilation: number, depth: number, whole = true): IntegerGraph {
  const maps = [mapOf('map0', [4, size, size], { zeroPoint: 9 })]
  const layers = []
  for (let at = 1; at <= depth; at++) {
    const output = mapOf(`map${at}`, [4, size, size], { zeroPoint: at })
    const d = at === 2 ? dilation : 1
    const window = { kernel: [3, 3], pads: [d, d], dilation: [d, d], seed: at } as const
    layers.push(layerOf(`conv${at}`, [windowOn(maps[at - 1]!, 4, window)], output))
    maps.push(output)
  }
  const last = layerOf('whole', [windowOn(maps[depth]!, 5, { kernel: [size, size] })], mapOf('end', [5, 1, 1]))
  return graphOf(maps[0]!, whole ? [...layers, last] : layers)
}

/** Machines with room for every relayout. */
const roomy = (machine: Machine): Machine => ({
  ...machine,
  featureWords: 65536,
  weightBeats: 65536,
  instructionWords: 8192,
  parameterGroups: 256,
})

describe('every layout strategy', () => {
  test('evaluates to the same codes on random graphs and machines', () => {
    let relayouts = 0
    fc.assert(
      fc.property(fc.nat(), anyMachine, fc.constantFrom(...layoutStrategies), (seed, machine, strategy) => {
        const original = randomGraph(seed, { mostChannels: 6, mostSide: 20, mostLayers: 5 })
        const codes = randomCodes(original.input, seed)
        const placed = placeGraph(original, roomy(machine), [strategy])
        // Many far taps need more slots than a table has.
        if (isRefused(placed) && strategy.moves) return
        const { graph } = orThrow(placed)
        relayouts += graph.layers.filter(({ kind }) => kind === 'relayout').length
        expect(resultOf(graph, codes)).toEqual(resultOf(original, codes))
      }),
      { numRuns: 150 },
    )
    expect(relayouts).toBeGreaterThan(50)
  })

  test.each(layoutStrategies)('is exact on the simulator: gathers $gathers, moves $moves', (strategy) => {
    for (const machine of [roomy(machines.tiny), machines.edge, machines.card])
      for (const dilation of [1, 3, 6]) {
        const graph = dilatedChain(14, dilation, 3, strategy.gathers || !strategy.moves)
        const codes = randomCodes(graph.input, dilation)
        const { program } = compileGraph(graph, { name: 'chain', machine, layoutStrategies: [strategy] })
        expect(runSimulator(program, codes).codes).toEqual(resultOf(graph, codes))
      }
  })
})

describe('a cut', () => {
  const input = mapOf('input', [3, 12, 12], { zeroPoint: 7 })
  const half = mapOf('half', [4, 6, 6])
  const first = layerOf('halve', [windowOn(input, 4, { stride: [2, 2] })], half)
  const sources = [windowOn(half, 5), windowOn(input, 5, { kernel: [3, 3], pads: [1, 1], seed: 2 })]
  const meeting = graphOf(input, [first, layerOf('meet', sources, mapOf('sum', [5, 6, 6]))])

  test.each([roomy(machines.tiny), machines.edge, machines.card])(
    'joins paths that disagree in their strides, on $name',
    (machine) => {
      const { graph } = orThrow(placeGraph(meeting, machine))
      const relayouts = graph.layers.flatMap((layer) => (layer.kind === 'relayout' ? [layer.lanes] : []))
      expect(relayouts).toEqual(['free'])
      const codes = randomCodes(input, 3)
      const { program } = compileGraph(meeting, { name: 'meeting', machine })
      expect(runSimulator(program, codes).codes).toEqual(resultOf(meeting, codes))
    },
  )

  test('uses the lanes that would be idle after many halvings of the size', () => {
    const maps = [32, 32, 32, 32, 16, 16, 8].map((side, at) => mapOf(`map${at}`, [16, side, side]))
    const layers = maps.slice(1).map((output, at) => {
      const step = maps[at]!.height / output.height
      return layerOf(
        `conv${at}`,
        [windowOn(maps[at]!, 16, { kernel: [3, 3], stride: [step, step], pads: [1, 1], seed: at })],
        output,
      )
    })
    const graph = graphOf(maps[0]!, layers)
    const codes = randomCodes(graph.input, 3)
    const cycles = (cuts: boolean): number => {
      const { program } = compileGraph(graph, {
        name: 'chain',
        machine: machines.card,
        layoutStrategies: [{ gathers: false, moves: false, cuts }],
      })
      const { codes: found, simulation } = runSimulator(program, codes)
      expect(found).toEqual(resultOf(graph, codes))
      return simulation.cycles
    }
    expect(cycles(true)).toBeLessThan(0.8 * cycles(false))
  })
})

describe('a graph that fits with no strategy', () => {
  const small = fc.record({
    seed: fc.nat(),
    given: anyMachine,
    featureWords: fc.constantFrom(16, 32, 64, 128, 256),
    allowed: fc.constantFrom(layoutStrategies, layoutStrategies.toReversed()),
  })

  test('is refused exactly if each strategy by itself is, with the refusal of the first', () => {
    let refusals = 0
    let rescued = 0
    fc.assert(
      fc.property(small, ({ seed, given, featureWords, allowed }) => {
        const machine = { ...roomy(given), featureWords }
        const graph = randomGraph(seed, { mostChannels: 6, mostSide: 20, mostLayers: 5 })
        const alone = allowed.map((strategy) => placeGraph(graph, machine, [strategy]))
        const found = placeGraph(graph, machine, allowed)
        if (isRefused(found)) {
          refusals++
          expect(alone.every(isRefused)).toBe(true)
          expect(found).toEqual(alone[0])
        } else {
          expect(alone).toContainEqual(found)
          if (alone.some(isRefused)) rescued++
        }
      }),
      { numRuns: 80 },
    )
    expect(refusals).toBeGreaterThan(5)
    expect(rescued).toBeGreaterThan(0)
  })

  test('is not refused for an error in a check: the error is thrown, whatever its kind', () => {
    const graph = dilatedChain(14, 3, 3)
    for (const error of [new DlpError({ what: 'a fault' }), new RangeError('a fault')]) {
      const check = (): never => {
        throw error
      }
      expect(() => placeGraph(graph, machines.edge, layoutStrategies, 1, check)).toThrow(error)
    }
  })
})

describe('the cheapest strategy', () => {
  test('is the cheapest of the strategies each by itself, although equal graphs are laid out once', () => {
    const cycles = (graph: IntegerGraph, machine: Machine, allowed: typeof layoutStrategies): number => {
      const placed = placeGraph(graph, machine, allowed)
      return isRefused(placed) ? Infinity : modelCycles(placed.graph, placed.maps, machine)
    }
    fc.assert(
      fc.property(fc.nat(), anyMachine, (seed, given) => {
        const machine = roomy(given)
        const graph = randomGraph(seed, { mostChannels: 6, mostSide: 20, mostLayers: 5 })
        const alone = layoutStrategies.map((strategy) => cycles(graph, machine, [strategy]))
        expect(cycles(graph, machine, layoutStrategies)).toBe(Math.min(...alone))
      }),
      { numRuns: 100 },
    )
  })

  test('gathers the last map of a deep network, so that its first maps stay small', () => {
    const { graph, maps } = orThrow(placeGraph(dilatedChain(28, 1, 6), machines.card))
    expect(maps.get('map1')!.patch).toEqual({ height: 4, width: 4 })
    expect(graph.layers.filter(({ kind }) => kind === 'relayout').map(({ name }) => name)).toEqual(['map6@lane'])
  })

  test('moves far taps for one dilated convolution among many others', () => {
    const { graph, maps } = orThrow(placeGraph(dilatedChain(28, 9, 40, false), machines.card))
    expect(maps.get('map1')!.patch).toEqual({ height: 4, width: 4 })
    expect(graph.layers.filter(({ kind }) => kind === 'relayout').length).toBe(8)
  })

  test('moves far taps if a dilation exceeds the field of a geometry', () => {
    const graph = dilatedChain(28, 18, 2, false)
    const codes = randomCodes(graph.input, 1)
    const { program } = compileGraph(graph, { name: 'far', machine: machines.card })
    expect(runSimulator(program, codes).codes).toEqual(resultOf(graph, codes))
  })

  test('never costs more cycles on the simulator than growing', () => {
    const graph = dilatedChain(28, 9, 12, false)
    const codes = randomCodes(graph.input, 1)
    const cycles = (allowed: typeof layoutStrategies): number =>
      runSimulator(
        compileGraph(graph, { name: 'chain', machine: machines.card, layoutStrategies: allowed }).program,
        codes,
      ).simulation.cycles
    expect(cycles(layoutStrategies)).toBeLessThan(cycles([{ gathers: true, moves: false, cuts: true }]))
  })
})
