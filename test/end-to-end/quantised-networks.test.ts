// Small quantised networks, node by node: the program computes what the graph computes in float, up to a step of its output, or the model is refused.

import { describe, expect, it } from 'vitest'
import { DlpError } from '../../base/error.ts'
import { compile } from '../../compiler/compile.ts'
import { evaluateFloat } from '../../compiler/graph/evaluate-float.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import { type Tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { machines } from '../../isa/model/machine.ts'
import { dequantiseOutput, inModelOrder, inOwnOrder, quantiseInput } from '../../isa/packing.ts'
import { bytesOf, int64, type ModelText, node, noise } from '../support/onnx-model.ts'

type Nodes = ModelText['nodes']

const float = (values: readonly number[], shape: readonly number[]): Tensor => tensorOf('float32', values, shape)
const scalar = (value: number): Tensor => float([value], [])
const zero = (value: number, type: 'int8' | 'uint8' = 'int8'): Tensor => tensorOf(type, [value], [])

/** Small integer weights. */
function weights(seed: number, ...shape: number[]): Tensor {
  const { data } = noise(seed, ...shape)
  return tensorOf(
    'int8',
    Array.from(data, (value) => Math.max(-7, Math.min(7, Math.round(value * 4)))),
    shape,
  )
}

const pair = (from: string, scale: string, zeroPoint: string, to: string): Nodes => [
  node('QuantizeLinear', `${to}_q`, `${from} ${scale} ${zeroPoint}`),
  node('DequantizeLinear', to, `${to}_q ${scale} ${zeroPoint}`),
]

/** Scales and zero points by short names, and weights. */
const constants = {
  ...{ si: scalar(0.03), so: scalar(0.02), sl: scalar(0.2), sq: scalar(0.5), su: scalar(0.01), sw: scalar(0.05) },
  ...{ z: zero(0), zu: zero(0, 'uint8'), zm: zero(-128), z5: zero(-5) },
  ...{ w: weights(1, 6, 3, 3, 3), w2: weights(2, 6, 6, 3, 3) },
}
const same = { pads: [1, 1, 1, 1] }
const weightsRead: Nodes = [node('DequantizeLinear', 'wd', 'w sw z'), node('DequantizeLinear', 'w2d', 'w2 sw z')]
const conv = node('Conv', 'v', 'xd wd', same)
/** The quantised image and a convolution: `v`. */
const stem: Nodes = [...pair('x', 'si', 'z', 'xd'), ...weightsRead, conv]
/** The same, quantised: `vd`. */
const map: Nodes = [...stem, ...pair('v', 'so', 'z', 'vd')]
/** From `d` to the output. */
const tail: Nodes = [node('Conv', 'c2', 'd w2d', same), ...pair('c2', 'sl', 'z', 'y')]
/** `v` is added in float to a result that is computed from its codes. */
const besides = (codes: Nodes): Nodes => [
  ...stem,
  ...codes,
  node('Conv', 'c2', 'd w2d', same),
  ...pair('c2', 'so', 'z', 'e'),
  node('Add', 'a', 'e v'),
  ...pair('a', 'so', 'z', 'y'),
]
/** Arithmetic with a constant for each row before a transpose to channels first. */
const rowsFirst = (rows: number): Partial<ModelText> => ({
  inputs: { x: [1, rows, 8, 3] },
  constants: {
    g: noise(1, rows),
    b: noise(2, rows),
    m: noise(3, rows),
    va: float(new Array<number>(rows).fill(1), [rows]),
  },
  nodes: [
    node('BatchNormalization', 'xb', 'x g b m va'),
    ...pair('xb', 'si', 'z', 'xt'),
    node('Transpose', 'xd', 'xt', { perm: [0, 3, 1, 2] }),
    ...weightsRead,
    conv,
    ...pair('v', 'so', 'z', 'y'),
  ],
})
const pool = { kernel_shape: [3, 3], strides: [2, 2] }

type Case = readonly [name: string, model: Partial<ModelText>, refused?: RegExp]

const named = (cases: readonly Case[]) => cases.map(([name, model, sentence = /./]) => ({ name, model, sentence }))

