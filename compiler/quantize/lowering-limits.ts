// What a layer can hold: for each operator that is lowered, what it must be beyond its float meaning.

const constants = ['constant weights', 'a constant bias'] as const
const vector = ['a flat vector, or groups of channels'] as const
const channels = ['channels, axis 1'] as const
const perChannel = ['one number, or one per channel'] as const

/** The limits of each rule of `fuse-node.ts`, in the words of its error messages: `refusal` quotes nothing else. */
export const loweringLimits = {
  Conv: constants,
  Gemm: ['transA = 0', ...constants],
  Add: ['inputs of one shape, or a constant per channel', ...perChannel],
  Sub: ['inputs of one shape, or a constant per channel', ...perChannel],
  Mul: ['a constant per channel', 'finite factors', ...perChannel],
  Div: ['a constant per channel', 'finite factors', ...perChannel],
  BatchNormalization: ['constant parameters', 'finite factors'],
  Relu: [],
  LeakyRelu: [],
  PRelu: ['a constant slope', ...perChannel],
  HardSigmoid: [],
  Clip: [],
  MaxPool: ['dilations 1', 'one output'],
  AveragePool: ['no padding, or count_include_pad = 1'],
  GlobalAveragePool: [],
  Flatten: vector,
  Reshape: vector,
  Slice: ['positive steps', 'a map'],
  Pad: ['zeros around channels and pixels'],
  Concat: [...channels, 'computed maps'],
  Split: channels,
  Transpose: ['groups of channels: [1, groups, channels, height, width] by 0,2,1,3,4'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** An operator that a layer can hold. */
export type LoweredOperator = keyof typeof loweringLimits

/** A sentence of the table. */
export type LoweringLimit = (typeof loweringLimits)[LoweredOperator][number]

const noTable =
  'a layer ends with a clamp and has no table of values: train with Relu, Clip, LeakyRelu or HardSigmoid instead'
const noProduct = 'weights are constants: two maps are added or concatenated, not multiplied'

/** Operators that no layer holds, with what may be done instead. */
export const refusedOperators: Readonly<Record<string, string>> = {
  Sigmoid: noTable,
  Tanh: noTable,
  Elu: noTable,
  Mish: noTable,
  Softplus: noTable,
  HardSwish: `${noTable}; it also multiplies two maps`,
  Softmax: 'let the host do it, behind the last layer',
  Pow: noProduct,
  ConvTranspose: 'replace it by a convolution behind an Add of padded maps, or cut the model before it',
  Resize: 'cut the model before it and resize on the host',
}
