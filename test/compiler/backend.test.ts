// The backend: its programs have no illegal instructions, balanced semaphores, and the same bytes each time.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGraph, type BackendOptions } from '../../compiler/backend.ts'
import { compile } from '../../compiler/compile.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import type { IntegerGraph, LogitsLayer } from '../../compiler/graph/integer.ts'
import { build } from '../../examples/resnet8/build.ts'
import { writeProgram } from '../../isa/container/write.ts'
import { instructions, semaphores } from '../../isa/instructions.ts'
import { machines, type Machine } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { checkInstruction } from '../../isa/validate.ts'
import { simulateTiming } from '../../simulator/simulate.ts'
import { randomCodes, randomGraph } from '../support/integer-graphs.ts'
import { runSimulator } from '../support/run-simulator.ts'
import { graphOf, layerOf, mapOf, windowOn } from './lower/sources.ts'

const roomy: Machine = { ...machines.tiny, featureWords: 8192, weightBeats: 4096 }
const anyGraph = fc.nat().map((seed) => randomGraph(seed, { mostChannels: 20, mostSide: 11, mostLayers: 5 }))

const compiled = (graph: IntegerGraph, options: Partial<BackendOptions> = {}): Program =>
  compileGraph(graph, { name: graph.name, machine: roomy, ...options }).program

/** What each semaphore of an entry (from instruction `first` to its HALT) counts up and down, and which queues do so. */
function semaphoresOf({ instructions: all }: Program, first: number) {
  const counts = Array.from({ length: semaphores }, () => ({
    signals: 0,
    waits: 0,
    producers: new Set<string>(),
    consumers: new Set<string>(),
  }))
  for (let at = first; all[at]!.op !== 'HALT'; at++) {
    const each = all[at]!
    if (each.op === 'Illegal') throw new Error(each.reason)
    const { queue } = instructions[each.op]
    counts.forEach((count, bit) => {
      if ((each.signal >> bit) & 1) {
        count.signals++
        count.producers.add(queue)
      }
      if ((each.wait >> bit) & 1) {
        count.waits++
        count.consumers.add(queue)
      }
    })
  }
  return counts
}

describe('a program', () => {
  test.each(['resident', 'streamed'] as const)(
    'with %s weights has no instruction that the machine refuses',
    (weightsIn) => {
      fc.assert(
        fc.property(anyGraph, (graph) => {
          const { instructions: all } = compiled(graph, { weightsIn })
          expect(all.flatMap((each) => checkInstruction(each, roomy))).toEqual([])
        }),
        { numRuns: 25 },
      )
    },
  )

  test.each(['resident', 'streamed'] as const)(
    'with %s weights waits for as much as it signals; a semaphore joins one queue to one other',
    (weightsIn) => {
      fc.assert(
        fc.property(anyGraph, fc.integer({ min: 1, max: 3 }), (graph, images) => {
          const machine = { ...roomy, weightBeats: weightsIn === 'streamed' ? 1500 : roomy.weightBeats }
          const program = compiled(graph, { weightsIn, machine, images })
          for (const first of [program.entry.init, program.entry.infer])
            for (const { signals, waits, producers, consumers } of semaphoresOf(program, first)) {
              expect(waits).toBe(signals)
              expect(producers.size).toBeLessThanOrEqual(1)
              expect(consumers.size).toBeLessThanOrEqual(1)
              if (signals > 0) expect([...producers]).not.toEqual([...consumers])
            }
        }),
        { numRuns: 25 },
      )
    },
  )

  test('is the same, byte by byte, each time', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const graph = randomGraph(seed, { mostChannels: 20, mostSide: 11, mostLayers: 5 })
      expect(writeProgram(compiled(graph))).toEqual(writeProgram(compiled(graph)))
    }
  })

  test('has a record for each layer with a contiguous range of instructions, which cover all except HALT and STORE', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const { layers, entry, instructions: all } = compiled(graph)
        const named = layers.filter(({ kind }) => kind !== 'move' && kind !== 'repatch')
        expect(named.map(({ name }) => name)).toEqual(graph.layers.map(({ name }) => name))
        const work = ['COMPUTE', 'POOL', 'MOVE', 'REPATCH', 'LAYER']
        const compute = all.flatMap(({ op }, at) => (at >= entry.infer && work.includes(op) ? [at] : []))
        const owners = compute.map((at) => layers.findIndex(({ first, end }) => at >= first && at < end))
        expect(owners).not.toContain(-1)
        expect(owners).toEqual([...owners].sort((a, b) => a - b))
      }),
      { numRuns: 25 },
    )
  })
})