const computed: readonly Case[] = [
  [
    'a Clip that leaves few codes',
    {
      nodes: [...stem, node('Clip', 'cl', 'v lo hi'), ...pair('cl', 'sq', 'z5', 'd'), ...tail],
      constants: { lo: scalar(-3), hi: scalar(3) },
    },
  ],
  [
    'a Clip above 0',
    {
      nodes: [...stem, node('Clip', 'cl', 'v lo hi'), ...pair('cl', 'sq', 'z5', 'd'), ...tail],
      constants: { lo: scalar(1), hi: scalar(3) },
    },
  ],
  ['few codes pooled and added', { nodes: [...stem, node('Clip', 'cl', 'v lo hi'), ...pair('cl', 'sq', 'z5', 'd1'), node('MaxPool', 'p', 'd1', { kernel_shape: [3, 3], ...same }), ...pair('p', 'sq', 'z5', 'pd'), node('Add', 'ad', 'pd d1'), ...pair('ad', 'sl', 'z', 'd'), ...tail], constants: { lo: scalar(-3), hi: scalar(3) } }], // prettier-ignore
  ['few codes beside others, channels chosen', { nodes: [...map, node('Clip', 'cl', 'v lo hi'), ...pair('cl', 'sq', 'z5', 'd1'), node('Concat', 'cc', 'd1 vd', { axis: 1 }), node('Gather', 'g', 'cc at', { axis: 1 }), ...pair('g', 'sq', 'z5', 'd'), ...tail], constants: { lo: scalar(-3), hi: scalar(3), at: int64(11, 0, 3, 7, 0, 5) } }], // prettier-ignore
  ['a border of −∞ in front of a pool', { nodes: [...map, node('Pad', 'p', 'vd pp low'), node('MaxPool', 'mp', 'p', pool), ...pair('mp', 'so', 'z', 'd'), ...tail], constants: { pp: int64(0, 0, 0, 0, 0, 0, 1, 1), low: scalar(-Infinity) } }], // prettier-ignore
  ['a border of the least value', { nodes: [...map, node('Pad', 'p', 'vd pp low'), node('MaxPool', 'mp', 'p', pool), ...pair('mp', 'so', 'z', 'd'), ...tail], constants: { pp: int64(0, 0, 1, 1, 0, 0, 1, 1), low: scalar(-2.56) } }], // prettier-ignore
  ['a border of the least code', { nodes: [...stem, node('QuantizeLinear', 'vq', 'v so z'), node('Pad', 'p', 'vq pp zm'), node('MaxPool', 'mp', 'p', pool), node('DequantizeLinear', 'd', 'mp so z'), ...tail], constants: { pp: int64(0, 0, 0, 0, 0, 0, 1, 1) } }], // prettier-ignore
  ['codes in other halves', { nodes: [...stem, node('QuantizeLinear', 'vq', 'v so z'), node('Split', 'a b', 'vq sp', { axis: 1 }), node('Concat', 'cc', 'b a', { axis: 1 }), node('DequantizeLinear', 'd', 'cc so z'), ...tail], constants: { sp: int64(2, 4) } }], // prettier-ignore
  ['codes repeated by Tile', { nodes: [node('QuantizeLinear', 'xq', 'x si z'), node('Tile', 't', 'xq three'), node('DequantizeLinear', 'xd', 't si z'), ...weightsRead, conv, ...pair('v', 'so', 'z', 'y')], inputs: { x: [1, 1, 8, 8] }, constants: { three: int64(1, 3, 1, 1) } }], // prettier-ignore
  ['a grey image, channels last', { nodes: [node('Expand', 'xe', 'x to'), node('Transpose', 'xt', 'xe', { perm: [0, 3, 1, 2] }), ...pair('xt', 'si', 'z', 'xd'), ...weightsRead, conv, ...pair('v', 'so', 'z', 'y')], inputs: { x: [1, 8, 8, 1] }, constants: { to: int64(1, 8, 8, 3) } }], // prettier-ignore
  ['mean, std and scales one after the other', { nodes: [node('Sub', 's0', 'x mean'), node('Div', 's1', 's0 std'), node('Mul', 's2', 'two s1'), node('Sub', 's3', 'one s2'), ...pair('s3', 'si', 'z', 'xd'), ...weightsRead, conv, ...pair('v', 'so', 'z', 'y')], constants: { mean: float([0.1, 0.2, 0.3], [1, 3, 1, 1]), std: float([0.5, 0.6, 0.7], [3, 1, 1]), two: scalar(2), one: float([1], [1]) } }], // prettier-ignore
  ['a mean in front of a transpose', { nodes: [node('Sub', 's0', 'x mean'), node('Transpose', 't', 's0', { perm: [0, 3, 1, 2] }), ...pair('t', 'si', 'z', 'xd'), ...weightsRead, conv, ...pair('v', 'so', 'z', 'y')], inputs: { x: [1, 5, 4, 3] }, constants: { mean: float([0.1, 0.2, 0.3], [3]) } }], // prettier-ignore
  ['channels chosen after an average', { nodes: [...map, node('GlobalAveragePool', 'gp', 'vd'), node('Gather', 'gg', 'gp at', { axis: 1 }), ...pair('gg', 'so', 'z', 'g'), node('Flatten', 'fl', 'g'), node('DequantizeLinear', 'wg', 'w3 sw z'), node('MatMul', 'mm', 'fl wg'), ...pair('mm', 'so', 'z', 'y')], constants: { w3: weights(9, 4, 10), at: int64(5, 0, 0, 3) } }], // prettier-ignore
  [
    'a slope above 1 and below 0',
    {
      nodes: [...stem, node('PRelu', 'l', 'v slope'), ...pair('l', 'so', 'z5', 'd'), ...tail],
      constants: { slope: float([0.1, -0.5, 0, 1, 2, -2], [6, 1, 1]) },
    },
  ],
  ...Object.entries({
    'to channels last': [node('Transpose', 'y', 'vd', { perm: [0, 2, 3, 1] })],
    'through equal extents': [node('Reshape', 'r', 'vd a'), node('Transpose', 't', 'r', { perm: [0, 2, 1, 4, 3, 5] }), node('Reshape', 'y', 't b')],
    'from depth to space': [node('Reshape', 'r', 'vd c'), node('Transpose', 't', 'r', { perm: [0, 1, 4, 2, 5, 3] }), node('Reshape', 'y', 't e')],
    'to a first extent that is not 1': [node('Reshape', 'y', 'vd f')],
    'all into one': [node('Transpose', 't', 'vd', { perm: [0, 2, 3, 1] }), node('Flatten', 'y', 't', { axis: 0 })],
  }).map(([name, nodes]): Case => [`the output moved ${name}`, { nodes: [...map, ...nodes], constants: { a: int64(1, 6, 2, 4, 2, 4), b: int64(1, 2, 6, 4, 2, 4), c: int64(1, 2, 3, 1, 8, 8), e: int64(1, 2, 8, 3, 8, 1), f: int64(6, 64) } }]), // prettier-ignore
]

