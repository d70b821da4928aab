// QONNX as tools write it: models with all spellings have the values of an equivalent ONNX model in ONNX Runtime.

import { describe, expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { seededImages } from '../../../compiler/calibration.ts'
import { compile } from '../../../compiler/compile.ts'
import { integerEvaluator } from '../../../compiler/graph/evaluate-integer.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Graph } from '../../../compiler/graph/graph.ts'
import { printGraph } from '../../../compiler/graph/print.ts'
import type { Tensor } from '../../../compiler/graph/tensor.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { machineForm } from '../../../compiler/passes/machine-form.ts'
import { normalise } from '../../../compiler/passes/quantized/normalise.ts'
import { inputCodes } from '../../../host/images.ts'
import { machines } from '../../../isa/model/machine.ts'
import { dequantiseOutput } from '../../../isa/packing.ts'
import * as models from '../../support/quantised-models.ts'
import { inPlainOnnx, respelled, withChannelsLast } from '../../support/qonnx-reference.ts'
import { relativeDifference, runModel } from '../runtime.ts'

const written: readonly (readonly [string, () => Graph])[] = [
  ['Brevitas', models.brevitasModel],
  ['QKeras', models.qkerasModel],
  ['signs', models.binaryModel],
  ['Trunc of version 1', () => models.truncModel(1)],
  ['Trunc of version 2', () => models.truncModel(2)],
  ['arithmetic before the first quantiser', models.scaledInputModel],
]

const spellings = [
  { domain: undefined, type: 'int64', shape: [] },
  { domain: 'finn.custom_op.general', type: 'int32', shape: [1] },
  { domain: 'onnx.brevitas', type: 'int8', shape: [1, 1, 1, 1] },
  { domain: 'qonnx.custom_op.general', type: 'uint8', shape: [] },
] as const

const channelsLast = ['qonnx.custom_op.channels_last', 'finn.custom_op.channels_last']

/** One input, and the outputs of ONNX Runtime for an equivalent model without QONNX. */
async function judged(model: Graph): Promise<{ readonly image: Tensor; readonly expected: Tensor }> {
  const [image] = elements(seededImages(model, 1), 1)
  const [expected] = elements((await runModel(writeOnnx(inPlainOnnx(model)), new Map([['x', image]]))).values(), 1)
  return { image, expected }
}

describe.each(written)('%s', (_, build) => {
  const model = build()
  const read = readOnnx(writeOnnx(model), 'model')

  it('computes the formulas of QONNX', async () => {
    const { image, expected } = await judged(model)
    const [found] = elements(evaluateFloat(read, new Map([['x', image]])).values(), 1)
    expect(relativeDifference(found, expected)).toBeLessThan(1e-4)
  })

  it.each(spellings)('is the same in domain $domain with zero points and bit widths as $type$shape', (spelling) => {
    const other = readOnnx(writeOnnx(respelled(model, spelling)), 'model')
    expect(printGraph(normalise(other))).toBe(printGraph(normalise(read)))
  })
})

it.each(channelsLast)('wrapped operators of %s compute what the operators compute', async (domain) => {
  const model = models.brevitasModel()
  const { image, expected } = await judged(model)
  const read = readOnnx(writeOnnx(withChannelsLast(model, domain, ['Conv', 'MaxPool', 'BatchNormalization'])), 'model')
  const [found] = elements(evaluateFloat(read, new Map([['x', image]])).values(), 1)
  expect(relativeDifference(found, expected)).toBeLessThan(1e-4)
  const kinds = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op).sort()
  expect(kinds(machineForm(read))).toEqual(kinds(machineForm(readOnnx(writeOnnx(model), 'model'))))
})

it('arithmetic before the first quantiser is left to the host', async () => {
  const model = models.scaledInputModel()
  const { image, expected } = await judged(model)
  const { program, graph } = compile(writeOnnx(model), { name: 'model', machine: machines.tiny, exactQdq: true })
  const [input] = elements(program.inputs, 1)
  expect(input.steps).toEqual([
    { op: 'mul', by: [Math.fround(1 / 2.5)] },
    { op: 'sub', by: [0.25, 0, -0.5].map(Math.fround) },
  ])
  const { logits } = integerEvaluator(graph)(Int16Array.from(inputCodes({ kind: 'real', data: image.data }, input)))
  const found = dequantiseOutput(logits!, program.outputs[0]!)
  found.forEach((value, at) => expect(value).toBeCloseTo(expected.data[at]!, 4))
})

describe('a map with 16 codes within its bounds', () => {
  it.each([
    ['a Clip before the quantiser', [0, 3], 0, 0],
    ['a Clip before a quantiser with a zero point', [-1, 2], 120, 5],
    ['a Clip around codes between', [-0.6, 1.4], 7, 7],
  ] as const)('is stored in 4 bits: %s', async (_, bounds, zeroPoint, own) => {
    const model = models.boundedModel(bounds, zeroPoint)
    const [image] = elements(seededImages(model, 1), 1)
    const [expected] = elements((await runModel(writeOnnx(model), new Map([['x', image]]))).values(), 1)
    const { program, graph } = compile(writeOnnx(model), { name: 'model', machine: machines.tiny, exactQdq: true })
    const [first] = elements(graph.layers, 1)
    expect(first.kind === 'linear' && first.output).toMatchObject({
      format: { bits: 4, signed: false },
      zeroPoint: own,
    })
    const codes = inputCodes({ kind: 'real', data: image.data }, program.inputs[0]!)
    const { logits } = integerEvaluator(graph)(Int16Array.from(codes))
    const found = dequantiseOutput(logits!, program.outputs[0]!)
    found.forEach((value, at) => expect(value).toBeCloseTo(expected.data[at]!, 3))
  })
})