describe('ResNet-8 on edge at a quarter of its weights', () => {
  const { program } = compile(build(), { name: 'resnet8', machine: machines.edge, density: 0.25 })

  test('has at most 1 % more beats than the lower bound of its schedules', () => {
    const sum = (of: 'beats' | 'boundBeats'): number => program.layers.reduce((total, layer) => total + layer[of], 0)
    for (const { beats, boundBeats } of program.layers) expect(beats).toBeGreaterThanOrEqual(boundBeats)
    expect(sum('beats')).toBeLessThanOrEqual(1.01 * sum('boundBeats'))
  })

  test('fits the instruction memory with a reserve', () => {
    expect(program.instructions.length).toBeLessThanOrEqual(machines.edge.instructionWords / 32)
  })

  test('counts useful MACs that fit the processing elements in the beats used', () => {
    const { rows, clusters, gridHeight, gridWidth } = machines.edge
    for (const { usefulMacs, beats, shape, kind } of program.layers) {
      if (kind !== 'linear') continue
      const patch = Math.ceil(shape[1] / gridHeight) * Math.ceil(shape[2] / gridWidth)
      expect(usefulMacs).toBeGreaterThan(0)
      expect(usefulMacs).toBeLessThanOrEqual(beats * patch * rows * clusters * gridHeight * gridWidth)
    }
  })
})

/** The simulator's output and hazards, and the oracle's output, for one image. */
function run(graph: IntegerGraph, machine: Machine = roomy) {
  const codes = randomCodes(graph.input, 1)
  const oracle = evaluateInteger(graph, codes)
  const { program } = compileGraph(graph, { name: graph.name, machine })
  return {
    found: runSimulator(program, codes).codes,
    expected: Int32Array.from(oracle.logits ?? oracle.maps.get(graph.output)!),
  }
}

describe('special cases that random networks seldom contain compute the same codes, without hazards:', () => {
  const logitsOn = (map: ReturnType<typeof mapOf>, kernel: readonly [number, number]): LogitsLayer => ({
    kind: 'logits',
    name: 'fc',
    source: windowOn(map, 5, { kernel }),
    bias: new Int32Array(5).fill(3),
    scale: new Float64Array(5).fill(1),
  })

  test.each([
    [4, 4],
    [3, 2],
    [1, 4],
  ] as const)('a logits layer with a window of %i×%i over 4×4 pixels', (...kernel) => {
    const input = mapOf('input', [3, 4, 4])
    const map = mapOf('map', [3, 4, 4])
    const layers = [layerOf('conv', [windowOn(input, 3, { kernel: [3, 3], pads: [1, 1] })], map), logitsOn(map, kernel)]
    const { found, expected } = run(graphOf(input, layers))
    expect(found).toEqual(expected)
  })

  test('logits straight from an input of many rows', () => {
    const input = mapOf('input', [3, 24, 24])
    const { found, expected } = run(graphOf(input, [logitsOn(input, [1, 1])]))
    expect(found).toEqual(expected)
  })

  test('an input whose last rows only the second layer reads', () => {
    const input = mapOf('input', [2, 16, 16])
    const [first, second] = [mapOf('first', [4, 8, 8]), mapOf('second', [4, 8, 8])]
    const layers = [
      layerOf('skips', [windowOn(input, 4, { stride: [2, 2] })], first),
      layerOf('reads', [windowOn(input, 4, { kernel: [3, 3], stride: [2, 2], pads: [1, 1] })], second),
    ]
    const { found, expected } = run(graphOf(input, layers))
    expect(found).toEqual(expected)
  })

  test('a first layer with a small window before a large one', () => {
    const input = mapOf('input', [8, 32, 32])
    const sources = [windowOn(input, 8), windowOn(input, 8, { kernel: [5, 5], pads: [2, 2], seed: 2, density: 0.2 })]
    const { found, expected } = run(graphOf(input, [layerOf('conv', sources, mapOf('map', [8, 32, 32]))]))
    expect(found).toEqual(expected)
  })
})

