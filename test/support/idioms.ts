// How exporters write small networks: each idiom as its framework writes it, and the operators that must remain after simplification.

import type { NodeProto } from '../../compiler/onnx/generated/onnx_pb.ts'
import { type Tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { int64, type ModelText, node, noise, scalar } from './onnx-model.ts'

export interface Idiom {
  readonly framework: string
  /** the source in the framework, and how it is exported */
  readonly name: string
  readonly model: ModelText
  /** operators after simplification, in their order; absent if the idiom is refused */
  readonly left?: string
  /** part of the message with which it is refused */
  readonly refused?: string
}

const image = ['batch', 4, 12, 12] as const
const last = [-1, 12, 12, 4] as const
const float = (value: number) => ({ float: value })
const number = (value: number) => tensorOf('float32', [value], [])
const list = (...values: readonly number[]) => tensorOf('float32', values, [values.length])
const toFirst = { perm: [0, 3, 1, 2] }
const toLast = { perm: [0, 2, 3, 1] }
const window = { dilations: [1, 1], group: 1, kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] }
const halving = { kernel_shape: [2, 2], strides: [2, 2] }

interface Own {
  readonly constants?: Readonly<Record<string, Tensor>>
  readonly shape?: readonly (number | string)[]
  readonly opset?: number
  readonly outputs?: readonly string[]
  readonly functions?: ModelText['functions']
}

function model(nodes: readonly NodeProto[], own: Own = {}): ModelText {
  const { constants = {}, shape = image, opset = 13, outputs = ['y'], functions } = own
  const weights = { w: noise(1, 6, 4, 3, 3), b: noise(2, 6), v: noise(3, 5, 6, 3, 3) }
  const read = new Set([...nodes, ...(functions ?? []).flatMap((each) => each.nodes)].flatMap(({ input }) => input))
  const used = { ...Object.fromEntries(Object.entries(weights).filter(([name]) => read.has(name))), ...constants }
  return { opset, inputs: { x: shape }, outputs, constants: used, nodes, ...(functions && { functions }) }
}

/** A constant as a node, as PyTorch's exporter writes every number. */
const constant = (name: string, value: Tensor) => node('Constant', name, '', { value })

/** `name = of.size(axis)` */
const extent = (name: string, of: string, axis: number): NodeProto[] => [
  node('Shape', `${name}_shape`, of),
  constant(`${name}_axis`, scalar(axis)),
  node('Gather', name, `${name}_shape ${name}_axis`, { axis: 0 }),
]

/** Values of one number each, joined to a list, as operator sets before 13 write it. */
const listed = (name: string, ...values: readonly string[]): NodeProto[] => [
  ...values.map((value) => node('Unsqueeze', `${name}_${value}`, value, { axes: [0] })),
  node('Concat', name, values.map((value) => `${name}_${value}`).join(' '), { axis: 0 }),
]

const normal = { scale: noise(4, 6), shift: noise(5, 6), mean: noise(6, 6), variance: list(1, 0.5, 2, 1, 1.5, 0.7) }
const batchNorm = (output: string, input: string, attributes = {}) =>
  node('BatchNormalization', output, `${input} scale shift mean variance`, {
    epsilon: float(1e-5),
    momentum: float(0.9),
    ...attributes,
  })

