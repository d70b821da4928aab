// The table of operators that the compiler's front knows, by ONNX's names.

import type { Node } from './graph.ts'
import type { Operator } from './operator.ts'
import { clip, relu } from './operators/activation.ts'
import { add, divide, multiply, subtract } from './operators/arithmetic.ts'
import { cast } from './operators/cast.ts'
import { constant, constantOfShape, range } from './operators/constant.ts'
import { convolution } from './operators/convolution.ts'
import { gridDomain, gridQuantize, gridWeights } from './operators/grid.ts'
import { gemm, matMul } from './operators/matrix.ts'
import { batchNormalization } from './operators/normalization.ts'
import { pad } from './operators/pad.ts'
import { averagePool, globalAveragePool, maxPool } from './operators/pooling.ts'
import { convInteger, matMulInteger, qLinearConv, qLinearMatMul } from './operators/quantization-linear.ts'
import {
  qGemm,
  qLinearAdd,
  qLinearAveragePool,
  qLinearConcat,
  qLinearGlobalAveragePool,
  qLinearMul,
} from './operators/quantization-microsoft.ts'
import { bipolarQuant, quant, trunc } from './operators/quantization-qonnx.ts'
import { dequantizeLinear, quantizeLinear } from './operators/quantization.ts'
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
  ConvInteger: convInteger,
  DequantizeLinear: dequantizeLinear,
  Div: divide,
  Dropout: dropout,
  Expand: expand,
  Flatten: flatten,
  Gather: gather,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  Identity: identity,
  MatMul: matMul,
  MatMulInteger: matMulInteger,
  MaxPool: maxPool,
  Mul: multiply,
  Pad: pad,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QuantizeLinear: quantizeLinear,
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

/** Operators of other domains than ONNX's own. */
const otherDomains: Readonly<Record<string, Readonly<Record<string, Operator>>>> = {
  'com.microsoft': {
    DequantizeLinear: dequantizeLinear,
    QGemm: qGemm,
    QLinearAdd: qLinearAdd,
    QLinearAveragePool: qLinearAveragePool,
    QLinearConcat: qLinearConcat,
    QLinearGlobalAveragePool: qLinearGlobalAveragePool,
    QLinearMul: qLinearMul,
    QuantizeLinear: quantizeLinear,
  },
  'qonnx.custom_op.general': { BipolarQuant: bipolarQuant, IntQuant: quant, Quant: quant, Trunc: trunc },
  'onnx.brevitas': { BipolarQuant: bipolarQuant, IntQuant: quant, Quant: quant, Trunc: trunc },
  [gridDomain]: { Quantize: gridQuantize, Weights: gridWeights },
}

/** The operators of a domain, ONNX's own where absent; undefined if nothing of the domain is known. */
export function operatorsOf(domain?: string): Readonly<Record<string, Operator>> | undefined {
  if (domain === undefined) return operators
  return Object.hasOwn(otherDomains, domain) ? otherDomains[domain] : undefined
}

/** The operator of a node, or undefined if it is unknown. */
export function operatorOf(node: Node): Operator | undefined {
  const table = operatorsOf(node.domain)
  return table !== undefined && Object.hasOwn(table, node.op) ? table[node.op] : undefined
}
