// Small networks, node by node as exporters write them.

import { tensorOf } from '../../compiler/graph/tensor.ts'
import { type ModelText, int64, node, noise, scalar } from './onnx-model.ts'

const positive = (...values: readonly number[]) => tensorOf('float32', values, [values.length])
const float = (value: number) => ({ float: value })
const image = [1, 3, 12, 12]

/** torch.onnx.export(dynamo=True): modules as functions, means with axes as input, MatMul and Add, no shapes of inner values. */
export const dynamo: ModelText = {
  opset: 20,
  inputs: { x: image },
  outputs: ['y'],
  constants: {
    'conv.weight': noise(1, 8, 3, 3, 3),
    'norm.weight': noise(2, 8),
    'norm.bias': noise(3, 8),
    'norm.mean': noise(4, 8),
    'norm.var': positive(1, 2, 0.5, 1, 1, 3, 0.25, 1),
    'block.weight': noise(5, 8, 8, 3, 3),
    'fc.weight': noise(6, 5, 8),
    'fc.bias': noise(7, 5),
    axes: int64(-1, -2),
    shape: int64(1, 8),
  },
  functions: [
    {
      name: 'ConvNorm',
      inputs: ['x', 'w', 'scale', 'shift', 'mean', 'var'],
      outputs: ['y'],
      defaults: { strides: [1, 1] },
      nodes: [
        node('Conv', 'c', 'x w', { pads: [1, 1, 1, 1], strides: { ref: 'strides' }, kernel_shape: [3, 3] }),
        node('BatchNormalization', 'n', 'c scale shift mean var', { epsilon: float(1e-5), momentum: float(0.9) }),
        node('Relu', 'y', 'n'),
      ],
    },
    {
      name: 'Residual',
      inputs: ['x', 'w', 'scale', 'shift', 'mean', 'var'],
      outputs: ['y'],
      nodes: [node('pkg.test::ConvNorm', 'a', 'x w scale shift mean var'), node('Add', 'y', 'a x')],
    },
  ],
  nodes: [
    node('Cast', 'x0', 'x', { to: 1 }),
    node('pkg.test::ConvNorm', 'a', 'x0 conv.weight norm.weight norm.bias norm.mean norm.var', { strides: [2, 2] }),
    node('Identity', 'bw', 'block.weight'),
    node('pkg.test::Residual', 'b', 'a bw norm.weight norm.bias norm.mean norm.var'),
    node('ReduceMean', 'm', 'b axes', { keepdims: 1, noop_with_empty_axes: 0 }),
    node('Reshape', 'f', 'm shape', { allowzero: 1 }),
    node('Transpose', 'wt', 'fc.weight', { perm: [1, 0] }),
    node('MatMul', 'p', 'f wt'),
    node('Add', 'y', 'p fc.bias'),
  ],
}

/** torch.onnx.export with TorchScript: constants as nodes, flattening by Shape, Gather, Unsqueeze and Concat, Dropout with its ratio. */
export const torchScript: ModelText = {
  opset: 13,
  inputs: { x: ['batch', 3, 12, 12] },
  outputs: ['y'],
  constants: {
    w: noise(1, 6, 3, 3, 3),
    b: noise(2, 6),
    scale: noise(3, 12),
    shift: noise(4, 12),
    mean: noise(5, 12),
    variance: positive(...Array.from({ length: 12 }, (_, at) => 0.5 + at / 8)),
    fw: noise(6, 5, 108),
    fb: noise(7, 5),
  },
  nodes: [
    node('Constant', 'zero', '', { value: scalar(0) }),
    node('Constant', 'low', '', { value: tensorOf('float32', [0], []) }),
    node('Constant', 'high', '', { value: tensorOf('float32', [6], []) }),
    node('Constant', 'ratio', '', { value: tensorOf('float32', [0.5], []) }),
    node('Constant', 'training', '', { value: tensorOf('bool', [0], []) }),
    node('Constant', 'minus', '', { value: int64(-1) }),
    node('Constant', 'first', '', { value: int64(0) }),
    node('Conv', 'c', 'x w b', {
      dilations: [1, 1],
      group: 1,
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
      strides: [1, 1],
    }),
    node('Clip', 'r', 'c low high'),
    node('MaxPool', 'p', 'r', { kernel_shape: [3, 3], pads: [0, 0, 0, 0], strides: [2, 2], ceil_mode: 1 }),
    node('AveragePool', 'q', 'r', { kernel_shape: [2, 2], pads: [0, 0, 0, 0], strides: [2, 2], ceil_mode: 0 }),
    node('Concat', 'cat', 'p q', { axis: 1 }),
    node('BatchNormalization', 'n', 'cat scale shift mean variance', { epsilon: float(1e-5), momentum: float(0.9) }),
    node('Relu', 'nr', 'n'),
    node('Dropout', 'd mask', 'nr ratio training'),
    node('AveragePool', 'e', 'd', { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] }),
    node('Shape', 's', 'e'),
    node('Gather', 'n0', 's zero', { axis: 0 }),
    node('Unsqueeze', 'n1', 'n0 first'),
    node('Concat', 'shape', 'n1 minus', { axis: 0 }),
    node('Reshape', 'f', 'e shape'),
    node('Gemm', 'y', 'f fw fb', { alpha: float(1), beta: float(1), transB: 1 }),
  ],
}