const torchScript: readonly Omit<Idiom, 'framework'>[] = [
  {
    name: '`x.view(x.size(0), -1)` before a linear layer',
    model: model(
      [
        node('Conv', 'c', 'x w b', window),
        ...extent('n', 'c', 0),
        constant('rest', scalar(-1)),
        ...listed('shape', 'n', 'rest'),
        node('Reshape', 'f', 'c shape'),
        node('Gemm', 'y', 'f fw fb', { alpha: float(1), beta: float(1), transB: 1 }),
      ],
      { opset: 11, constants: { fw: noise(7, 3, 864), fb: noise(8, 3) } },
    ),
    left: 'Conv Flatten Gemm',
  },
  {
    name: '`torch.flatten(x, 1)` after adaptive average pooling to 1×1',
    model: model(
      [
        node('Conv', 'c', 'x w b', window),
        node('GlobalAveragePool', 'p', 'c'),
        node('Flatten', 'f', 'p', { axis: 1 }),
        node('Gemm', 'y', 'f fw', { transB: 1 }),
      ],
      { constants: { fw: noise(7, 3, 6) } },
    ),
    left: 'Conv GlobalAveragePool Flatten Gemm',
  },
  {
    name: '`x.mean([2, 3])`',
    model: model(
      [
        node('Conv', 'c', 'x w b', window),
        node('ReduceMean', 'm', 'c', { axes: [2, 3], keepdims: 0 }),
        node('Gemm', 'y', 'm fw', { transB: 1 }),
      ],
      { opset: 11, constants: { fw: noise(7, 3, 6) } },
    ),
    left: 'Conv GlobalAveragePool Flatten Gemm',
  },
  {
    name: 'a channel shuffle: view, transpose(1, 2), view, with sizes taken from the map',
    model: model(
      [
        node('Conv', 'c', 'x w b', window),
        ...['n', 'channels', 'height', 'width'].flatMap((name, axis) => extent(name, 'c', axis)),
        constant('two', scalar(2)),
        node('Div', 'each', 'channels two'),
        ...listed('groups', 'n', 'two', 'each', 'height', 'width'),
        node('Reshape', 'g', 'c groups'),
        node('Transpose', 't', 'g', { perm: [0, 2, 1, 3, 4] }),
        constant('rest', scalar(-1)),
        ...listed('whole', 'n', 'rest', 'height', 'width'),
        node('Reshape', 's', 't whole'),
        node('Conv', 'y', 's v', window),
      ],
      { opset: 11 },
    ),
    left: 'Conv Reshape Transpose Reshape Conv',
  },
  {
    name: '`a, b = x.chunk(2, dim=1)` and `torch.cat([b, a], dim=1)`',
    model: model(
      [
        node('Conv', 'c', 'x w b', window),
        node('Split', 'lower upper', 'c', { axis: 1, split: [3, 3] }),
        node('Concat', 'j', 'upper lower', { axis: 1 }),
        node('Conv', 'y', 'j v', window),
      ],
      { opset: 11 },
    ),
    left: 'Conv Split Concat Conv',
  },
  {
    name: '`x[:, [2, 1, 0, 3]]`: channels in another order',
    model: model([
      constant('order', int64(2, 1, 0, 3)),
      node('Gather', 'g', 'x order', { axis: 1 }),
      node('Conv', 'y', 'g w b', window),
    ]),
    left: 'Gather Conv',
  },
  {
    name: '`torch.cat([x[:, 0].unsqueeze(1) * s + t, …], 1)`: an image normalised channel by channel',
    model: model(
      [
        ...[0, 1, 2, 3].flatMap((at) => [
          constant(`at${at}`, scalar(at)),
          node('Gather', `one${at}`, `x at${at}`, { axis: 1 }),
          node('Unsqueeze', `map${at}`, `one${at}`, { axes: [1] }),
          constant(`scale${at}`, number(0.5 + at / 8)),
          node('Mul', `scaled${at}`, `map${at} scale${at}`),
          constant(`shift${at}`, number(at / 4 - 0.3)),
          node('Add', `moved${at}`, `scaled${at} shift${at}`),
        ]),
        node('Concat', 'all', 'moved0 moved1 moved2 moved3', { axis: 1 }),
        node('Conv', 'y', 'all w b', window),
      ],
      { opset: 11 },
    ),
    left: 'Slice Conv Slice Conv Slice Conv Slice Conv Concat Conv',
  },
  {
    name: '`F.pad(x, (1, 0, 1, 0))` of operator set 11: pads reordered by six nodes',
    model: model(
      [
        constant('given', int64(1, 0, 1, 0)),
        node('ConstantOfShape', 'none', 'four', { value: int64(0) }),
        node('Concat', 'eight', 'given none', { axis: 0 }),
        constant('pairs', int64(-1, 2)),
        node('Reshape', 'matrix', 'eight pairs'),
        ...[
          ['from', -1],
          ['to', -9223372036854775000],
          ['zero', 0],
          ['back', -1],
        ].map(([name, value]) => constant(String(name), int64(Number(value)))),
        node('Slice', 'turned', 'matrix from to zero back'),
        node('Transpose', 'columns', 'turned', { perm: [1, 0] }),
        constant('flat', int64(-1)),
        node('Reshape', 'row', 'columns flat'),
        node('Cast', 'pads', 'row', { to: 7 }),
        constant('border', number(0)),
        node('Pad', 'p', 'x pads border', { mode: 'constant' }),
        node('Conv', 'y', 'p w b', { ...window, pads: [0, 0, 0, 0] }),
      ],
      { opset: 11, constants: { four: int64(4) } },
    ),
    left: 'Conv',
  },
  {
    name: '`F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=float("-inf")), 3, 2)`',
    model: model([
      node('Conv', 'c', 'x w b', window),
      constant('pads', int64(0, 0, 0, 0, 0, 0, 1, 1)),
      constant('low', number(-Infinity)),
      node('Pad', 'p', 'c pads low', { mode: 'constant' }),
      node('MaxPool', 'y', 'p', { kernel_shape: [3, 3], strides: [2, 2] }),
    ]),
    left: 'Conv MaxPool',
  },
  {
    name: '`x.squeeze(2).squeeze(2)`: an If on the extent of the axis',
    model: model(
      [
        node('Conv', 'c', 'x w b', window),
        node('GlobalAveragePool', 'p', 'c'),
        ...extent('h', 'p', 2),
        constant('one', scalar(1)),
        node('Equal', 'isOne', 'h one'),
        node('If', 's', 'isOne', {
          then_branch: { branch: { nodes: [node('Squeeze', 'inner', 'p spatial')], outputs: ['inner'] } },
          else_branch: { branch: { nodes: [node('Identity', 'same', 'p')], outputs: ['same'] } },
        }),
        node('Gemm', 'y', 's fw', { transB: 1 }),
      ],
      { constants: { spatial: int64(2, 3), fw: noise(7, 3, 6) } },
    ),
    left: 'Conv GlobalAveragePool Flatten Gemm',
  },
  {
    name: '`self.shift.expand_as(x) + x` and `torch.ones_like(x) * 0.5`: constants as large as the map',
    model: model(
      [
        node('Conv', 'c', 'x w b', window),
        node('Shape', 's', 'c'),
        node('Expand', 'wide', 'shift s'),
        node('Add', 'a', 'c wide'),
        node('ConstantOfShape', 'ones', 's', { value: list(1) }),
        constant('half', number(0.5)),
        node('Mul', 'halves', 'ones half'),
        node('Mul', 'y', 'a halves'),
      ],
      { constants: { shift: noise(7, 6, 1, 1) } },
    ),
    left: 'Conv',
  },
  {
    name: 'a grey image as four channels, `x.expand(-1, 4, -1, -1)`: sizes chosen by Equal and Where',
    model: model(
      [
        constant('asked', int64(-1, 4, -1, -1)),
        constant('four', int64(4)),
        node('ConstantOfShape', 'ones', 'four', { value: int64(1) }),
        constant('minus', scalar(-1)),
        node('Mul', 'negative', 'ones minus'),
        node('Equal', 'kept', 'asked negative'),
        node('Where', 'shape', 'kept ones asked'),
        node('Expand', 'e', 'x shape'),
        node('Conv', 'y', 'e w b', window),
      ],
      { opset: 11, shape: ['batch', 1, 12, 12] },
    ),
    left: 'Gather Conv',
  },
  {
    name: 'ReLU6 and Hardtanh: Clip with bounds as nodes',
    model: model([
      node('Conv', 'c', 'x w b', window),
      constant('low', number(0)),
      constant('high', number(6)),
      node('Clip', 'y', 'c low high'),
    ]),
    left: 'Conv Clip',
  },
  {
    name: 'Dropout and batch norms of a model in evaluation',
    model: model([node('Conv', 'c', 'x w b', window), batchNorm('n', 'c'), node('Relu', 'r', 'n'), constant('ratio', number(0.5)), constant('training', tensorOf('bool', [0], [])), node('Dropout', 'd mask', 'r ratio training'), node('Conv', 'y', 'd v', window)], { constants: normal }), // prettier-ignore
    left: 'Conv Relu Conv',
  },
  {
    name: '`F.pad(x, (1, 1, 1, 1), mode="reflect")`',
    model: model([
      constant('pads', int64(0, 0, 1, 1, 0, 0, 1, 1)),
      node('Pad', 'p', 'x pads', { mode: 'reflect' }),
      node('Conv', 'y', 'p w b'),
    ]),
    refused: 'train with zero padding, or let the host pad the image',
  },
]

