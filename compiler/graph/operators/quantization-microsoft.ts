// The quantised operators of the domain com.microsoft that ONNX Runtime's quantiser writes.

import { numberOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { leakyRelu, sigmoid } from './activation.ts'
import { add, multiply } from './arithmetic.ts'
import { DecompositionBuilder, decomposed, type Decompose, type DecomposedOperator } from './decomposition.ts'
import { gemm } from './matrix.ts'
import { averagePool, globalAveragePool } from './pooling.ts'
import { dequantizeLinear, quantizeLinear } from './quantization.ts'
import { concat } from './rearrange.ts'
import { where } from './several.ts'
import { flatten, reshape } from './shape.ts'
import { softmax, softmaxAlongOneAxis } from './softmax.ts'
import { axisOf, constraint } from './support.ts'
import { tensorOf } from '../tensor.ts'

const parts: Readonly<Record<string, Operator>> = {
  Add: add,
  AveragePool: averagePool,
  Concat: concat,
  DequantizeLinear: dequantizeLinear,
  Flatten: flatten,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  LeakyRelu: leakyRelu,
  Mul: multiply,
  QuantizeLinear: quantizeLinear,
  Reshape: reshape,
  Sigmoid: sigmoid,
  Softmax: softmax,
  Where: where,
}

const channelsFirst = constraint('channels_last is 0', ({ node }: Call) => numberOf(node, 'channels_last', 0) === 0)

/** A binary operator: a, scale, zero point; b, scale, zero point; the output's scale and zero point. */
function binary(op: 'Add' | 'Mul'): DecomposedOperator {
  const expand: Decompose = ({ node }) => {
    const expander = new DecompositionBuilder(node)
    const result = expander.main(op, [expander.real('a', 0), expander.real('b', 3)])
    return expander.end('QuantizeLinear', [result, expander.input(6), expander.input(7)])
  }
  return decomposed({ summary: `${op} of codes.`, inputs: [7, 8], attributes: {}, constraints: [] }, expand, parts)
}

/** A pool: x, scale, zero point; the output's scale and zero point. */
function pool(op: 'AveragePool' | 'GlobalAveragePool', attributes: Operator['attributes']): DecomposedOperator {
  const expand: Decompose = ({ node }) => {
    const expander = new DecompositionBuilder(node)
    const { channels_last: _, ...own } = node.attributes
    const result = expander.main(op, [expander.real('x', 0)], own)
    return expander.end('QuantizeLinear', [result, expander.input(3), expander.input(4)])
  }
  const own = { ...attributes, channels_last: 'int' } as const
  return decomposed(
    { summary: `${op} of codes.`, inputs: [4, 5], attributes: own, constraints: [channelsFirst] },
    expand,
    parts,
  )
}

/** A unary operator: x, scale, zero point; the output's scale and zero point. */
function unary(op: 'LeakyRelu' | 'Sigmoid', attributes: Operator['attributes']): DecomposedOperator {
  const expand: Decompose = ({ node }) => {
    const expander = new DecompositionBuilder(node)
    const result = expander.main(op, [expander.real('x', 0)], node.attributes)
    return expander.end('QuantizeLinear', [result, expander.input(3), expander.input(4)])
  }
  return decomposed({ summary: `${op} of codes.`, inputs: [4, 5], attributes, constraints: [] }, expand, parts)
}

export const qLinearLeakyRelu = unary('LeakyRelu', leakyRelu.attributes)
export const qLinearSigmoid = unary('Sigmoid', {})
export const qLinearAdd = binary('Add')
export const qLinearMul = binary('Mul')
export const qLinearAveragePool = pool('AveragePool', averagePool.attributes)
export const qLinearGlobalAveragePool = pool('GlobalAveragePool', {})

export const qLinearConcat = decomposed(
  {
    summary: 'Concat of codes: the output’s scale and zero point, then codes, scale and zero point of each part.',
    inputs: [5, Infinity],
    attributes: concat.attributes,
    constraints: [constraint('every part has codes, scale and zero point', ({ node }) => node.inputs.length % 3 === 2)],
  },
  ({ node }) => {
    const expander = new DecompositionBuilder(node)
    const inputs = Array.from({ length: (node.inputs.length - 2) / 3 }, (_, at) => expander.real(`${at}`, 2 + 3 * at))
    const all = expander.main('Concat', inputs, node.attributes)
    return expander.end('QuantizeLinear', [all, expander.input(0), expander.input(1)])
  },
  parts,
)

export const qLinearSoftmax = decomposed(
  {
    summary:
      'Softmax of codes, as defined by the operator set in its attribute: x, scale, zero point; the output’s scale and zero point.',
    inputs: [4, 5],
    attributes: { axis: 'int', opset: 'int' },
    constraints: [
      constraint(
        'axis is within the rank',
        ({ node, types: [type] }) => axisOf(numberOf(node, 'axis', -1), type?.shape.length ?? 0) !== undefined,
      ),
    ],
  },
  ({ node, types: [type] }) => {
    const expander = new DecompositionBuilder(node)
    const axis = numberOf(node, 'axis', -1)
    const x = expander.real('x', 0)
    const last = [expander.input(3), expander.input(4)]
    if (numberOf(node, 'opset', softmaxAlongOneAxis) >= softmaxAlongOneAxis)
      return expander.end('QuantizeLinear', [expander.main('Softmax', [x], { axis }), ...last])
    const shape = type?.shape ?? []
    const rows = expander.main('Softmax', [expander.add('matrix', 'Flatten', [x], { axis })], { axis: -1 })
    const list = expander.constant('shape', tensorOf('int64', shape, [shape.length]))
    return expander.end('QuantizeLinear', [expander.add('shares', 'Reshape', [rows, list], { allowzero: 1 }), ...last])
  },
  parts,
)

export const qLinearWhere = decomposed(
  {
    summary:
      'Where of codes: the condition; two values with scale and zero point each; the output’s scale and zero point.',
    inputs: [8, 9],
    attributes: {},
    constraints: [],
  },
  ({ node }) => {
    const expander = new DecompositionBuilder(node)
    const chosen = expander.main('Where', [expander.input(0), expander.real('x', 1), expander.real('y', 4)])
    return expander.end('QuantizeLinear', [chosen, expander.input(7), expander.input(8)])
  },
  parts,
)

export const qGemm = decomposed(
  {
    summary:
      'Gemm of codes: a and b with scale and zero point, int32 c, the output’s scale and zero point or none for floats.',
    inputs: [6, 9],
    attributes: { alpha: 'float', transA: 'int', transB: 'int' },
    constraints: [],
  },
  ({ node, types }) => {
    const expander = new DecompositionBuilder(node)
    const columns = numberOf(node, 'transB', 0) === 0 ? 1 : 0
    const inputs = [expander.real('a', 0), expander.real('b', 3, columns)]
    if (expander.input(6) !== '') {
      const alpha = expander.constant('alpha', tensorOf('float32', [numberOf(node, 'alpha', 1)], []))
      const product = expander.add('scales', 'Mul', [expander.input(1), expander.input(4)])
      const scale = expander.add('biasScale', 'Mul', [product, alpha])
      const axis = (types[6]?.shape.length ?? 1) - 1
      inputs.push(expander.add('c', 'DequantizeLinear', [expander.input(6), scale], { axis }))
    }
    if (expander.input(7) === '') return expander.end('Gemm', inputs, node.attributes)
    const sum = expander.main('Gemm', inputs, node.attributes)
    return expander.end('QuantizeLinear', [sum, expander.input(7), expander.input(8)])
  },
  parts,
)
