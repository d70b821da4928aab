// Every operator that a layer can compute, on the named machines and on random ones: simulator = oracle, and both close to the float graph.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileGraph } from '../../compiler/backend.ts'
import { evaluateFloat } from '../../compiler/graph/evaluate-float.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import type { FloatGraph } from '../../compiler/graph/graph.ts'
import type { IntegerGraph } from '../../compiler/graph/integer.ts'
import { simplify } from '../../compiler/passes/simplify.ts'
import { quantize } from '../../compiler/quantize/quantize.ts'
import { fullMachine } from '../../isa/arbitraries.ts'
import { machines, type Machine } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { imageLosses } from '../../simulator/losses.ts'
import { simulateTiming } from '../../simulator/simulate.ts'
import { randomCodes } from '../support/integer-graphs.ts'
import { productsOf } from '../support/network-products.ts'
import { buildCase, normalImage } from '../support/operator-cases.ts'
import { operatorCases } from '../support/operator-list.ts'
import { runSimulator } from '../support/run-simulator.ts'

const roomy: Machine = { ...machines.tiny, featureWords: 4096, weightBeats: 4096 }

function quantized(float: FloatGraph, machine: Machine): IntegerGraph {
  const calibration = [1, 2, 3].map((seed) => normalImage(float, seed))
  return quantize(float, { machine, weightBits: 8, activationBits: 8, density: 1, calibration }).graph
}

const codesOf = ({ input }: IntegerGraph, values: ArrayLike<number>): Int16Array =>
  Int16Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(value / input.scale) + input.zeroPoint)))

const oracleOf = (graph: IntegerGraph, codes: Int16Array): Int32Array => {
  const { logits, maps } = evaluateInteger(graph, codes)
  return Int32Array.from(logits ?? maps.get(graph.output)!)
}

/** Power of the difference between the integer graph's results and the float graph's, relative to that of the latter. */
function noiseOf(float: FloatGraph, graph: IntegerGraph): number {
  const image = normalImage(float, 9)
  const expected = evaluateFloat(float, new Map([['input', image]])).get(float.outputs[0]!.name)!.data
  const last = graph.layers[graph.layers.length - 1]!
  const map = graph.layers
    .flatMap((layer) => (layer.kind === 'logits' ? [] : [layer.output]))
    .find(({ name }) => name === graph.output)
  const real = (value: number, index: number): number =>
    last.kind === 'logits' ? value * last.scale[index]! : (value - map!.zeroPoint) * map!.scale
  const found = Array.from(oracleOf(graph, codesOf(graph, image.data)), real)
  expect(found.length).toBe(expected.length)
  const power = (values: readonly number[]): number => values.reduce((sum, value) => sum + value ** 2, 0)
  return power(found.map((value, i) => value - expected[i]!)) / power(Array.from(expected))
}

function checkOn(float: FloatGraph, graph: IntegerGraph, machine: Machine): void {
  const codes = randomCodes(graph.input, 4)
  const { program } = compileGraph(graph, { name: graph.name, machine })
  checkFigures(program, float)
  expect(runSimulator(program, codes).codes).toEqual(oracleOf(graph, codes))
}

/** Each product of the network has at most 3 terms in 2 planes that count as useful, and the losses account for all of them. */
function checkFigures(program: Program, float: FloatGraph): void {
  const image = simulateTiming(program)
  expect(image.usefulMacs).toBeLessThanOrEqual(6 * productsOf(float))
  for (const { name, peCycles } of imageLosses(program, image)) {
    expect(peCycles.surplus, name).toBeGreaterThanOrEqual(0)
    expect(peCycles.lanes, name).toBeGreaterThanOrEqual(0)
  }
}

describe.each(operatorCases)('$name', (each) => {
  const float = simplify(buildCase(each))

  test('is close to the float graph', () => {
    expect(noiseOf(float, quantized(float, machines.edge))).toBeLessThan(1e-2)
  })

  test.each([roomy, machines.edge, machines.card])('is exact on $name', (machine) => {
    checkOn(float, quantized(float, machine), machine)
  })

  test('is exact on random machines', () => {
    const graph = quantized(float, machines.edge)
    fc.assert(
      fc.property(fullMachine, (machine) =>
        checkOn(float, graph, {
          ...machine,
          featureWords: 65536,
          weightBeats: 65536,
          parameterGroups: 256,
          instructionWords: 4096,
        }),
      ),
      { numRuns: 5 },
    )
  })
})
