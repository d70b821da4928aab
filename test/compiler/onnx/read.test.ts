// Reading ONNX files: every storage of tensors and types, and the messages about files that cannot be read.

import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { printGraph } from '../../../compiler/graph/print.ts'
import { type Tensor, elementTypeOf } from '../../../compiler/graph/tensor.ts'
import { type GraphProtoSchema, ModelProtoSchema, TensorProtoSchema } from '../../../compiler/onnx/generated/onnx_pb.ts'
import type { LoadExternal } from '../../../compiler/onnx/external-data.ts'
import { readOnnx } from '../../../compiler/onnx/read.ts'
import { readTensor } from '../../../compiler/onnx/tensor-data.ts'
import { DlpError } from '../../../base/error.ts'

type GraphInit = Exclude<MessageInitShape<typeof GraphProtoSchema>, { $typeName: string }>
type TensorInit = Exclude<MessageInitShape<typeof TensorProtoSchema>, { $typeName: string }>

describe('readOnnx', () => {
  it('reads a small model', () => {
    expect(printGraph(readOnnx(model(), 'small.onnx'))).toBe(
      [
        'graph small: opset 13, 1 nodes, 2 constant elements',
        'input x: float32[1,2]',
        '  y: float32[1,2] = Add(x, {1.5,-2})',
        'output y: float32[1,2]',
        '',
      ].join('\n'),
    )
  })

  it('takes an unknown batch as 1, with a warning', () => {
    for (const batch of [
      { value: { case: 'dimParam', value: 'N' } },
      { value: { case: 'dimValue', value: -1n } },
      {},
    ] as const) {
      const graph = readOnnx(model({ input: [value('x', [batch, dim(2)])] }), 'm')
      expect(graph.inputs[0]!.shape).toEqual([1, 2])
      expect(graph.warnings.join()).toMatch(/input 'x': the batch extent is .* taken as 1/)
    }
  })

  it('reads initializers that are listed as inputs, as old exporters write them', () => {
    const graph = readOnnx(model({ input: [value('x', [dim(1), dim(2)]), value('c', [dim(2)])] }), 'm')
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x'])
  })

  it('gives names to nodes that have no name, or the name of another', () => {
    const add = (name: string, input: string, output: string) => ({
      name,
      opType: 'Add',
      input: [input, 'c'],
      output: [output],
    })
    const node = [add('', 'x', 'a'), add('n', 'a', 'b'), add('n', 'b', 'd'), add('n_2', 'd', 'y')]
    expect(readOnnx(model({ node }), 'm').nodes.map(({ name }) => name)).toEqual(['Add_0', 'n', 'n_3', 'n_2'])
  })

  it('warns of newer operator sets and of outputs with a contradicting declaration', () => {
    const graph = readOnnx(model({ output: [value('y', [dim(7)])] }, 20), 'm')
    expect(graph.warnings[0]).toContain('operator set 20 is newer than ONNX operator sets 7 to 18')
    expect(graph.warnings[1]).toContain("output 'y' is float32[1,2], which differs from its declaration in the file")
  })

  it.each([
    ['an old operator set', model({}, 6), /uses operator set 6; allowed: ONNX operator sets 7 to 18 \(export it/],
    ['a much newer one', model({}, 99), /uses operator set 99/],
    [
      'an unknown operator',
      model({ node: [{ opType: 'Einsum', input: ['x'], output: ['y'] }] }),
      /unknown operator Einsum; allowed: Abs, Add, /,
    ],
    [
      'a domain of its own',
      model({ node: [{ opType: 'Add', domain: 'com.x', input: ['x'], output: ['y'] }] }),
      /Add of domain 'com.x'/,
    ],
    [
      'a symbolic height',
      model({ input: [value('x', [dim(1), { value: { case: 'dimParam', value: 'H' } }])] }),
      /axis 1 is 'H'; allowed: static/,
    ],
    ['an input without a shape', model({ input: [{ name: 'x' }] }), /input 'x': it is not a tensor of known rank/],
    ['an input of strings', model({ input: [value('x', [dim(1)], 8)] }), /its type is 8; allowed: float32/],
    ['a huge input', model({ input: [value('x', [dim(1), dim(2 ** 29)])] }), /up to 8 axes and 2\^28 elements/],
    ['an undefined output', model({ output: [value('z', [dim(1)])] }), /output 'z': no node defines it/],
    ['no outputs', model({ output: [] }), /has no output/],
    [
      'a cycle',
      model({ node: [{ opType: 'Add', input: ['x', 'y'], output: ['y'] }] }),
      /is defined only by this or a later node/,
    ],
    [
      'a sub-graph',
      model({
        node: [{ opType: 'Loop', input: ['x'], output: ['y'], attribute: [{ name: 'body', type: 5, g: bytes(1) }] }],
      }),
      /it holds a sub-graph/,
    ],
    [
      'an attribute given twice',
      model({
        node: [
          {
            opType: 'Relu',
            input: ['x'],
            output: ['y'],
            attribute: [
              { name: 'a', type: 2 },
              { name: 'a', type: 2 },
            ],
          },
        ],
      }),
      /'a' is given twice/,
    ],
    ['sparse initializers', model({ sparseInitializer: [bytes(1)] }), /sparse initializers; allowed: dense/],
    [
      'an initializer defined twice',
      model({ initializer: [constant(), constant()] }),
      /initializer 'c': it is defined twice/,
    ],
    ['no graph', toBinary(ModelProtoSchema, create(ModelProtoSchema, {})), /the model has no graph/],
    ['an empty file', new Uint8Array(), /the model has no graph/],
    [
      'text',
      new TextEncoder().encode('version https://git-lfs.github.com/spec/v1'),
      /not an ONNX model: export or download/,
    ],
    ['half a file', model().subarray(0, 60), /extends past the end of its message/],
  ])('refuses %s', (_, file, message) => {
    expect(() => readOnnx(file, 'model.onnx')).toThrow(DlpError)
    expect(() => readOnnx(file, 'model.onnx')).toThrow(message)
  })
})

describe('readTensor', () => {
  it.each([
    ['float32 raw', { dataType: 1, rawData: raw(Float32Array.of(1.5, -2)) }, 'float32', [1.5, -2]],
    ['float32 packed', { dataType: 1, floatData: [raw(Float32Array.of(1.5, -2))] }, 'float32', [1.5, -2]],
    [
      'float32 packed in pieces',
      { dataType: 1, floatData: [raw(Float32Array.of(1.5)), raw(Float32Array.of(-2))] },
      'float32',
      [1.5, -2],
    ],
    ['double raw', { dataType: 11, rawData: raw(Float64Array.of(0.1, 2)) }, 'float32', [Math.fround(0.1), 2]],
    ['double packed', { dataType: 11, doubleData: [raw(Float64Array.of(0.1, 2))] }, 'float32', [Math.fround(0.1), 2]],
    ['float16 raw', { dataType: 10, rawData: raw(Uint16Array.of(0x3e00, 0xfbff)) }, 'float32', [1.5, -65504]],
    ['float16 packed', { dataType: 10, int32Data: [varints(0x0001, 0xfc00)] }, 'float32', [2 ** -24, -Infinity]],
    ['bfloat16 raw', { dataType: 16, rawData: raw(Uint16Array.of(0x3fc0, 0xc000)) }, 'float32', [1.5, -2]],
    ['int64 raw', { dataType: 7, rawData: raw(BigInt64Array.of(-5n, 2n ** 40n)) }, 'int64', [-5, 2 ** 40]],
    ['int64 packed', { dataType: 7, int64Data: [varints(-5, 2 ** 40)] }, 'int64', [-5, 2 ** 40]],
    ['int32 packed', { dataType: 6, int32Data: [varints(-5, 7)] }, 'int32', [-5, 7]],
    ['uint32 raw', { dataType: 12, rawData: raw(Uint32Array.of(1, 2 ** 32 - 1)) }, 'int64', [1, 2 ** 32 - 1]],
    ['int16 raw', { dataType: 5, rawData: raw(Int16Array.of(-3, 4)) }, 'int16', [-3, 4]],
    ['uint16 packed', { dataType: 4, int32Data: [varints(65535, 4)] }, 'uint16', [65535, 4]],
    ['int8 raw', { dataType: 3, rawData: raw(Int8Array.of(-128, 127)) }, 'int8', [-128, 127]],
    ['uint8 packed', { dataType: 2, int32Data: [varints(255, 0)] }, 'uint8', [255, 0]],
    ['bool raw', { dataType: 9, rawData: bytes(0, 7) }, 'bool', [0, 1]],
    ['int4 raw', { dataType: 22, rawData: bytes(0x7f) }, 'int4', [-1, 7]],
    ['uint4 packed', { dataType: 21, int32Data: [varints(0x7f)] }, 'uint4', [15, 7]],
  ] as [string, TensorInit, string, number[]][])('reads %s', (_, proto, elementType, expected) => {
    const found = tensorFrom({ ...proto, dims: [2n] })
    expect(elementTypeOf(found)).toBe(elementType)
    expect(Array.from(found.data)).toEqual(expected)
  })

  it('reads an odd number of nibbles, a scalar and an empty tensor', () => {
    expect(Array.from(tensorFrom({ dataType: 22, dims: [3n], rawData: bytes(0x21, 0x08) }).data)).toEqual([1, 2, -8])
    expect(tensorFrom({ dataType: 1, dims: [], rawData: raw(Float32Array.of(3)) }).shape).toEqual([])
    expect(tensorFrom({ dataType: 1, dims: [0n, 4n] }).size).toBe(0)
  })

  it.each([
    [
      'too little raw data',
      { dataType: 1, dims: [3n], rawData: bytes(0, 0, 0, 0) },
      /found 4 bytes of data for the shape \[3\]; allowed: 12/,
    ],
    ['too much raw data', { dataType: 3, dims: [1n], rawData: bytes(0, 0) }, /found 2 bytes of data/],
    [
      'too little packed data',
      { dataType: 7, dims: [2n ** 27n], int64Data: [varints(1)] },
      /found 1 bytes of data .* allowed: 134217728 or more/,
    ],
    ['too much packed data', { dataType: 7, dims: [1n], int64Data: [varints(1, 2)] }, /found 2 elements/],
    ['a negative extent', { dataType: 1, dims: [-1n] }, /found the shape \[-1\]; allowed: up to 8 axes/],
    ['a product above the limit', { dataType: 1, dims: [2n ** 20n, 2n ** 20n] }, /2\^28 elements/],
    ['nine axes', { dataType: 1, dims: new Array<bigint>(9).fill(1n) }, /up to 8 axes/],
    ['strings', { dataType: 8, dims: [1n] }, /type 8; allowed: float32, uint8/],
  ] as [string, TensorInit, RegExp][])('refuses %s', (_, proto, message) => {
    expect(() => tensorFrom(proto)).toThrow(DlpError)
    expect(() => tensorFrom(proto)).toThrow(message)
  })
})

describe('external data', () => {
  const files = new Map([['data/weights.bin', raw(Float32Array.of(1, 2, 3, 4))]])
  const external = (entries: Record<string, string>): TensorInit => ({
    dataType: 1,
    dims: [2n],
    dataLocation: 1,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  })
  const load: LoadExternal = (path, offset, length) =>
    files.get(path)?.subarray(offset, offset + length) ?? new Uint8Array()

  it('is read from a file within the folder of the model', () => {
    const proto = create(TensorProtoSchema, external({ location: 'data/weights.bin', offset: '4', length: '8' }))
    expect(Array.from(readTensor(proto, 't', load).data)).toEqual([2, 3])
  })

  it.each([
    '/etc/passwd',
    '../weights.bin',
    'data/../../x',
    'C:\\x',
    'data\\..\\x',
    '',
    './x',
    'a//b',
    'file:x',
    'x\0y',
  ])('is refused at %j', (location) => {
    let asked = false
    const proto = create(TensorProtoSchema, external({ location }))
    const attempt = () => readTensor(proto, 't', (...part) => ((asked = true), load(...part)))
    expect(attempt).toThrow(/allowed: a file in the folder of the model/)
    expect(asked).toBe(false)
  })

  it('is refused if the part lies outside the file, or no loader is given', () => {
    const proto = create(TensorProtoSchema, external({ location: 'data/weights.bin', offset: '12', length: '8' }))
    expect(() => readTensor(proto, 't', load)).toThrow(/of which 4 are there; allowed: 8 bytes/)
    expect(() => readTensor(proto, 't')).toThrow(/save the model as one file/)
    const minus = create(TensorProtoSchema, external({ location: 'data/weights.bin', offset: '-4' }))
    expect(() => readTensor(minus, 't', load)).toThrow(/allowed: a whole offset, and the 8 bytes of its shape/)
    const longer = create(TensorProtoSchema, external({ location: 'data/weights.bin', length: '9' }))
    expect(() => readTensor(longer, 't', load)).toThrow(/bytes 0 \+9 of .*allowed: a whole offset, and the 8 bytes/)
  })
})

function model(graph: GraphInit = {}, opset = 13): Uint8Array {
  const defaults: GraphInit = {
    name: 'small',
    node: [{ name: 'add', opType: 'Add', input: ['x', 'c'], output: ['y'] }],
    initializer: [constant()],
    input: [value('x', [dim(1), dim(2)])],
    output: [value('y', [dim(1), dim(2)])],
  }
  const opsetImport = [{ domain: '', version: BigInt(opset) }]
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, opsetImport, graph: { ...defaults, ...graph } }),
  )
}

function constant(): TensorInit {
  return { name: 'c', dataType: 1, dims: [2n], rawData: raw(Float32Array.of(1.5, -2)) }
}

function tensorFrom(proto: TensorInit): Tensor {
  return readTensor(create(TensorProtoSchema, proto), 't')
}

function value(name: string, dims: readonly object[], elemType = 1) {
  return { name, type: { value: { case: 'tensorType' as const, value: { elemType, shape: { dim: [...dims] } } } } }
}

function dim(extent: number) {
  return { value: { case: 'dimValue' as const, value: BigInt(extent) } }
}

function raw(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function bytes(...list: readonly number[]): Uint8Array {
  return Uint8Array.from(list)
}

/** Numbers in protobuf's packed encoding. */
function varints(...list: readonly number[]): Uint8Array {
  const out: number[] = []
  for (const number of list) {
    let rest = BigInt.asUintN(64, BigInt(number))
    do {
      out.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0))
      rest >>= 7n
    } while (rest > 0n)
  }
  return Uint8Array.from(out)
}
