// ONNX's conformance cases: each has the outputs that ONNX defines, or is refused with a reason, or its operator is not supported.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { toBinary } from '@bufbuild/protobuf'
import { afterAll, describe, expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { operatorOf, operators } from '../../../compiler/graph/operators.ts'
import type { Tensor } from '../../../compiler/graph/tensor.ts'
import { ModelProtoSchema, TensorProtoSchema } from '../../../compiler/onnx/generated/onnx_pb.ts'
import { decodeMessage } from '../../../compiler/onnx/decode.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { readTensor } from '../../../compiler/onnx/tensor-data.ts'
import { writeTensor } from '../../../compiler/onnx/write.ts'
import { DlpError } from '../../../base/error.ts'
import { data } from '../data.ts'
import { relativeDifference } from '../runtime.ts'
import { refusedCases, unread } from './refused-cases.ts'

const cases = data('data', 'onnx-node-tests')

/** The operators of convolutional networks: their cases may be refused only with the reason `unread` of `refused-cases.ts`. */
const essential = [
  ...['Conv', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'Gemm', 'Add', 'Relu', 'Clip', 'Concat', 'Flatten'],
  ...['Reshape', 'Slice', 'Pad', 'QuantizeLinear', 'DequantizeLinear', 'QLinearConv'],
]

/** Operators with shapes, axes or bounds as inputs, which must be constant here: the test turns them into initializers. */
const withConstants = [
  ...['ConstantOfShape', 'Expand', 'Pad', 'Range', 'Reshape', 'Slice', 'Split', 'Squeeze', 'Unsqueeze'],
  ...Object.keys(operators).filter((op) => op.startsWith('Reduce')),
]

interface Case {
  readonly name: string
  readonly op: string
  readonly supported: boolean
}

const all = (cases.present ? readdirSync(cases.path) : [])
  .filter((name) => existsSync(join(cases.path, name, 'model.onnx')))
  .sort()
  .map((name): Case => {
    const [{ opType, domain }] = elements(decode(join(cases.path, name, 'model.onnx')).graph?.node ?? [], 1)
    const node = { name, op: opType, ...(domain === '' ? {} : { domain }), inputs: [], outputs: [], attributes: {} }
    return { name, op: opType, supported: operatorOf(node) !== undefined }
  })
const supported = all.filter((each) => each.supported).map(({ name }) => name)
const passed: string[] = []
const refused: string[] = []

describe.skipIf(!cases.present)(`ONNX conformance${cases.note}`, () => {
  afterAll(() => {
    const rest = all.filter((each) => !each.supported)
    const pending = [...new Set(rest.map(({ op }) => op))].sort().join(', ')
    console.log(
      `ONNX conformance: ${all.length} cases: ${passed.length} pass, ${refused.length} are refused with a reason, ` +
        `${rest.length} are of unsupported operators${pending === '' ? '' : ` (${pending})`}`,
    )
  })

  it('covers at least a hundred cases', () => {
    expect(supported.length).toBeGreaterThanOrEqual(100)
  })

  it('contains every case that is listed as refused', () => {
    expect(Object.keys(refusedCases).filter((name) => all.every((each) => each.name !== name))).toEqual([])
  })

  it.each(supported.filter((name) => !(name in refusedCases)))('%s has the outputs that ONNX defines', (name) => {
    const folder = join(cases.path, name)
    const graph = readOnnx(modelOf(folder), name)
    const given = inputsOf(folder).filter(([input]) => graph.inputs.some((each) => each.name === input))
    const outputs = evaluateFloat(graph, new Map(given))
    graph.outputs.forEach((output, at) => {
      const expected = load(folder, `output_${at}`)
      const found = outputs.get(output.name) as Tensor
      expect(found.shape).toEqual(expected.shape)
      expect(relativeDifference(found, expected)).toBeLessThanOrEqual(1e-5)
    })
    passed.push(name)
  })

  it.each(supported.filter((name) => name in refusedCases))('%s is refused with the stated reason', (name) => {
    expect(() => readOnnx(modelOf(join(cases.path, name)), name)).toThrow(refusedCases[name]?.message)
    refused.push(name)
  })

  it.each(all.filter((each) => !each.supported))('$name is refused, since $op is not supported', ({ name }) => {
    expect(() => readOnnx(modelOf(join(cases.path, name)), name)).toThrow(DlpError)
  })

  it.each(essential)('%s has cases, and each passes or has an unsupported floating-point type', (op) => {
    const own = all.filter((each) => each.op === op)
    expect(own.length).toBeGreaterThan(0)
    const missing = own.filter(({ name, supported: isSupported }) => isSupported && name in refusedCases)
    expect(missing.length).toBeLessThan(own.length)
    for (const { name } of missing) expect(refusedCases[name]?.why, name).toBe(unread)
  })
})

function decode(path: string) {
  return decodeMessage(ModelProtoSchema, readFileSync(path), path)
}

/** The model, with inputs that must be constants turned into initializers. */
function modelOf(folder: string): Uint8Array {
  const model = decode(join(folder, 'model.onnx'))
  const graph = model.graph
  if (graph === undefined) return toBinary(ModelProtoSchema, model)
  const { opType } = graph.node[0]!
  if (!withConstants.includes(opType)) return toBinary(ModelProtoSchema, model)
  const first = opType === 'ConstantOfShape' || opType === 'Range' ? 0 : 1
  graph.initializer = inputsOf(folder)
    .slice(first)
    .map(([name, value]) => writeTensor(value, name))
  return toBinary(ModelProtoSchema, model)
}

function inputsOf(folder: string): [string, Tensor][] {
  const inputs = decode(join(folder, 'model.onnx')).graph?.input ?? []
  return inputs.map(({ name }, at) => [name, load(folder, `input_${at}`)])
}

function load(folder: string, file: string): Tensor {
  const path = join(folder, 'test_data_set_0', `${file}.pb`)
  return readTensor(decodeMessage(TensorProtoSchema, readFileSync(path), file), file)
}
