// Every spelling of a quantised model is brought to one normal form with the same values, and compiles to a program that gives its codes.

import { describe, expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { seededImages } from '../../../compiler/calibration.ts'
import { compile } from '../../../compiler/compile.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { integerEvaluator } from '../../../compiler/graph/evaluate-integer.ts'
import type { Graph } from '../../../compiler/graph/graph.ts'
import type { IntegerMap } from '../../../compiler/graph/integer.ts'
import { isQuantize } from '../../../compiler/graph/operators/grid.ts'
import { verifyInteger } from '../../../compiler/graph/verify-integer.ts'
import { tensorOf } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { normalise } from '../../../compiler/passes/quantized/normalise.ts'
import { quantizeGiven } from '../../../compiler/quantize/given/quantize-given.ts'
import { inputCodes } from '../../../host/images.ts'
import { DlpError } from '../../../base/error.ts'
import { machines } from '../../../isa/model/machine.ts'
import { packTensor, unpackTensor } from '../../../isa/packing.ts'
import { Simulator } from '../../../simulator/simulate.ts'
import * as models from '../../support/quantised-models.ts'
import { layerDifferences } from '../../support/runtime-codes.ts'
import { runModel } from '../runtime.ts'

const spellings: readonly [string, () => Graph, { readonly runtime: boolean; readonly exact: boolean }][] = [
  ['Brevitas to QONNX', models.brevitasModel, { runtime: false, exact: false }],
  ['QKeras to QONNX, powers of two', models.qkerasModel, { runtime: false, exact: true }],
  ['BipolarQuant', models.binaryModel, { runtime: false, exact: false }],
  ['Trunc of version 1', () => models.truncModel(1), { runtime: false, exact: false }],
  ['Trunc of version 2', () => models.truncModel(2), { runtime: false, exact: false }],
  ['Brevitas to pairs with Clip between', models.clippedPairsModel, { runtime: true, exact: false }],
  ['QLinearConcat of different scales', models.concatenationModel, { runtime: true, exact: false }],
  ['operators on codes of ONNX Runtime', models.operatorsOnCodesModel, { runtime: true, exact: false }],
  ['weights of two bits', models.twoBitModel, { runtime: false, exact: false }],
  ['maps joined along rows and turned along columns', models.joinedPixelsModel, { runtime: true, exact: false }],
  ['ConvInteger and MatMulInteger', models.integerProductsModel, { runtime: true, exact: false }],
]

describe.each(spellings)('%s', (_, build, { runtime, exact }) => {
  const graph = readOnnx(writeOnnx(build()), 'model')
  const [image] = elements(seededImages(graph, 1), 1)
  const inputs = new Map([[graph.inputs[0]!.name, image]])
  const [expected] = elements(evaluateFloat(graph, inputs).values(), 1)
  const form = normalise(graph)

  it.skipIf(!runtime)('evaluates to what ONNX Runtime computes', async () => {
    const [judged] = elements((await runModel(writeOnnx(graph), inputs)).values(), 1)
    expectNear(expected.data, judged.data)
  })

  it('has a normal form of the same values', () => {
    const domains = new Set(form.nodes.map(({ domain }) => domain))
    expect([...domains].filter((domain) => domain !== undefined)).toEqual(['dlp'])
    expectNear([...evaluateFloat(form, inputs).values()][0]!.data, expected.data)
  })

  it('gives the codes of its normal form layer by layer', () => {
    const { graph: integer } = quantizeGiven(form, { exact: true })
    const codes = codesOf(form, inputs, [...verifyInteger(integer).values()])
    const layers = layerDifferences(integer, codes)
    expect(layers.length).toBeGreaterThan(0)
    for (const { layer, share, most } of layers) {
      expect(most, layer).toBeLessThanOrEqual(1)
      expect(share, layer).toBeLessThanOrEqual(exact ? 0 : 0.002)
    }
  })

  it('compiles to a program with which the simulator gives the oracle’s codes, close to the float values', () => {
    const { program, graph: integer, report } = compile(writeOnnx(graph), { name: 'model', machine: machines.edge })
    expect(report.scales).toBe('given')
    expect(report.warnings).toEqual([])
    const [input] = elements(program.inputs, 1)
    const [output] = elements(program.outputs, 1)
    const codes = inputCodes({ kind: 'real', data: image.data }, input)
    const { logits } = integerEvaluator(integer)(Int16Array.from(codes))
    const simulator = new Simulator(program)
    expect(simulator.init().hazards).toEqual([])
    const run = simulator.infer({ [input.name]: packTensor(codes, input, program.machine) })
    expect([run.hazards, run.overflows]).toEqual([[], []])
    expect([...unpackTensor(run.outputs[output.name]!, output, program.machine)]).toEqual([...logits!])
    const range = Math.max(...expected.data) - Math.min(...expected.data)
    logits!.forEach((code, row) => {
      const real = code * output.scale[output.scale.length === 1 ? 0 : row]!
      expect(Math.abs(real - expected.data[row]!)).toBeLessThanOrEqual(0.1 * range)
    })
  })
})

describe('a model that is only partly quantised', () => {
  it.each([
    [
      'float weights',
      /Conv.*its weights are not; allowed: integer weights with their scales.*quantise the whole model/,
    ],
    ['float input', /value 'x': parts of the model are quantised, but this value/],
    ['float map', /parts of the model are quantised, but this value, which has to be stored as a map, is not/],
    ['scales of a map', /a map has 3 scales; allowed: one scale and zero point for a map/],
  ] as const)('is refused: %s', (fault, sentence) => {
    const attempt = () => compile(writeOnnx(models.brokenModel(fault)), { name: 'model', machine: machines.edge })
    expect(attempt).toThrow(DlpError)
    expect(attempt).toThrow(sentence)
  })
})

it('refuses weights with scales for blocks: a row of the machine has one scale', () => {
  const attempt = () => compile(writeOnnx(models.twoBitModel(true)), { name: 'model', machine: machines.edge })
  expect(attempt).toThrow(
    /its weights have scales for blocks of 3; allowed: one scale for all weights, or one for each output/,
  )
})

describe('options that do not apply to a model', () => {
  const file = writeOnnx(models.clippedPairsModel())
  const options = { name: 'model', machine: machines.edge }

  it('refuses a density for a quantised model', () => {
    expect(() => compile(file, { ...options, density: 0.5 })).toThrow(
      /a density is requested, but the model is quantised/,
    )
    expect(() => compile(file, { ...options, densityOf: { a: 0.5 } })).toThrow(/a density is requested/)
  })

  it('warns of bits and calibration, which a quantised model does not use', () => {
    const { report } = compile(file, { ...options, weightBits: 8, activationBits: 8, calibration: [] })
    expect(report.warnings).toEqual([
      'the model is quantised: its own scales are kept, --weights, --activations, --calibration not used',
    ])
  })

  it('refuses exact QDQ for a float model', () => {
    const float = readOnnx(file, 'model')
    const nodes = float.nodes.filter(({ op }) => op === 'Flatten').map((node) => ({ ...node, inputs: ['x'] }))
    const plain = {
      ...float,
      nodes,
      outputs: [{ name: nodes[0]!.outputs[0]!, elementType: 'float32', shape: [1, 192] }],
    } as const
    expect(() => compile(writeOnnx(plain), { ...options, exactQdq: true })).toThrow(/exact QDQ is requested/)
  })
})

/** The codes of all maps, without their zero points, by the float values of a graph. */
function codesOf(graph: Graph, inputs: Parameters<typeof evaluateFloat>[1], maps: readonly IntegerMap[]) {
  const input = graph.inputs[0]!.name
  const first = graph.nodes.find((node) => isQuantize(node) && node.inputs[0] === input)!
  // A LeakyRelu is a sum of what it reads and of the positive half of that, which the graph has no name for.
  const half = ':positive'
  const nameOf = (map: string): string => {
    if (map === input) return first.outputs[0]!
    if (!map.endsWith(half)) return map
    return graph.nodes.find(({ outputs }) => outputs[0] === map.slice(0, -half.length))!.inputs[0]!
  }
  const values = evaluateFloat(graph, inputs, { keep: maps.map(({ name }) => nameOf(name)) })
  return new Map(
    maps.map(({ name, scale }) => {
      const { data } = values.get(nameOf(name))!
      const least = name.endsWith(half) ? 0 : -Infinity
      return [name, Int16Array.from(data, (value) => Math.max(least, Math.round(value / scale)))] as const
    }),
  )
}

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  const greatest = Math.max(...Array.from(expected, Math.abs))
  expect(found.length).toBe(expected.length)
  for (let at = 0; at < expected.length; at++)
    expect(Math.abs(found[at]! - expected[at]!)).toBeLessThanOrEqual(1e-5 * greatest)
}

it('codes that are clipped to fewer bits are rounded once, in the layer that makes them', () => {
  const { graph } = quantizeGiven(normalise(models.clippedPairsModel()))
  expect(graph.layers.map(({ kind }) => kind)).toEqual(['linear', 'logits'])
  expect(graph.layers[0]).toMatchObject({ low: 0, high: 15, output: { format: { bits: 4, signed: false } } })
})

it.each([0, -0.1, NaN, Infinity])('a scale of %d is refused with one error', (bad) => {
  const model = models.clippedPairsModel()
  const [name] = [...model.constants].find(([, { size, data }]) => size === 1 && Math.abs(data[0]! - 0.19) < 1e-6)!
  const constants = new Map([...model.constants, [name, tensorOf('float32', [bad], [])]])
  expect(() => compile(writeOnnx({ ...model, constants }), { name: 'bad', machine: machines.edge })).toThrow(
    /QuantizeLinear.*every scale is a finite number above 0/,
  )
})
