// The table of operators that the compiler's front knows, by ONNX's names.

import type { Node } from './graph.ts'
import type { Operator } from './operator.ts'
import { clip, relu } from './operators/activation.ts'
import { add, divide, multiply, subtract } from './operators/arithmetic.ts'
import { cast } from './operators/cast.ts'
import { constant, constantOfShape, range } from './operators/constant.ts'
import { convolution } from './operators/convolution.ts'
import { gemm, matMul } from './operators/matrix.ts'
import { batchNormalization } from './operators/normalization.ts'
import { pad } from './operators/pad.ts'
import { averagePool, globalAveragePool, maxPool } from './operators/pooling.ts'
import { concat, expand, gather, transpose } from './operators/rearrange.ts'
import { reduceMean } from './operators/reduce.ts'
import { dropout, flatten, identity, reshape, shape, squeeze, unsqueeze } from './operators/shape.ts'
import { slice } from './operators/slice.ts'

export const operators: Readonly<Record<string, Operator>> = {
  Add: add,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Cast: cast,
  Clip: clip,
  Concat: concat,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Conv: convolution,
  Div: divide,
  Dropout: dropout,
  Expand: expand,
  Flatten: flatten,
  Gather: gather,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  Identity: identity,
  MatMul: matMul,
  MaxPool: maxPool,
  Mul: multiply,
  Pad: pad,
  Range: range,
  ReduceMean: reduceMean,
  Relu: relu,
  Reshape: reshape,
  Shape: shape,
  Slice: slice,
  Squeeze: squeeze,
  Sub: subtract,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
}

/** The operator of a node, or undefined if it is unknown. */
export function operatorOf(node: Node): Operator | undefined {
  return node.domain === undefined && Object.hasOwn(operators, node.op) ? operators[node.op] : undefined
}
