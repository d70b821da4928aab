// The table of operators that the compiler can read, by ONNX's names.

import type { Node } from './graph.ts'
import type { Operator } from './operator.ts'
import * as activation from './operators/activation.ts'
import * as arithmetic from './operators/arithmetic.ts'
import { cast, castLike } from './operators/cast.ts'
import { constant, constantOfShape, range } from './operators/constant.ts'
import { convolution } from './operators/convolution.ts'
import { gridDomain, gridQuantize, gridWeights } from './operators/grid.ts'
import { gemm, matMul } from './operators/matrix.ts'
import { batchNormalization } from './operators/normalization.ts'
import { pad } from './operators/pad.ts'
import { averagePool, globalAveragePool, globalMaxPool, maxPool } from './operators/pooling.ts'
import { convInteger, matMulInteger, qLinearConv, qLinearMatMul } from './operators/quantization-linear.ts'
import {
  qGemm,
  qLinearAdd,
  qLinearAveragePool,
  qLinearConcat,
  qLinearGlobalAveragePool,
  qLinearLeakyRelu,
  qLinearMul,
  qLinearSigmoid,
  qLinearSoftmax,
  qLinearWhere,
} from './operators/quantization-microsoft.ts'
import { bipolarQuant, quant, trunc } from './operators/quantization-qonnx.ts'
import { dequantizeLinear, quantizeLinear } from './operators/quantization.ts'
import { concat, expand, gather, tile, transpose } from './operators/rearrange.ts'
import * as reduce from './operators/reduce.ts'
import * as several from './operators/several.ts'
import { dropout, flatten, identity, reshape, shape, squeeze, unsqueeze } from './operators/shape.ts'
import { slice } from './operators/slice.ts'
import { logSoftmax, softmax } from './operators/softmax.ts'
import { split } from './operators/split.ts'
import * as unary from './operators/unary.ts'

export const operators: Readonly<Record<string, Operator>> = {
  Abs: unary.absolute,
  Add: arithmetic.add,
  And: arithmetic.and,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Cast: cast,
  CastLike: castLike,
  Ceil: unary.ceiling,
  Clip: activation.clip,
  Concat: concat,
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Conv: convolution,
  ConvInteger: convInteger,
  DequantizeLinear: dequantizeLinear,
  Div: arithmetic.divide,
  Dropout: dropout,
  Elu: activation.elu,
  Equal: arithmetic.equal,
  Exp: unary.exponential,
  Expand: expand,
  Flatten: flatten,
  Floor: unary.floor,
  Gather: gather,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
  Greater: arithmetic.greater,
  GreaterOrEqual: arithmetic.greaterOrEqual,
  HardSigmoid: activation.hardSigmoid,
  HardSwish: activation.hardSwish,
  Identity: identity,
  LeakyRelu: activation.leakyRelu,
  Less: arithmetic.less,
  LessOrEqual: arithmetic.lessOrEqual,
  Log: unary.logarithm,
  LogSoftmax: logSoftmax,
  MatMul: matMul,
  MatMulInteger: matMulInteger,
  Max: several.maximum,
  MaxPool: maxPool,
  Min: several.minimum,
  Mish: activation.mish,
  Mod: arithmetic.modulo,
  Mul: arithmetic.multiply,
  Neg: unary.negate,
  Not: unary.not,
  Or: arithmetic.or,
  PRelu: arithmetic.prelu,
  Pad: pad,
  Pow: arithmetic.power,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QuantizeLinear: quantizeLinear,
  Range: range,
  Reciprocal: unary.reciprocal,
  ReduceL1: reduce.reduceL1,
  ReduceL2: reduce.reduceL2,
  ReduceMax: reduce.reduceMaximum,
  ReduceMean: reduce.reduceMean,
  ReduceMin: reduce.reduceMinimum,
  ReduceProd: reduce.reduceProduct,
  ReduceSum: reduce.reduceSum,
  ReduceSumSquare: reduce.reduceSumSquare,
  Relu: activation.relu,
  Reshape: reshape,
  Round: unary.round,
  Shape: shape,
  Sigmoid: activation.sigmoid,
  Sign: unary.sign,
  Size: unary.size,
  Slice: slice,
  Softmax: softmax,
  Softplus: activation.softplus,
  Split: split,
  Sqrt: unary.squareRoot,
  Squeeze: squeeze,
  Sub: arithmetic.subtract,
  Sum: several.sum,
  Tanh: activation.tanh,
  Tile: tile,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
  Where: several.where,
  Xor: arithmetic.exclusiveOr,
}

/** Operators of domains other than ONNX's own. */
const otherDomains: Readonly<Record<string, Readonly<Record<string, Operator>>>> = {
  'com.microsoft': {
    DequantizeLinear: dequantizeLinear,
    QGemm: qGemm,
    QLinearAdd: qLinearAdd,
    QLinearAveragePool: qLinearAveragePool,
    QLinearConcat: qLinearConcat,
    QLinearGlobalAveragePool: qLinearGlobalAveragePool,
    QLinearLeakyRelu: qLinearLeakyRelu,
    QLinearMul: qLinearMul,
    QLinearSigmoid: qLinearSigmoid,
    QLinearSoftmax: qLinearSoftmax,
    QLinearWhere: qLinearWhere,
    QuantizeLinear: quantizeLinear,
  },
  'qonnx.custom_op.general': { BipolarQuant: bipolarQuant, IntQuant: quant, Quant: quant, Trunc: trunc },
  'onnx.brevitas': { BipolarQuant: bipolarQuant, IntQuant: quant, Quant: quant, Trunc: trunc },
  [gridDomain]: { Quantize: gridQuantize, Weights: gridWeights },
}

/** The operators of a domain, by default ONNX's own; undefined if the domain is unknown. */
export function operatorsOf(domain?: string): Readonly<Record<string, Operator>> | undefined {
  if (domain === undefined) return operators
  return Object.hasOwn(otherDomains, domain) ? otherDomains[domain] : undefined
}

/** The operator of a node, or undefined if it is unknown. */
export function operatorOf(node: Node): Operator | undefined {
  const table = operatorsOf(node.domain)
  return table !== undefined && Object.hasOwn(table, node.op) ? table[node.op] : undefined
}