const dynamo: readonly Omit<Idiom, 'framework'>[] = [
  {
    name: 'modules as functions of the model',
    model: model([node('pkg.test::Block', 'y', 'x w b', { strides: [2, 2] })], {
      opset: 18,
      functions: [
        {
          name: 'Block',
          inputs: ['v', 'w', 'b'],
          outputs: ['r'],
          attributes: ['strides'],
          nodes: [node('Conv', 'c', 'v w b', { ...window, strides: { ref: 'strides' } }), node('Relu', 'r', 'c')],
        },
      ],
    }),
    left: 'Conv Relu',
  },
  {
    name: '`x.mean((-1, -2), keepdim=True)` with axes as an input, and `view` with a constant shape',
    model: model(
      [
        node('Conv', 'c', 'x w b', window),
        node('ReduceMean', 'm', 'c axes', { keepdims: 1, noop_with_empty_axes: 0 }),
        node('Reshape', 'f', 'm shape', { allowzero: 1 }),
        node('Gemm', 'y', 'f fw', { transB: 1 }),
      ],
      { opset: 18, constants: { axes: int64(-1, -2), shape: int64(1, 6), fw: noise(7, 3, 6) } },
    ),
    left: 'Conv GlobalAveragePool Flatten Gemm',
  },
  {
    name: 'a linear layer as Transpose of the weights, MatMul and Add',
    model: model([node('Conv', 'c', 'x w b', window), node('GlobalAveragePool', 'p', 'c'), node('Reshape', 'f', 'p shape'), node('Transpose', 't', 'fw', { perm: [1, 0] }), node('MatMul', 'm', 'f t'), node('Add', 'y', 'm fb')], { opset: 18, constants: { shape: int64(1, 6), fw: noise(7, 3, 6), fb: noise(8, 3) } }), // prettier-ignore
    left: 'Conv GlobalAveragePool Flatten Gemm',
  },
  {
    name: '`x.split(3, dim=1)` as a sequence whose parts are read',
    model: model([node('Conv', 'c', 'x w b', window), constant('three', scalar(3)), node('SplitToSequence', 's', 'c three', { axis: 1, keepdims: 1 }), constant('first', scalar(0)), node('SequenceAt', 'p', 's first'), constant('second', scalar(1)), node('SequenceAt', 'q', 's second'), node('Concat', 'j', 'q p', { axis: 1 }), node('Conv', 'y', 'j v', window)], { opset: 18 }), // prettier-ignore
    left: 'Conv Slice Slice Concat Conv',
  },
  {
    name: '`torch.clamp(x, 0, 6)`: bounds cast to the type of the map',
    model: model([node('Conv', 'c', 'x w b', window), constant('low', scalar(0)), constant('high', scalar(6)), node('CastLike', 'l', 'low c'), node('CastLike', 'h', 'high c'), node('Clip', 'y', 'c l h')], { opset: 18 }), // prettier-ignore
    left: 'Conv Clip',
  },
  {
    name: '`reshape` with a concatenated shape, `expand` to the same shape',
    model: model([node('Conv', 'c', 'x w b', window), node('Shape', 'n', 'c', { start: 0, end: 1 }), constant('rest', int64(-1)), node('Concat', 'shape', 'n rest', { axis: 0 }), node('Reshape', 'f', 'c shape'), node('Shape', 'same', 'f'), node('Expand', 'e', 'f same'), node('Gemm', 'y', 'e fw', { transB: 1 })], { opset: 18, constants: { fw: noise(7, 3, 864) } }), // prettier-ignore
    left: 'Conv Flatten Gemm',
  },
]

