// Quantised operators compute what ONNX's cases, ONNX Runtime and the definitions of QONNX state.

import { readFileSync } from 'node:fs'
import { toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { elements } from '../../../base/defined.ts'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../../compiler/graph/evaluate-float.ts'
import type { Attributes } from '../../../compiler/graph/graph.ts'
import { type ElementType, type Tensor, tensorOf } from '../../../compiler/graph/tensor.ts'
import { ModelProtoSchema, TensorProtoSchema } from '../../../compiler/onnx/generated/onnx_pb.ts'
import { decodeMessage } from '../../../compiler/onnx/decode.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { readTensor } from '../../../compiler/onnx/tensor-data.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { random } from '../../../base/random.ts'
import { data } from '../data.ts'
import { runModel } from '../runtime.ts'

const cases = data('data', 'onnx-node-tests')
const microsoft = { domain: 'com.microsoft' } as const

describe.skipIf(!cases.present)(`ONNX’s cases from before operator set 11${cases.note}`, () => {
  it.each(['test_qlinearconv', 'test_convinteger_without_padding', 'test_matmulinteger'])('%s', (name) => {
    const file = (path: string): Uint8Array => readFileSync(data('data', 'onnx-node-tests', name, path).path)
    const tensor = (path: string): Tensor =>
      readTensor(decodeMessage(TensorProtoSchema, file(`test_data_set_0/${path}.pb`), path), path)
    const model = decodeMessage(ModelProtoSchema, file('model.onnx'), name)
    // These operators are the same in operator set 11.
    model.opsetImport[0]!.version = 11n
    const graph = readOnnx(toBinary(ModelProtoSchema, model), name)
    const inputs = new Map(graph.inputs.map((input, at) => [input.name, tensor(`input_${at}`)]))
    const [found] = elements(evaluateFloat(graph, inputs).values(), 1)
    expect([...found.data]).toEqual([...tensor('output_0').data])
  })
})

/** Nodes on a map of codes: operator, the inputs after the map, attributes and domain. */
type Operator = readonly [string, (type: ElementType) => readonly Tensor[], Attributes, { domain?: string }]
const operators: readonly Operator[] = [
  ['QLinearConv', (type) => [...scaled(0.0511, 3, type), ...weights([4, 3, 3, 3], 4), ...scaled(0.2, 7, type), tensorOf('int32', [9, -400, 30, 0], [4])], { pads: [1, 1, 1, 1] }, {}], // prettier-ignore
  ['QLinearAdd', (type) => [...scaled(0.0511, 3, type), codes(type, [1, 3, 8, 8], 5), ...scaled(0.0307, 9, type), ...scaled(0.0623, 4, type)], {}, microsoft], // prettier-ignore
  ['QLinearMul', (type) => [...scaled(0.0511, 3, type), codes(type, [1, 3, 8, 8], 5), ...scaled(0.0307, 9, type), ...scaled(0.16, 4, type)], {}, microsoft], // prettier-ignore
  [
    'QLinearGlobalAveragePool',
    (type) => [...scaled(0.0511, 3, type), ...scaled(0.02, 4, type)],
    { channels_last: 0 },
    microsoft,
  ],
  [
    'QLinearAveragePool',
    (type) => [...scaled(0.0511, 3, type), ...scaled(0.0383, 4, type)],
    { kernel_shape: [2, 2], strides: [2, 2] },
    microsoft,
  ],
  ['QLinearLeakyRelu', (type) => [...scaled(0.0511, 3, type), ...scaled(0.0383, 100, type)], { alpha: 0.2 }, microsoft],
  ['QLinearSigmoid', (type) => [...scaled(0.0511, 3, type), ...scaled(1 / 256, 0, type)], {}, microsoft],
  [
    'QLinearSoftmax',
    (type) => [...scaled(0.0111, 3, type), ...scaled(1 / 256, type === 'uint8' ? 0 : -128, type)],
    { axis: 1, opset: 13 },
    microsoft,
  ],
  [
    'QLinearSoftmax',
    (type) => [...scaled(0.0311, 3, type), ...scaled(1 / 256, type === 'uint8' ? 0 : -128, type)],
    { axis: 2, opset: 11 },
    microsoft,
  ],
  ['Split', () => [tensorOf('int64', [1, 2], [2])], { axis: 1 }, {}],
  ['Gather', () => [tensorOf('int64', [2, -3], [2])], { axis: 1 }, {}],
  [
    'QLinearSoftmax',
    (type) => [...scaled(0.0511, 3, type), ...scaled(1 / 256, type === 'int8' ? -128 : 0, type)],
    { axis: -1, opset: 13 },
    microsoft,
  ],
  ['MaxPool', () => [], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] }, {}],
]

