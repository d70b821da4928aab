// Every constraint of every operator: a node that violates it is refused with the sentence of the constraint.

import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/graph/builder.ts'
import type { Attributes } from '../../../compiler/graph/graph.ts'
import { operators } from '../../../compiler/graph/operators.ts'
import { type ElementType, type Tensor, tensorOf, zeros } from '../../../compiler/graph/tensor.ts'
import { DlpError } from '../../../base/error.ts'

/** Inputs: a shape is a float input, a list in `int64` a constant, `dynamic` an int64 input, null an absent one. */
type Input = readonly number[] | Tensor | 'dynamic' | 'scalar' | 'integers' | null
const map = [1, 2, 8, 8]
const weights = [3, 2, 3, 3]
const bools = tensorOf('bool', [1, 0], [2])
const window = { kernel_shape: [3, 3] }

const violations: readonly [string, string, readonly Input[], Attributes?][] = [
  ['Conv', 'the inputs are float32', ['integers', weights]],
  ['Conv', 'the input has four axes', [[1, 2, 8], weights]],
  ['Conv', 'strides and dilations are two integers', [map, weights], { strides: [0, 1] }],
  ['Conv', 'strides and dilations are two integers', [map, weights], { dilations: [1] }],
  ['Conv', 'kernel_shape is two integers', [map, weights], { kernel_shape: [3] }],
  ['Conv', 'pads are four integers', [map, weights], { pads: [1, 1, -1, 1] }],
  ['Conv', 'auto_pad is one of', [map, weights], { auto_pad: 'SOME' }],
  ['Conv', 'auto_pad is one of', [map, weights], { auto_pad: 'VALID', pads: [1, 1, 1, 1] }],
  ['Conv', 'the weights have four axes', [map, [3, 2, 3]]],
  ['Conv', 'kernel_shape is equal to', [map, weights], { kernel_shape: [3, 2] }],
  ['Conv', 'group divides', [map, weights], { group: 2 }],
  ['Conv', 'the bias has one element per output channel', [map, weights, [2]]],
  ['Conv', 'the kernel fits', [map, [3, 2, 9, 3]]],
  ['Conv', 'the kernel fits', [map, weights], { pads: [1e6, 1e6, 1e6, 1e6] }],
  ['Conv', 'has 2 to 3 inputs', [map]],
  ['Conv', 'the attributes auto_pad', [map, weights], { strudel: 1 }],
  ['Conv', "the attribute 'group' is of kind int", [map, weights], { group: 1.5 }],
  ['MaxPool', 'kernel_shape is given', [map]],
  ['MaxPool', 'the padding is smaller than the kernel', [map], { ...window, pads: [3, 0, 0, 0] }],
  ['AveragePool', 'the kernel fits in the padded map', [map], { kernel_shape: [9, 9] }],
  ['GlobalAveragePool', 'the input has three or more axes', [[2, 3]]],
  ['BatchNormalization', 'training_mode is 0', [map, [2], [2], [2], [2]], { training_mode: 1 }],
  ['BatchNormalization', 'spatial is 1', [map, [2], [2], [2], [2]], { spatial: 0 }],
  ['BatchNormalization', 'one element per channel', [map, [2], [2], [2], [3]]],
  ['Clip', 'a bound has one element', [map, [2]]],
  ['Add', 'the same element type', [map, 'integers']],
  ['Add', 'the shapes broadcast', [map, [3]]],
  [
    'Gemm',
    'inner extents agree',
    [
      [2, 3],
      [2, 3],
    ],
  ],
  ['Gemm', 'C broadcasts', [[2, 3], [3, 4], [3]]],
  [
    'MatMul',
    'the inner extents agree',
    [
      [2, 3],
      [2, 3],
    ],
  ],
  ['MatMul', 'neither input is a scalar', [[2, 3], 'scalar']],
  ['QuantizeLinear', 'the inputs are float32', ['integers', 'scalar']],
  ['QuantizeLinear', 'one for each slice along axis', [map, [3]]],
  ['QuantizeLinear', 'the zero point has the shape', [map, [2], tensorOf('uint8', [0], [])]],
  ['QuantizeLinear', 'one for each block of block_size along it', [map, 'scalar'], { block_size: 4 }],
  ['QuantizeLinear', 'block_size is not negative', [map, 'scalar'], { block_size: -1 }],
  ['QuantizeLinear', 'every scale is a finite number above 0', [map, tensorOf('float32', [0], [])]],
  ['QuantizeLinear', 'the codes are int2', [map, 'scalar', tensorOf('int32', [0], [])]],
  ['DequantizeLinear', 'the codes are int2', ['integers', 'scalar']],
  ['DequantizeLinear', 'the scale is float32', [tensorOf('uint8', [0], [1]), int64(1)]],
  ['ReduceMean', "'axes' is a constant", [map, 'dynamic']],
  ['ReduceMean', 'axes are different and within the rank', [map], { axes: [1, -3] }],
  ['ReduceMean', 'no reduced axis is empty', [[2, 0]], { axes: [1] }],
  ['ReduceSum', 'the input is not bool', [bools]],
  ['ReduceMax', 'no reduced axis is empty', [[2, 0]]],
  ['ReduceMin', 'axes are different', [map], { axes: [4] }],
  ['ReduceProd', "'axes' is a constant", [map, 'dynamic']],
  ['ReduceL1', 'axes are different', [map], { axes: [0, 0] }],
  ['ReduceL2', 'the input is float32', ['integers']],
  ['ReduceSumSquare', 'axes are different', [map], { axes: [-5] }],
  ['Softmax', 'axis is within the rank', [map], { axis: 4 }],
  ['LogSoftmax', 'axis is within the rank', [map], { axis: -5 }],
  ['Split', 'axis is within the rank', [map], { axis: -5 }],
  ['Split', 'as many lengths as outputs', [map, int64(1, 1)], { axis: 1 }],
  ['Split', "'split' is a constant", [map, 'dynamic']],
  ['PRelu', 'the slope broadcasts to the shape of x', [[2], [3, 2]]],
  ['Pow', 'the inputs are not bool', [map, bools]],
  ['Equal', 'the same element type', [map, 'integers']],
  ['Greater', 'the same element type', [map, 'integers']],
  ['GreaterOrEqual', 'the same element type', [map, 'integers']],
  ['Less', 'the same element type', [map, 'integers']],
  ['LessOrEqual', 'the shapes broadcast', [map, [3]]],
  ['And', 'the inputs are bool', [bools, map]],
  ['Or', 'the shapes broadcast', [bools, tensorOf('bool', [1, 1, 1], [3])]],
  ['Not', 'the input is bool', [map]],
  ['Mod', 'the inputs are int64 or int32', [map, map]],
  ['Div', 'no integer is divided by 0', [int64(1), int64(0)]],
  ['Sum', 'the same element type', [map, 'integers']],
  ['Max', 'the shapes broadcast', [map, [2], [3]]],
  ['Min', 'every input is present', [map, null, map]],
  ['Where', 'the condition is bool', [map, map, map]],
  ['Where', 'the shapes broadcast', [bools, map, [3]]],
  ['GlobalMaxPool', 'the input has three or more axes', [[2, 3]]],
  ['Flatten', 'axis is within -rank and rank', [map], { axis: 5 }],
  ['Reshape', "'shape' is a constant", [map, 'dynamic']],
  ['Reshape', 'as many elements', [map, int64(-1, -1)]],
  ['Reshape', 'as many elements', [map, int64(7, -1)]],
  ['Squeeze', 'of extent 1', [map, int64(1)]],
  ['Unsqueeze', 'axes are given', [map]],
  ['Unsqueeze', 'within the rank of the result', [map, int64(5)]],
  ['Dropout', 'training_mode is false', [map, 'scalar', tensorOf('bool', [1], [])]],
  ['Constant', 'exactly one of its attributes', []],
  ['ConstantOfShape', "'input' is a constant", ['dynamic']],
  ['ConstantOfShape', 'at most 2^28 elements', [int64(65536, 65536)]],
  ['ConstantOfShape', 'not negative', [int64(-1)]],
  ['Range', 'delta is not 0', [tensorOf('int64', [0], []), tensorOf('int64', [1], []), tensorOf('int64', [0], [])]],
  ['Range', 'scalars of one element type', [int64(0), int64(1), 'scalar']],
  ['Transpose', 'perm names every axis once', [map], { perm: [0, 1, 2, 2] }],
  ['Concat', 'axis is given', [map, map]],
  ['Concat', 'agree in element type', [map, [1, 2, 8, 7]], { axis: 1 }],
  ['Gather', 'axis is within the rank', [map, int64(0)], { axis: 4 }],
  ['Gather', 'the indices are int64', [map, [1]]],
  ['Gather', 'every index is within the axis', [map, int64(2)], { axis: 1 }],
  ['Expand', 'the shapes broadcast', [map, int64(3)]],
  ['Expand', 'at most 8 axes', [map, int64(1, 1, 1, 1, 1, 1, 1, 1, 1)]],
  ['Tile', "'repeats' is a constant", [map, 'dynamic']],
  ['Tile', 'a number for each axis', [map, int64(1, 2)]],
  ['Xor', 'the inputs are bool', [bools, map]],
  ['Slice', "'ends' is a constant", [map, int64(0), 'dynamic']],
  ['Slice', 'starts and ends are given', [map]],
  ['Slice', 'axes are different', [map, int64(0, 0), int64(1, 1), int64(1, 1)]],
  ['Slice', 'no step is 0', [map, int64(0), int64(1), int64(0), int64(0)]],
  ['Pad', 'mode is constant, edge, reflect or wrap', [map, int64(0, 0, 1, 1, 0, 0, 1, 1)], { mode: 'mirror' }],
  ['Pad', 'reflect adds fewer elements than an axis has', [map, int64(0, 0, 8, 0, 0, 0, 0, 0)], { mode: 'reflect' }],
  ['Pad', 'a begin and an end for each axis', [map, int64(0, 0, 1)]],
  ['Pad', 'not negative', [map, int64(0, -3, 0, 0, 0, 0, 0, 0)]],
  ['Cast', '`to` is float32', [map], { to: 8 }],
]