const keras: readonly Omit<Idiom, 'framework'>[] = [
  {
    name: 'images with channels last: a Transpose around every convolution',
    model: model([node('Transpose', 't0', 'x', toFirst), node('Conv', 'c0', 't0 w'), node('Transpose', 't1', 'c0', toLast), node('Add', 'a', 't1 b'), node('Relu', 'r', 'a'), node('Transpose', 't2', 'r', toFirst), node('Conv', 'c1', 't2 v'), node('Transpose', 't3', 'c1', toLast), node('ReduceMean', 'm', 't3', { axes: [1, 2], keepdims: 0 }), node('MatMul', 'y', 'm fw')], { shape: last, constants: { fw: noise(7, 5, 3) } }), // prettier-ignore
    left: 'Conv Relu Conv GlobalAveragePool Flatten Gemm',
  },
  {
    name: '`ZeroPadding2D` before a convolution or an average pool without padding',
    model: model([node('Pad', 'p', 'x pads'), node('Transpose', 't0', 'p', toFirst), node('Conv', 'c', 't0 w', { auto_pad: 'VALID', strides: [2, 2] }), node('Pad', 'q', 'c more'), node('AveragePool', 'a', 'q', halving), node('GlobalAveragePool', 'y', 'a')], { shape: last, constants: { pads: int64(0, 0, 0, 0, 0, 1, 1, 0), more: int64(0, 0, 1, 1, 0, 0, 0, 0) } }), // prettier-ignore
    left: 'Conv AveragePool GlobalAveragePool',
  },
  {
    name: '`Cropping2D`: a Pad with negative widths',
    model: model(
      [
        node('Transpose', 't0', 'x', toFirst),
        node('Conv', 'c', 't0 w', window),
        node('Pad', 'p', 'c pads'),
        node('Conv', 'y', 'p v', window),
      ],
      { shape: last, constants: { pads: int64(0, 0, -1, -1, 0, 0, -1, -2) } },
    ),
    left: 'Conv Slice Conv',
  },
  {
    name: '`Flatten` before `Dense`: the shape cast, sliced and packed',
    model: model(
      [
        node('Transpose', 't0', 'x', toFirst),
        node('Conv', 'c', 't0 w', window),
        node('Transpose', 't1', 'c', toLast),
        node('Shape', 's', 't1'),
        node('Cast', 's32', 's', { to: 6 }),
        node('Slice', 'n', 's32 zero one zero'),
        node('Squeeze', 'n0', 'n zero'),
        node('Unsqueeze', 'n1', 'n0 zero'),
        node('Concat', 'list', 'n1 minus', { axis: 0 }),
        node('Cast', 'shape', 'list', { to: 7 }),
        node('Reshape', 'f', 't1 shape'),
        node('MatMul', 'y', 'f fw'),
      ],
      {
        shape: last,
        constants: { zero: int64(0), one: int64(1), minus: tensorOf('int32', [-1], [1]), fw: noise(7, 864, 3) },
      },
    ),
    left: 'Conv Flatten Gemm',
  },
  {
    name: '`ReLU(6)` as Relu and Min, `Softmax` at the end',
    model: model([node('Transpose', 't0', 'x', toFirst), node('Conv', 'c', 't0 w', window), node('Relu', 'r', 'c'), node('Min', 'm', 'r six'), node('GlobalAveragePool', 'p', 'm'), node('Squeeze', 'f', 'p spatial'), node('MatMul', 'l', 'f fw'), node('Softmax', 'y', 'l', { axis: -1 })], { shape: last, constants: { six: number(6), spatial: int64(2, 3), fw: noise(7, 6, 3) } }), // prettier-ignore
    left: 'Conv Relu Clip GlobalAveragePool Flatten Gemm',
  },
  {
    name: '`x[..., ::-1]`: the channels of the image reversed',
    model: model(
      [
        node('Slice', 'bgr', 'x from to axis step'),
        node('Transpose', 't0', 'bgr', toFirst),
        node('Conv', 'y', 't0 w b', window),
      ],
      { shape: last, constants: { from: int64(-1), to: int64(-99), axis: int64(3), step: int64(-1) } },
    ),
    left: 'Slice Conv',
  },
]