const refused: readonly Case[] = [
  [
    'rows read backwards',
    {
      nodes: [...map, node('Gather', 'g', 'vd at', { axis: 2 }), ...pair('g', 'so', 'z', 'd'), ...tail],
      constants: { at: int64(7, 6, 5, 4, 3, 2, 1, 0) },
    },
    /./,
  ],
  [
    'what is added as it is, and of whose codes only those above 0 are read',
    { nodes: besides(pair('v', 'su', 'zu', 'd')) },
    /'v'/,
  ],
  [
    'the same behind a pool',
    { nodes: besides([node('MaxPool', 'p', 'v', { kernel_shape: [3, 3], ...same }), ...pair('p', 'su', 'zu', 'd')]) },
    /'v'/,
  ],
  ['a factor for each row, before a transpose to channels first', rowsFirst(8), /./],
  ['the same of as many rows as channels', rowsFirst(3), /./],
]

const textOf = ({ constants: own, ...model }: Partial<ModelText>): ModelText => ({
  opset: 13,
  inputs: { x: [1, 3, 8, 8] },
  outputs: ['y'],
  nodes: [],
  ...model,
  constants: { ...constants, ...own },
})

/** The greatest difference between a program's output and the graph's, in steps of the output. */
function worstOf(model: Partial<ModelText>): number {
  const bytes = bytesOf(textOf(model))
  const read = readOnnx(bytes, 'model')
  const { program, graph } = compile(bytes, { name: 'model', machine: machines.edge, exactQdq: true })
  const image = noise(5, ...read.inputs[0]!.shape)
  const [expected] = evaluateFloat(read, new Map([['x', image]])).values()
  const [input, output] = [program.inputs[0]!, program.outputs[0]!]
  const codes = quantiseInput(inOwnOrder(Float32Array.from(image.data), input.arrangement), input)
  const { logits, maps } = evaluateInteger(graph, Int16Array.from(codes))
  const values = inModelOrder(
    dequantiseOutput(Int32Array.from(logits ?? maps.get(graph.output)!), output),
    output.arrangement,
  )
  expect(values).toHaveLength(expected!.size)
  const step = Math.max(...output.scale)
  return Math.max(...Array.from(expected!.data, (value, at) => Math.abs(values[at]! - value) / step))
}

describe('computes what the graph computes', () => {
  it.each(named(computed))('$name', ({ model }) => {
    expect(worstOf(model)).toBeLessThan(1.01)
  })
})

describe('refuses models that it would not compute correctly', () => {
  it.each(named(refused))('$name', ({ model, sentence }) => {
    const attempt = (): unknown => compile(bytesOf(textOf(model)), { name: 'model', machine: machines.edge })
    expect(attempt).toThrow(DlpError)
    expect(attempt).toThrow(sentence)
  })
})
