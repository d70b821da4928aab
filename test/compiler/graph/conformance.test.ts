// ONNX's own conformance cases of the operators that the front claims.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { toBinary } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import { operators } from '../../../compiler/graph/operators.ts'
import type { Tensor } from '../../../compiler/graph/tensor.ts'
import { ModelProtoSchema, TensorProtoSchema } from '../../../compiler/onnx/generated/onnx_pb.ts'
import { decodeMessage, readOnnx } from '../../../compiler/onnx/read.ts'
import { readTensor } from '../../../compiler/onnx/tensor-data.ts'
import { writeTensor } from '../../../compiler/onnx/write.ts'
import { data } from '../data.ts'
import { relativeDifference } from '../runtime.ts'

const cases = data('data', 'onnx-node-tests')

/** Cases of claimed operators that are refused, and what the message has to say. */
const refused: Readonly<Record<string, RegExp>> = {
  // Training is no part of inference.
  test_batchnorm_epsilon_training_mode: /found 3 outputs; allowed: .* has 1 output/,
  test_batchnorm_example_training_mode: /found 3 outputs; allowed: .* has 1 output/,
  // Types of two and four bits appear only between quantisers, never as the result of a Cast.
  test_cast_FLOAT16_to_FLOAT4E2M1: /`to` is float32/,
  test_cast_FLOAT_to_FLOAT4E2M1: /`to` is float32/,
  test_cast_FLOAT16_to_INT4: /`to` is float32/,
  test_cast_FLOAT_to_INT4: /`to` is float32/,
  test_cast_FLOAT16_to_UINT4: /`to` is float32/,
  test_cast_FLOAT_to_UINT4: /`to` is float32/,
  test_cast_FLOAT4E2M1_to_FLOAT16: /type is 23; allowed: float32/,
  test_cast_INT2_to_FLOAT16: /type is 26; allowed: float32/,
  test_cast_UINT2_to_FLOAT16: /type is 25; allowed: float32/,
  // Codes are integers of 4 to 16 bits with a scale for a tensor or for each slice of an axis.
  test_dequantizelinear_e4m3fn: /type is 17; allowed: float32/,
  test_dequantizelinear_e4m3fn_zero_point: /type is 17; allowed: float32/,
  test_dequantizelinear_float4e2m1: /type is 23; allowed: float32/,
  test_dequantizelinear_int2: /type is 26; allowed: float32/,
  test_quantizelinear_blocked_symmetric: /the scale has one element, or one for each slice/,
  test_quantizelinear_e5m2: /type is 19; allowed: float32/,
  test_quantizelinear_uint2: /type is 25; allowed: float32/,
  // Models of before operator set 11; what they compute is tested in quantization.test.ts.
  test_convinteger_without_padding: /operator set 10/,
  test_matmulinteger: /operator set 10/,
  test_qlinearconv: /operator set 10/,
  // The operators of a network are evaluated in float; integers are for shapes.
  test_mul_uint64: /type is 13; allowed: float32/,
  test_sub_uint64: /type is 13; allowed: float32/,
  // Optional and sequence types are not tensors.
  test_identity_opt: /not a tensor of known rank/,
}

/** These take shapes, axes or bounds as inputs, which have to be constants here: the harness makes them so. */
const withConstants = [
  'ConstantOfShape',
  'Expand',
  'Pad',
  'Range',
  'ReduceMean',
  'Reshape',
  'Slice',
  'Squeeze',
  'Unsqueeze',
]

const claimed = (cases.present ? readdirSync(cases.path) : []).filter((name) => {
  const model = join(cases.path, name, 'model.onnx')
  return existsSync(model) && decode(model).graph?.node.every(({ opType }) => Object.hasOwn(operators, opType))
})

describe.skipIf(!cases.present)(`ONNX conformance${cases.note}`, () => {
  it('covers at least sixty cases', () => {
    expect(claimed.length).toBeGreaterThanOrEqual(60)
  })

  it.each(claimed.filter((name) => !(name in refused)))('%s computes what ONNX says', (name) => {
    const folder = join(cases.path, name)
    const graph = readOnnx(modelOf(folder), name)
    const outputs = evaluateFloat(
      graph,
      new Map(inputsOf(folder).filter(([input]) => graph.inputs.some((i) => i.name === input))),
    )
    graph.outputs.forEach((output, at) => {
      const expected = load(folder, `output_${at}`)
      const found = outputs.get(output.name) as Tensor
      expect(found.shape).toEqual(expected.shape)
      expect(relativeDifference(found, expected)).toBeLessThanOrEqual(1e-5)
    })
  })

  it.each(claimed.filter((name) => name in refused))('%s is refused with its reason', (name) => {
    expect(() => readOnnx(modelOf(join(cases.path, name)), name)).toThrow(refused[name])
  })
})

function decode(path: string) {
  return decodeMessage(ModelProtoSchema, readFileSync(path), path)
}

/** The model, with inputs that must be constants turned into initializers. */
function modelOf(folder: string): Uint8Array {
  const model = decode(join(folder, 'model.onnx'))
  const graph = model.graph
  if (graph === undefined || !withConstants.includes(graph.node[0].opType)) return toBinary(ModelProtoSchema, model)
  const first = graph.node[0].opType === 'ConstantOfShape' || graph.node[0].opType === 'Range' ? 0 : 1
  graph.initializer = inputsOf(folder).slice(first).map(([name, value]) => writeTensor(value, name)) // prettier-ignore
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
