// What a layer can hold: the constraints of each operator that is lowered, in addition to those of its float meaning, one sentence each.

const constants = ['the weights are constant', 'the bias is constant'] as const
const vector = ['the result is a flat vector, or groups of channels of the same rows and columns'] as const
const perChannel = ['a constant operand is one number, or one for each channel'] as const

/** The constraints of each rule of the fuser (`fuse-node.ts`), as its messages state them: `loweringError` quotes nothing else. */
export const loweringConstraints = {
  Conv: constants,
  Gemm: ['transA is 0', ...constants],
  Add: ['both inputs have one shape, or one of them is constant', ...perChannel],
  Sub: ['both inputs have one shape, or one of them is constant', ...perChannel],
  Mul: ['one factor is constant', 'what each channel is multiplied by is finite', ...perChannel],
  Div: ['the divisor is constant', 'what each channel is multiplied by is finite', ...perChannel],
  BatchNormalization: ['scale, shift, mean and variance are constant', 'what each channel is multiplied by is finite'],
  Relu: [],
  LeakyRelu: [],
  PRelu: ['the slope is constant', ...perChannel],
  HardSigmoid: [],
  Clip: [],
  MaxPool: ['dilations are 1', 'only the first output is read'],
  AveragePool: ['no window reaches into padding, unless count_include_pad is 1 and pads declare it'],
  GlobalAveragePool: [],
  Flatten: vector,
  Reshape: vector,
  Slice: ['steps over rows and columns are positive', 'the input is a map, not a global average'],
  Gather: ['the indices are a constant list', 'the axis is that of channels, unless the indices are evenly spaced'],
  Pad: ['zeros are added to channels, rows and columns, and nothing is cut off'],
  Concat: [
    'the axis is that of channels, rows or columns',
    'no part is constant',
    'along rows or columns, at most 4 parts meet',
  ],
  Split: ['the axis is that of channels, rows or columns'],
  Transpose: [
    'it orders groups of channels, [1, groups, channels, height, width] by 0,2,1,3,4, or only axes of extent 1',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** An operator that a layer can hold. */
export type LoweredOperator = keyof typeof loweringConstraints

/** A sentence of the table. */
export type LoweringConstraint = (typeof loweringConstraints)[LoweredOperator][number]

const noTable =
  'a layer ends with a clamp and has no table of values: train with Relu, Clip, LeakyRelu or HardSigmoid instead'
const noProduct = 'weights are constants: two maps are added or concatenated, not multiplied'

/** Operators that no layer can hold, with what can be done instead. */
export const refusedOperators: Readonly<Record<string, string>> = {
  Sigmoid: noTable,
  Tanh: noTable,
  Elu: noTable,
  Mish: noTable,
  Softplus: noTable,
  HardSwish: `${noTable}; it also multiplies two maps`,
  Softmax: 'let the host do it, behind the last layer',
  LogSoftmax: 'let the host do it, behind the last layer',
  Pow: noProduct,
  MatMul:
    'a layer multiplies a vector [1, features] by a constant matrix: reshape to two axes before it, or cut the model',
}
