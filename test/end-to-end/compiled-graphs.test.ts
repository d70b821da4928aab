// Compiled random graphs: the simulator gives the oracle's codes without a hazard, on named and on random machines.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGraph } from '../../compiler/backend.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import type { IntegerLayer } from '../../compiler/graph/integer.ts'
import { fullMachine, serialMachine } from '../../isa/arbitraries.ts'
import { DlpError } from '../../base/error.ts'
import { machines, type Machine } from '../../isa/model/machine.ts'
import { parseMachine } from '../../isa/model/machine-file.ts'
import { graphCase, randomCodes, randomGraph } from '../support/integer-graphs.ts'
import { runSimulator } from '../support/run-simulator.ts'
import { withoutWeights } from '../support/zero-weights.ts'

const sizes = { mostChannels: 20, mostSide: 11, mostLayers: 5 }
/** Of graphs of which a machine without POOL, MOVE and lane sums can run some. */
const fewLayers = { mostChannels: 20, mostSide: 11, mostLayers: 2 }

/** The program's outputs and the oracle's on one random graph and image. */
function both(
  seed: number,
  machine: Machine,
  { weightsIn, most = sizes }: { readonly weightsIn?: 'streamed'; readonly most?: typeof sizes } = {},
): { program: Int32Array; oracle: Int32Array } {
  const graph = randomGraph(seed, most)
  const codes = randomCodes(graph.input, seed)
  const result = evaluateInteger(graph, codes)
  const { program } = compileGraph(graph, { name: graph.name, machine, weightsIn })
  return {
    program: runSimulator(program, codes).codes,
    oracle: Int32Array.from(result.logits ?? result.maps.get(graph.output)!),
  }
}

/** 5×5 lanes, 24 rows, 3 clusters, 4 banks: nothing in it is a power of two. */
const file = join(import.meta.dirname, 'hand-machine.json')
const handWritten = parseMachine(readFileSync(file, 'utf8'), file)

/** `tiny` with room for every random graph. */
const roomy: Machine = { ...machines.tiny, featureWords: 8192, weightBeats: 4096 }

/** Whether the compiler says in a sentence that the machine cannot run the graph of few layers. */
function refuses(seed: number, machine: Machine): boolean {
  const graph = randomGraph(seed, fewLayers)
  try {
    compileGraph(graph, { name: graph.name, machine })
    return false
  } catch (error) {
    if (error instanceof DlpError) return true
    throw error
  }
}

const large = (machine: Machine): Machine => ({
  ...machine,
  featureWords: 65536,
  weightBeats: 65536,
  parameterGroups: 256,
  instructionWords: 4096,
})

describe('a compiled graph computes what the integer oracle computes', () => {
  const cases: readonly (readonly [Machine, number])[] = [
    [roomy, 100],
    [machines.edge, 30],
    [machines.card, 15],
    [handWritten, 40],
  ]
  test.each(cases.map(([machine, count]) => ({ name: machine.name, machine, count })))(
    'on $name',
    ({ machine, count }) => {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
          const { program, oracle } = both(seed, machine)
          expect(program).toEqual(oracle)
        }),
        { numRuns: count },
      )
    },
  )

  // Windows as large as their map, gathered for a layer whose patch other paths make large: found by `npm run prove:graphs`.
  test.each([200, 226, 1215])('on graph %i of the proof', (seed) => {
    const { graph, weightsIn } = graphCase(seed)
    const codes = randomCodes(graph.input, seed)
    const oracle = evaluateInteger(graph, codes)
    for (const grid of [
      { gridHeight: 1, gridWidth: 2 },
      { gridHeight: 1, gridWidth: 4 },
      { gridHeight: 4, gridWidth: 4 },
    ]) {
      const machine = {
        ...machines.tiny,
        ...grid,
        featureWords: 65536,
        weightBeats: 65536,
        parameterGroups: 1024,
        instructionWords: 16384,
      }
      const { program } = compileGraph(graph, { name: graph.name, machine, weightsIn })
      expect(runSimulator(program, codes).codes).toEqual(
        Int32Array.from(oracle.logits ?? oracle.maps.get(graph.output)!),
      )
    }
  })

  // Banks that no row needs read slot entry 0: it must be there, and must not be what an earlier layer's table had left.
  test.each(['every source', 'the main sources'] as const)('with all weights zero of %s', (which) => {
    for (let seed = 1; seed <= 60; seed++) {
      const graph = randomGraph(seed, sizes)
      const dead = withoutWeights(graph, ({ role }) => which === 'every source' || role === 'main')
      const codes = randomCodes(dead.input, seed)
      const { logits, maps } = evaluateInteger(dead, codes)
      const { program } = compileGraph(dead, { name: dead.name, machine: roomy })
      expect(runSimulator(program, codes).codes).toEqual(Int32Array.from(logits ?? maps.get(dead.output)!))
    }
  })

  // A window that starts far inside a map of large patches: a moved copy whose rest of a lane exceeds a geometry's offset.
  test.each([300, 380, 499])('with a window that starts %i columns inside the map', (start) => {
    const input = { ...randomGraph(1, sizes).input, channels: 2, height: 3, width: 500 }
    const window = { kernel: [1, 1], stride: [1, 1], pads: [0, -start], dilation: [1, 1] } as const
    const near = { ...window, pads: [0, 0] } as const
    const weights = {
      rows: 2,
      columns: 2,
      rowStart: Int32Array.of(0, 1, 2),
      column: Int32Array.of(0, 1),
      value: Int32Array.of(3, 5),
    }
    const output = { ...input, name: 'slice', format: { bits: 8, signed: true }, zeroPoint: 0, width: 500 } as const
    const layer: IntegerLayer = {
      kind: 'linear',
      name: 'slice',
      sources: [
        { map: 'input', role: 'main', ...window, weights },
        { map: 'input', role: 'residual', ...near, weights },
      ],
      bias: new Int32Array(2),
      multiplier: Int16Array.of(1, 1),
      shift: Uint8Array.of(4, 4),
      low: -128,
      high: 127,
      output,
    }
    const graph = { name: 'slice', input, layers: [layer], output: 'slice' }
    const codes = randomCodes(input, 1)
    const machine = { ...machines.tiny, gridHeight: 1, gridWidth: 2, featureWords: 65536 }
    const { program } = compileGraph(graph, {
      name: 'slice',
      machine,
      layoutStrategies: [{ gathers: false, moves: true, cuts: false }],
    })
    expect(runSimulator(program, codes).codes).toEqual(
      Int32Array.from(evaluateInteger(graph, codes).maps.get('slice')!),
    )
  })

  test('with weights streamed through a small memory', () => {
    const small = { ...roomy, weightBeats: 2048 }
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (seed) => {
        const { program, oracle } = both(seed, small, { weightsIn: 'streamed' })
        expect(program).toEqual(oracle)
      }),
      { numRuns: 50 },
    )
  })

  test('on random machines that keep the laws', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), fullMachine, (seed, machine) => {
        const { program, oracle } = both(seed, large(machine))
        expect(program).toEqual(oracle)
      }),
      { numRuns: 60 },
    )
  })

  test('on random machines whose post works bit by bit, or the compiler refuses the graph in a sentence', () => {
    let ran = 0
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), serialMachine, (seed, machine) => {
        if (refuses(seed, large(machine))) return
        const { program, oracle } = both(seed, large(machine), { most: fewLayers })
        expect(program).toEqual(oracle)
        ran++
      }),
      { numRuns: 100 },
    )
    expect(ran).toBeGreaterThan(5)
  })
})
