// A model with nodes of nearly all operators, to be damaged by tests.

import { tensorOf } from '../../compiler/graph/tensor.ts'
import { type ModelText, int64, node, noise, scalar } from './onnx-model.ts'

const unary = ['Abs', 'Ceil', 'Elu', 'Exp', 'Floor', 'HardSigmoid', 'HardSwish', 'LeakyRelu', 'Mish', 'Neg', 'Relu', 'Sigmoid', 'Softplus', 'Tanh', 'Identity', 'Dropout'] // prettier-ignore
const reductions = ['ReduceL1', 'ReduceL2', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSum', 'ReduceSumSquare'] // prettier-ignore

export const everyOperator: ModelText = {
  opset: 18,
  inputs: { x: [1, 4, 6, 6] },
  outputs: ['y', 'z'],
  constants: {
    w: noise(1, 4, 2, 3, 3),
    m: noise(2, 6, 3),
    c: noise(3, 4, 1, 1),
    s: tensorOf('float32', [0.5], []),
    axes: int64(2, 3),
    one: int64(1),
    ends: int64(5, 5),
    halves: int64(2, 2),
    pads: int64(0, 0, 1, 0, 0, 0, 0, 1),
    wide: int64(1, 4, 6, 6),
    zero: scalar(0),
    four: scalar(4),
    step: scalar(1),
    yes: tensorOf('bool', [1], [1]),
  },
  nodes: [
    ...unary.map((op, at) => node(op, `u${at + 1}`, at === 0 ? 'x' : `u${at}`)),
    node('Conv', 'v', `u${unary.length} w`, { group: 2, pads: [1, 1, 1, 1], kernel_shape: [3, 3] }),
    node('Split', 'p q', 'v halves', { axis: 1 }),
    node('Concat', 'r', 'q p', { axis: 1 }),
    node('Pad', 'pad', 'r pads s'),
    node('Slice', 'cut', 'pad one ends axes'.replace('one', 'axes')),
    node('MaxPool', 'mp', 'pad', { kernel_shape: [2, 2], strides: [1, 1], auto_pad: 'SAME_UPPER' }),
    node('AveragePool', 'ap', 'mp', { kernel_shape: [3, 2], ceil_mode: 1, pads: [1, 0, 1, 1], count_include_pad: 1 }),
    node('GlobalMaxPool', 'gm', 'ap'),
    node('PRelu', 'pr', 'x c'),
    node('Sum', 'sum', 'pr x c'),
    node('Max', 'max', 'sum s'),
    node('Min', 'min', 'max x'),
    node('Pow', 'pow', 'min s'),
    node('Less', 'lt', 'x c'),
    node('Where', 'wh', 'lt x pow'),
    node('Transpose', 't', 'wh', { perm: [0, 2, 3, 1] }),
    node('MatMul', 'mm', 'wh m'),
    node('Softmax', 'sm', 'mm', { axis: 1 }),
    node('Expand', 'e', 'c wide'),
    node('Shape', 'sh', 't'),
    node('ReduceProd', 'count', 'sh', { keepdims: 0 }),
    node('Cast', 'cf', 'count', { to: 1 }),
    node('Range', 'range', 'zero four step'),
    node('Gather', 'g', 'e range', { axis: 1 }),
    node('ConstantOfShape', 'cs', 'wide', { value: tensorOf('float32', [2], [1]) }),
    node('Mul', 'mul', 'g cs'),
    node('Div', 'div', 'mul cf'),
    ...reductions.map((op, at) => node(op, `r${at}`, at < 2 ? 'div axes' : 'div', at < 2 ? {} : { keepdims: 1 })),
    node('Add', 'y', 'gm r0'),
    node('Unsqueeze', 'us', 'sm one'),
    node('Squeeze', 'z', 'us one'),
    node('Size', 'n', 'cut'),
  ],
}
