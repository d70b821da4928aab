// What a layer can hold: for each operator that is lowered, what it must be beyond its float meaning.

const constants = ['constant weights', 'a constant bias'] as const
const vector = ['a flat vector'] as const
const perChannel = ['one number, or one per channel'] as const

/** The limits of each rule of `fuse-node.ts`, in the words of its error messages: `refusal` quotes nothing else. */
export const loweringLimits = {
  Conv: constants,
  Gemm: ['transA = 0', ...constants],
  Add: ['inputs of one shape, or a constant per channel', ...perChannel],
  Sub: ['inputs of one shape, or a constant per channel', ...perChannel],
  Mul: ['a constant per channel', 'finite factors', ...perChannel],
  Div: ['a constant per channel', 'finite factors', ...perChannel],
  Relu: [],
  Clip: [],
  MaxPool: ['dilations 1', 'one output'],
  AveragePool: ['no padding, or count_include_pad = 1'],
  GlobalAveragePool: [],
  Flatten: vector,
  Reshape: vector,
  Slice: ['spatial starts of 0 and positive steps', 'a map'],
  Pad: ['zeros around channels and pixels'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** An operator that a layer can hold. */
export type LoweredOperator = keyof typeof loweringLimits

/** A sentence of the table. */
export type LoweringLimit = (typeof loweringLimits)[LoweredOperator][number]