describe('the first layer', () => {
  const input = mapOf('input', [3, 24, 24])
  const map = mapOf('map', [20, 24, 24])
  const window = windowOn(input, 20, { kernel: [3, 3], pads: [1, 1] })
  const graph = graphOf(input, [layerOf('conv', [window], map)])
  const sizeOf = ({ instructions: all }: Program): number => all.length
  const columnsOf = ({ instructions: all }: Program): number[] =>
    all.flatMap((each) => (each.op === 'COLUMNS' ? [each.columns] : []))

  test('begins with a few columns where that ends sooner, and its other row groups compute all columns', () => {
    const { found, expected } = run(graph)
    expect(found).toEqual(expected)
    const columns = columnsOf(compiled(graph))
    expect(columns.length).toBeGreaterThan(2)
    expect(columns.at(-1)).toBe(12)
    const without = compiled(graph, { machine: { ...roomy, limits: { columnRanges: false } } })
    expect(columnsOf(without)).toEqual([])
    expect(simulateTiming(compiled(graph)).cycles).toBeLessThan(simulateTiming(without).cycles)
  })

  test('begins with whole rows where the instruction memory would not hold the chunks', () => {
    const most = sizeOf(compiled(graph))
    const short = compiled(graph, { machine: { ...roomy, instructionWords: most - 1 } })
    expect(columnsOf(short)).toEqual([])
    expect(sizeOf(short)).toBeLessThan(most)
    expect(columnsOf(compiled(graph, { machine: { ...roomy, instructionWords: most } }))).not.toEqual([])
  })
})

describe('refused is', () => {
  const input = mapOf('input', [8, 6, 6])
  const layer = layerOf(
    'conv',
    [windowOn(input, 40, { kernel: [5, 5], pads: [2, 2], magnitude: 119 })],
    mapOf('map', [40, 6, 6]),
  )
  const graph = graphOf(input, [layer])

  test('a model whose weights are to be resident and do not fit', () => {
    const machine = { ...roomy, weightBeats: 500 }
    expect(() => compiled(graph, { machine, weightsIn: 'resident' })).toThrow(
      /model 'test': the weights need at least \d+ beats; allowed: weightBeats = 500 for resident weights \(use --weights-in streamed/,
    )
    expect(compiled(graph, { machine }).weightsIn).toBe('streamed')
  })

  test('a row group that exceeds the weight memory even when streamed, with its layer', () => {
    const machine = { ...roomy, weightBeats: 100 }
    expect(() => compiled(graph, { machine })).toThrow(/^layer 'conv': a row group needs at least \d+ beats/)
  })

  test('a layer whose row group has more beats than COMPUTE can encode', () => {
    const wide = mapOf('wide', [80, 8, 8])
    const sources = [windowOn(wide, 1, { kernel: [8, 8], magnitude: 119 })]
    const large = { ...roomy, clusters: 1, banks: 16, rows: 16, featureWords: 65_536, weightBeats: 65_536 }
    const tall = graphOf(wide, [layerOf('fc', sources, mapOf('out', [1, 1, 1]))])
    expect(() => compiled(tall, { machine: large })).toThrow(
      /^layer 'fc': a row group needs at least \d+ beats; allowed: at most 16383/,
    )
  })

  test('a model with more row groups than the parameter memory or more instructions than its memory', () => {
    expect(() => compiled(graph, { machine: { ...roomy, parameterGroups: 4 } })).toThrow(
      /5 row groups; allowed: parameterGroups = 4/,
    )
    expect(() => compiled(graph, { machine: { ...roomy, instructionWords: 16 } })).toThrow(
      /at least \d+ instructions; allowed: instructionWords = 16/,
    )
  })

  test('more logits than their memory holds', () => {
    const logits: LogitsLayer = {
      kind: 'logits',
      name: 'fc',
      source: windowOn(input, 4097, { density: 0.01 }),
      bias: new Int32Array(4097),
      scale: new Float64Array(4097).fill(1),
    }
    expect(() => compiled(graphOf(input, [logits]), { machine: { ...roomy, parameterGroups: 1024 } })).toThrow(
      "layer 'fc': it has 4097 logits; allowed: at most 4096",
    )
  })
})