describe('a quantised operator', () => {
  it.each(
    operators.flatMap(([op, constants, attributes, domain]) =>
      (['uint8', 'int8'] as const).map((type) => [op, type, constants, attributes, domain] as const),
    ),
  )('%s of %s gives the codes of ONNX Runtime', async (op, type, constants, attributes, domain) => {
    const builder = new GraphBuilder(op, 13)
    const names = constants(type).map((value, at) => builder.constant(`c${at}`, value))
    const outputs = op === 'Split' ? ['y', 'z'] : ['y']
    const graph = builder.build([
      builder.node(op, [builder.input('x', [1, 3, 8, 8], type), ...names], attributes, { ...domain, outputs }),
    ])
    const inputs = new Map([['x', codes(type, [1, 3, 8, 8], 1)]])
    const expected = await runModel(writeOnnx(graph), inputs)
    const [[name, found]] = elements(evaluateFloat(graph, inputs), 1)
    const differences = [...found.data].map((code, at) => Math.abs(code - expected.get(name)!.data[at]!))
    // ONNX Runtime multiplies sums by a rounded ratio of scales: a value close to a half may be rounded in the other direction.
    expect(Math.max(...differences)).toBeLessThanOrEqual(1)
    expect(differences.filter((difference) => difference > 0).length).toBeLessThanOrEqual(differences.length / 200)
  })

  it.each(['QLinearLeakyRelu', 'QLinearSigmoid', 'QLinearSoftmax', 'QLinearAdd', 'QLinearMul', 'QLinearConcat'])(
    '%s of any scales and zero points has the codes of ONNX Runtime, except for halves',
    async (op) => {
      const scale = fc.double({ min: 0.005, max: 0.1, noNaN: true })
      const grids = fc.array(fc.tuple(scale, fc.integer({ min: 0, max: 255 })), { minLength: 3, maxLength: 3 })
      await fc.assert(
        fc.asyncProperty(grids, async (drawn) => {
          const builder = new GraphBuilder(op, 13)
          let count = 0
          const [x, other, y] = elements(
            drawn.map(([size, zero]) =>
              scaled(size, zero, 'uint8').map((value) => builder.constant(`c${count++}`, value)),
            ),
            3,
          )
          const input = builder.input('x', [1, 3, 4, 4], 'uint8')
          const more = builder.constant('more', codes('uint8', [1, 3, 4, 4], 5))
          const attributes: Attributes =
            op === 'QLinearLeakyRelu'
              ? { alpha: 0.3 }
              : op === 'QLinearSoftmax'
                ? { axis: 1, opset: 13 }
                : op === 'QLinearConcat'
                  ? { axis: 1 }
                  : {}
          const inputs =
            op === 'QLinearConcat'
              ? [...y, input, ...x, more, ...other]
              : ['QLinearAdd', 'QLinearMul'].includes(op)
                ? [input, ...x, more, ...other, ...y]
                : [input, ...x, ...y]
          const graph = builder.build([builder.node(op, inputs, attributes, microsoft)])
          const given = new Map([['x', codes('uint8', [1, 3, 4, 4], 1)]])
          const [[name, found]] = elements(evaluateFloat(graph, given), 1)
          const expected = (await runModel(writeOnnx(graph), given)).get(name)!
          const differences = [...found.data].map((code, at) => Math.abs(code - expected.data[at]!))
          expect(Math.max(...differences)).toBeLessThanOrEqual(1)
          // ONNX Runtime computes Softmax with a table of integers, whose sums it truncates.
          if (op !== 'QLinearSoftmax')
            expect(differences.filter((difference) => difference > 0).length).toBeLessThanOrEqual(3)
        }),
        { numRuns: 6, seed: 6 },
      )
    },
  )

  it('QGemm has the codes of ONNX Runtime', async () => {
    const builder = new GraphBuilder('gemm', 13)
    const constants = [
      ...scaled(0.0511, 3, 'uint8'),
      ...weights([5, 12], 5),
      tensorOf('int32', [1, 2, -300, 4, 5], [5]),
      ...scaled(0.3, 100, 'uint8'),
    ]
    const names = constants.map((value, at) => builder.constant(`c${at}`, value))
    const attributes = { alpha: 1, transB: 1 }
    const graph = builder.build([
      builder.node('QGemm', [builder.input('x', [1, 12], 'uint8'), ...names], attributes, microsoft),
    ])
    const inputs = new Map([['x', codes('uint8', [1, 12], 1)]])
    const expected = await runModel(writeOnnx(graph), inputs)
    const [[name, found]] = elements(evaluateFloat(graph, inputs), 1)
    expect([...found.data]).toEqual([...expected.get(name)!.data])
  })

  it('QLinearWhere has the codes of ONNX Runtime', async () => {
    const builder = new GraphBuilder('where', 13)
    const condition = builder.constant('c', tensorOf('bool', [1, 0, 1], [3, 1, 1]))
    const constants = [
      codes('uint8', [1, 3, 8, 8], 5),
      ...scaled(0.0511, 3, 'uint8'),
      ...scaled(0.0307, 9, 'uint8'),
      ...scaled(0.0623, 4, 'uint8'),
    ].map((value, at) => builder.constant(`c${at}`, value))
    const x = builder.input('x', [1, 3, 8, 8], 'uint8')
    const inputs = [condition, x, ...constants.slice(1, 3), constants[0]!, ...constants.slice(3)]
    const graph = builder.build([builder.node('QLinearWhere', inputs, {}, microsoft)])
    const given = new Map([['x', codes('uint8', [1, 3, 8, 8], 1)]])
    const [[name, found]] = elements(evaluateFloat(graph, given), 1)
    const expected = (await runModel(writeOnnx(graph), given)).get(name)!
    const differences = [...found.data].map((code, at) => Math.abs(code - expected.data[at]!))
    expect(Math.max(...differences)).toBeLessThanOrEqual(1)
    expect(differences.filter((difference) => difference > 0).length).toBeLessThanOrEqual(2)
  })

  it.each(['DynamicQuantizeLinear', 'DynamicQuantizeMatMul', 'DynamicQuantizeLSTM'])(
    '%s is refused with a message of its own',
    (op) => {
      const builder = new GraphBuilder('dynamic', 13)
      const own = op === 'DynamicQuantizeLinear' ? {} : microsoft
      const attempt = () => builder.build([builder.node(op, [builder.input('x', [1, 3, 8, 8])], {}, own)])
      expect(attempt).toThrow(/it computes scales from the values of each image; .*quantise the model statically/)
    },
  )

  it('that is unknown in its domain is refused with a list of the known ones', () => {
    const builder = new GraphBuilder('sigmoid', 13)
    const names = [...scaled(0.0511, 3, 'uint8'), ...scaled(0.01, 0, 'uint8')].map((value, at) =>
      builder.constant(`c${at}`, value),
    )
    const attempt = () =>
      builder.build([builder.node('QLinearTan', [builder.input('x', [1, 3, 8, 8], 'uint8'), ...names], {}, microsoft)])
    expect(attempt).toThrow(/unknown operator QLinearTan of domain 'com.microsoft'; allowed: .*QLinearAdd/)
  })
})

