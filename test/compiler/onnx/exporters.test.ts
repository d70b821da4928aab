// Networks written by real exporters: each computes what ONNX Runtime computes, and simplifies to operators that layers compute.

import { toBinary } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Tensor } from '../../../compiler/graph/tensor.ts'
import { ModelProtoSchema } from '../../../compiler/onnx/generated/onnx_pb.ts'
import type { LoadExternal } from '../../../compiler/onnx/external-data.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { machineInterface } from '../../../compiler/passes/machine-interface.ts'
import { simplify } from '../../../compiler/passes/simplify.ts'
import { fuse } from '../../../compiler/quantize/fuse.ts'
import { dynamo, flattened, tensorFlow, torchScript } from '../../support/exported-models.ts'
import { bytesOf, modelOf, noise } from '../../support/onnx-model.ts'
import { relativeDifference, runModel } from '../runtime.ts'

describe.each([
  ['PyTorch (dynamo)', dynamo, 'Add Conv Flatten Gemm GlobalAveragePool Relu'],
  ['PyTorch (TorchScript)', torchScript, 'AveragePool Clip Concat Conv Flatten Gemm MaxPool Relu'],
  ['TensorFlow (tf2onnx)', tensorFlow, 'Clip Conv Flatten Gemm GlobalAveragePool Relu'],
  ['Keras, flattened', flattened, 'Conv Flatten Gemm MaxPool'],
])('a network of %s', (_, text, operators) => {
  const file = bytesOf(text)
  const graph = readOnnx(file, 'network.onnx')

  it('computes what ONNX Runtime computes, before and after simplification', async () => {
    const inputs = new Map([['x', noise(9, ...graph.inputs[0]!.shape)]])
    const expected = (await runModel(file, inputs)).get('y') as Tensor
    for (const each of [graph, simplify(graph)])
      expect(relativeDifference(evaluateFloat(each, inputs).get('y') as Tensor, expected)).toBeLessThan(1e-5)
  })

  it('simplifies to operators that layers compute', () => {
    const left = new Set(machineInterface(simplify(graph)).nodes.map(({ op }) => op))
    expect([...left].sort().join(' ')).toBe(operators)
  })
})

describe('weights in an external data file', () => {
  const model = modelOf(dynamo)
  const files = new Map<string, Uint8Array>()
  for (const tensor of model.graph?.initializer ?? []) {
    const { rawData } = tensor
    files.set(`${tensor.name}.data`, Uint8Array.from([0, 0, 0, 0, ...rawData]))
    tensor.externalData = Object.entries({
      location: `${tensor.name}.data`,
      offset: '4',
      length: String(rawData.length),
    }).map(([key, value]) => ({ $typeName: 'onnx.StringStringEntryProto', key, value }))
    Object.assign(tensor, { rawData: new Uint8Array(), dataLocation: 1 })
  }

  it('are read like weights in the model', () => {
    const loadExternal: LoadExternal = (path, offset, length) =>
      files.get(path)?.subarray(offset, offset + length) ?? new Uint8Array()
    const outside = readOnnx(toBinary(ModelProtoSchema, model), 'outside.onnx', { loadExternal })
    const inside = readOnnx(bytesOf(dynamo), 'inside.onnx')
    expect(outside.constants).toEqual(inside.constants)
  })
})

it('a network written by TensorFlow becomes a plan of layers', () => {
  const plan = fuse(machineInterface(simplify(readOnnx(bytesOf(tensorFlow), 'network.onnx'))))
  expect(plan.input).toEqual({ name: 'x', channels: 3, height: 12, width: 12 })
  expect(plan.layers.map(({ kind }) => kind).at(-1)).toBe('logits')
})