const mxnet: readonly Omit<Idiom, 'framework'>[] = [
  {
    name: 'batch norms with spatial=1, Pad as an attribute, pools that count their padding',
    model: model([node('Pad', 'p', 'x', { mode: 'constant', pads: [0, 0, 1, 1, 0, 0, 1, 1], value: float(0) }), node('Conv', 'c', 'p w b', { ...window, pads: [0, 0, 0, 0] }), batchNorm('n', 'c', { spatial: 1 }), node('Relu', 'r', 'n'), node('AveragePool', 'y', 'r', { ...halving, pads: [0, 0, 0, 0], count_include_pad: 1 })], { opset: 8, constants: normal }), // prettier-ignore
    left: 'Conv Relu AveragePool',
  },
  {
    name: '`FullyConnected` as Flatten and Gemm, `SoftmaxOutput` as Softmax of all axes from 1 on',
    model: model([node('Conv', 'c', 'x w b', window), node('GlobalAveragePool', 'p', 'c'), node('Flatten', 'f', 'p'), node('Gemm', 'g', 'f fw fb', { alpha: float(1), beta: float(1), transA: 0, transB: 1 }), node('Softmax', 'y', 'g', { axis: 1 })], { opset: 8, constants: { fw: noise(7, 600, 6), fb: noise(8, 600) } }), // prettier-ignore
    left: 'Conv GlobalAveragePool Flatten Gemm',
  },
  {
    name: 'a classifier without Flatten: Softmax of a map of one pixel',
    model: model(
      [
        node('Conv', 'c', 'x w b', window),
        node('GlobalAveragePool', 'p', 'c'),
        node('Conv', 'l', 'p m'),
        node('Softmax', 'y', 'l', { axis: 1 }),
      ],
      { opset: 8, constants: { m: noise(7, 600, 6, 1, 1) } },
    ),
    left: 'Conv GlobalAveragePool Conv',
  },
  {
    name: '`LeakyReLU(act_type="prelu")` and scalars of shape [1]',
    model: model([node('Conv', 'c', 'x w b', window), node('Mul', 'm', 'c half'), node('PRelu', 'y', 'm slope')], {
      opset: 8,
      constants: { half: list(0.5), slope: tensorOf('float32', [0.1, 0.2, 0.3, 0.1, 0.2, 0.3], [6, 1, 1]) },
    }),
    left: 'Conv PRelu',
  },
]