describe('a node that violates a constraint of its operator is refused', () => {
  it.each(violations)('%s: %s', (op, sentence, inputs, attributes = {}) => {
    const attempt = () => graphOf(op, inputs, attributes)
    expect(attempt).toThrow(DlpError)
    expect(attempt).toThrow(new RegExp(`node 'it' \\(${op}\\).*allowed: .*${sentence.replace(/[[\]()^]/g, '\\$&')}`))
  })

  it('with a case for every operator that has constraints of its own', () => {
    const constrained = Object.entries(operators).filter(([, { constraints }]) => constraints.length > 1)
    const tried = new Set(violations.map(([op]) => op))
    expect(
      constrained.map(([name]) => name).filter((name) => !tried.has(name) && !['Sub', 'Mul'].includes(name)),
    ).toEqual([])
  })

  it('by name if the operator is unknown', () => {
    expect(() => graphOf('Einsum', [map], {})).toThrow(/unknown operator Einsum; allowed: Abs, Add, And, AveragePool/)
  })
})

function graphOf(op: string, inputs: readonly Input[], attributes: Attributes) {
  const builder = new GraphBuilder('constraints')
  const names = inputs.map((input, at) => {
    if (input === null) return ''
    if (input === 'scalar') return builder.constant(`c${at}`, zeros('float32', []))
    if (typeof input === 'string') {
      const type: ElementType = 'int64'
      return builder.input(`x${at}`, input === 'dynamic' ? [2] : map, type)
    }
    return 'data' in input ? builder.constant(`c${at}`, input) : builder.input(`x${at}`, input)
  })
  return builder.build([builder.node(op, names, attributes, { name: 'it' })])
}

function int64(...list: readonly number[]): Tensor {
  return tensorOf('int64', list, [list.length])
}