/** tf2onnx: images with channels last, transposes around convolutions, Pad before Conv, uneven pads, a mean without its axes. */
export const tensorFlow: ModelText = {
  opset: 15,
  inputs: { x: [-1, 12, 12, 3] },
  outputs: ['y'],
  constants: {
    means: positive(0.4, 0.5, 0.6),
    w: noise(1, 4, 3, 3, 3),
    v: noise(2, 6, 4, 3, 3),
    scale: noise(3, 4),
    bias: noise(4, 6),
    pads: int64(0, 1, 1, 0, 0, 2, 2, 0),
    six: tensorOf('float32', [6], []),
    m: noise(5, 6, 5),
    b: noise(6, 5),
    spatial: int64(1, 2),
  },
  nodes: [
    node('Sub', 'x0', 'x means'),
    node('Pad', 'x1', 'x0 pads'),
    node('Transpose', 't0', 'x1', { perm: [0, 3, 1, 2] }),
    node('Conv', 'c0', 't0 w', { strides: [2, 2], kernel_shape: [3, 3], auto_pad: 'VALID' }),
    node('Transpose', 't1', 'c0', { perm: [0, 2, 3, 1] }),
    node('Mul', 'n0', 't1 scale'),
    node('Relu', 'r0', 'n0'),
    node('Min', 'r1', 'r0 six'),
    node('Transpose', 't2', 'r1', { perm: [0, 3, 1, 2] }),
    node('Conv', 'c1', 't2 v', { strides: [2, 2], kernel_shape: [3, 3], pads: [0, 0, 1, 1] }),
    node('Transpose', 't3', 'c1', { perm: [0, 2, 3, 1] }),
    node('Add', 'a1', 't3 bias'),
    node('Relu', 'r2', 'a1'),
    node('ReduceMean', 'g', 'r2', { axes: [1, 2], keepdims: 1 }),
    node('Squeeze', 'f', 'g spatial'),
    node('MatMul', 'p', 'f m'),
    node('Add', 'l', 'p b'),
    node('Softmax', 'y', 'l', { axis: -1 }),
  ],
}

/** Keras to ONNX with a flattened map: the dense layer reads it with channels last. */
export const flattened: ModelText = {
  opset: 12,
  inputs: { x: ['N', 8, 8, 2] },
  outputs: ['y'],
  constants: { w: noise(1, 3, 2, 3, 3), m: noise(2, 27, 4), b: noise(3, 4), shape: int64(-1, 27) },
  nodes: [
    node('Transpose', 't', 'x', { perm: [0, 3, 1, 2] }),
    node('Conv', 'c', 't w', { strides: [1, 1], kernel_shape: [3, 3] }),
    node('LeakyRelu', 'l', 'c', { alpha: float(0) }),
    node('MaxPool', 'p', 'c', { kernel_shape: [2, 2], strides: [2, 2] }),
    node('Transpose', 'u', 'p', { perm: [0, 2, 3, 1] }),
    node('Reshape', 'f', 'u shape'),
    node('MatMul', 'q', 'f m'),
    node('Add', 'y', 'q b'),
  ],
}