const paddle: readonly Omit<Idiom, 'framework'>[] = [
  {
    name: '`flatten(start_axis=1)`: the shape sliced and joined with -1',
    model: model([node('Conv', 'c', 'x w b', window), node('Shape', 's', 'c'), constant('zero', int64(0)), constant('one', int64(1)), node('Slice', 'n', 's zero one'), constant('rest', int64(-1)), node('Concat', 'shape', 'n rest', { axis: 0 }), node('Reshape', 'f', 'c shape'), node('MatMul', 'm', 'f fw'), node('Add', 'y', 'm fb')], { opset: 11, constants: { fw: noise(7, 864, 3), fb: noise(8, 3) } }), // prettier-ignore
    left: 'Conv Flatten Gemm',
  },
  {
    name: '`scale` and `relu6`: Mul, Add and Clip with bounds that are cast',
    model: model([constant('factor', number(0.5)), constant('offset', number(-1)), node('Mul', 'm', 'x factor'), node('Add', 'a', 'm offset'), node('Conv', 'c', 'a w b', { ...window, pads: [0, 0, 0, 0] }), constant('low', tensorOf('int32', [0], [])), constant('high', tensorOf('int32', [6], [])), node('Cast', 'l', 'low', { to: 1 }), node('Cast', 'h', 'high', { to: 1 }), node('Clip', 'y', 'c l h')], { opset: 11 }), // prettier-ignore
    left: 'Conv Conv Clip',
  },
  {
    name: 'a bias that is reshaped and added separately',
    model: model(
      [
        node('Conv', 'c', 'x w', window),
        constant('four', int64(1, -1, 1, 1)),
        node('Reshape', 'wide', 'b four'),
        node('Add', 'y', 'c wide'),
      ],
      { opset: 11 },
    ),
    left: 'Conv',
  },
  {
    name: '`adaptive_avg_pool2d(1)`, `squeeze`, and Softmax at the end',
    model: model([node('Conv', 'c', 'x w b', window), node('GlobalAveragePool', 'p', 'c'), node('Squeeze', 'f', 'p', { axes: [2, 3] }), node('MatMul', 'm', 'f fw'), node('Softmax', 'y', 'm', { axis: -1 })], { opset: 11, constants: { fw: noise(7, 6, 3) } }), // prettier-ignore
    left: 'Conv GlobalAveragePool Flatten Gemm',
  },
  {
    name: '`hard_swish` of older versions: x · clip(x + 3, 0, 6) / 6',
    model: model([node('Conv', 'c', 'x w b', window), node('Add', 'a', 'c three'), node('Clip', 'g', 'a low six'), node('Mul', 'm', 'c g'), node('Div', 'y', 'm six')], { opset: 11, constants: { three: number(3), low: number(0), six: number(6) } }), // prettier-ignore
    refused: 'one factor is constant',
  },
]