/** Values; then scale, zero point and bit width; attributes; and the outputs that QONNX defines. */
const quantised: readonly [string, string, readonly number[], readonly number[], Attributes, readonly number[]][] = [
  [
    'Quant',
    'a signed narrow grid',
    [0.3, -0.76, 0.25, 9, -9],
    [0.5, 0, 3],
    { signed: 1, narrow: 1 },
    [0.5, -1, 0, 1.5, -1.5],
  ],
  ['Quant', 'a signed grid', [-9, 9], [0.5, 0, 3], { signed: 1, narrow: 0 }, [-2, 1.5]],
  ['Quant', 'an unsigned narrow grid', [-1, 9], [0.5, 0, 4], { signed: 0, narrow: 1 }, [0, 7]],
  ['Quant', 'a grid with a zero point', [-9, 0.6, 9], [0.5, 5, 4], { signed: 0, narrow: 0 }, [-2.5, 0.5, 5]],
  ['Quant', 'a grid below', [0.9, -0.1], [0.5, 0, 4], { signed: 1, narrow: 0, rounding_mode: 'FLOOR' }, [0.5, -0.5]],
  ['Quant', 'one bit', [0, -0.1], [0.5, 0, 1], { signed: 1, narrow: 0 }, [0.5, -0.5]],
  ['BipolarQuant', 'two values', [0, -0.1, 3], [0.5], {}, [0.5, -0.5, 0.5]],
  ['Trunc', 'fewer bits', [3.5, -0.5], [0.5, 0, 8, 6], { rounding_mode: 'FLOOR' }, [0.5, -0.5]],
  [
    'Trunc',
    'fewer bits of another scale',
    [3.5, 7],
    [0.5, 0, 8, 2, 0, 6],
    { rounding_mode: 'FLOOR', signed: 0 },
    [2, 6],
  ],
]

describe('a quantiser of QONNX', () => {
  it.each(quantised)('%s to %s', (op, _, values, parameters, attributes, expected) => {
    const builder = new GraphBuilder(op, 13)
    const names = parameters.map((value, at) => builder.constant(`p${at}`, tensorOf('float32', [value], [])))
    const input = builder.input('x', [values.length])
    const graph = builder.build([
      builder.node(op, [input, ...names], attributes, { domain: 'qonnx.custom_op.general' }),
    ])
    const x = tensorOf('float32', values, [values.length])
    const [found] = elements(evaluateFloat(graph, new Map([['x', x]])).values(), 1)
    expect([...found.data]).toEqual([...expected])
  })
})

function scaled(scale: number, zeroPoint: number, type: ElementType): Tensor[] {
  return [tensorOf('float32', [scale], []), tensorOf(type, [zeroPoint], [])]
}

/** int8 weights with a scale and a zero point for each of the first extents. */
function weights(shape: readonly number[], seed: number): Tensor[] {
  const [rows] = elements(shape, 1)
  const scales = Float32Array.from({ length: rows }, (_, row) => 0.01 * (1 + row))
  return [
    codes('int8', shape, seed),
    tensorOf('float32', scales, [rows]),
    tensorOf('int8', new Int8Array(rows), [rows]),
  ]
}

function codes(type: ElementType, shape: readonly number[], seed: number): Tensor {
  const draw = random(seed)
  const size = shape.reduce((all, extent) => all * extent, 1)
  const low = type === 'uint8' ? 0 : -128
  return tensorOf(
    type,
    Float64Array.from({ length: size }, () => low + Math.floor(draw() * 256)),
    shape,
  )
}