const sklearn: readonly Omit<Idiom, 'framework'>[] = [
  {
    name: '`MLPRegressor` with an input of one pixel that is reshaped to rows of features',
    model: model([node('Reshape', 'row', 'x two'), node('Cast', 'c', 'row', { to: 1 }), node('MatMul', 'm', 'c fw'), node('Add', 'a', 'm fb'), node('Relu', 'r', 'a'), node('MatMul', 'n', 'r gw'), node('Add', 'y', 'n gb')], { shape: [-1, 8, 1, 1], constants: { two: int64(-1, 8), fw: noise(7, 8, 6), fb: noise(8, 1, 6), gw: noise(9, 6, 1), gb: noise(10, 1, 1) } }), // prettier-ignore
    left: 'Flatten Gemm Relu Gemm',
  },
  {
    name: '`MLPRegressor`: Cast, and MatMul, Add and Relu for each layer, over rows of features',
    model: model([node('Cast', 'c', 'x', { to: 1 }), node('MatMul', 'm', 'c fw'), node('Add', 'a', 'm fb'), node('Relu', 'r', 'a'), node('MatMul', 'n', 'r gw'), node('Add', 'y', 'n gb')], { shape: [-1, 8], constants: { fw: noise(7, 8, 6), fb: noise(8, 1, 6), gw: noise(9, 6, 1), gb: noise(10, 1, 1) } }), // prettier-ignore
    refused: 'leave a first Reshape to the host, or add axes of 1, such as [1,8,1,1]',
  },
  {
    name: '`MLPClassifier` with its label: ArgMax, ArrayFeatureExtractor, ZipMap',
    model: model([node('MatMul', 'm', 'x fw'), node('Softmax', 'p', 'm'), node('ai.onnx.ml::ZipMap', 'y', 'p', {})], {
      shape: [-1, 8],
      constants: { fw: noise(7, 8, 3) },
    }),
    refused: 'leave labels to the host: convert with zipmap=False, and end the model at the scores',
  },
]

const of = (framework: string, all: readonly Omit<Idiom, 'framework'>[]): Idiom[] =>
  all.map((each) => ({ framework, ...each }))

export const idioms: readonly Idiom[] = [
  ...of('PyTorch, TorchScript exporter', torchScript),
  ...of('PyTorch, dynamo exporter', dynamo),
  ...of('Keras, tf2onnx', keras),
  ...of('MXNet', mxnet),
  ...of('PaddlePaddle, paddle2onnx', paddle),
  ...of('scikit-learn, skl2onnx', sklearn),
]
