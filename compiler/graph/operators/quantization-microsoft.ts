// The operators on codes of the domain com.microsoft that ONNX Runtime's quantiser writes.

import { numberOf } from '../attributes.ts'
import type { Call, Operator } from '../operator.ts'
import { add, multiply } from './arithmetic.ts'
import { Expander, expanded, type Expand, type ExpandedOperator } from './expansion.ts'
import { gemm } from './matrix.ts'
import { averagePool, globalAveragePool } from './pooling.ts'
import { dequantizeLinear, quantizeLinear } from './quantization.ts'
import { concat } from './rearrange.ts'
import { flatten, reshape } from './shape.ts'
import { sigmoid } from './activation.ts'
import { softmax } from './softmax.ts'
import { limit } from './support.ts'
import { tensorOf } from '../tensor.ts'

const parts: Readonly<Record<string, Operator>> = {
  Add: add,
  AveragePool: averagePool,
  Concat: concat,
  DequantizeLinear: dequantizeLinear,
  Flatten: flatten,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  Mul: multiply,
  QuantizeLinear: quantizeLinear,
  Reshape: reshape,
  Sigmoid: sigmoid,
  Softmax: softmax,
}

const channelsFirst = limit('channels_last is 0', ({ node }: Call) => numberOf(node, 'channels_last', 0) === 0)

/** A binary operator: a, scale, zero point; b, scale, zero point; the output's scale and zero point. */
function binary(op: 'Add' | 'Mul'): ExpandedOperator {
  const expand: Expand = ({ node }) => {
    const expander = new Expander(node)
    const result = expander.main(op, [expander.real('a', 0), expander.real('b', 3)])
    return expander.end('QuantizeLinear', [result, expander.input(6), expander.input(7)])
  }
  return expanded({ summary: `${op} of codes.`, inputs: [7, 8], attributes: {}, limits: [] }, expand, parts)
}

/** A pool: x, scale, zero point; the output's scale and zero point. */
function pool(op: 'AveragePool' | 'GlobalAveragePool', attributes: Operator['attributes']): ExpandedOperator {
  const expand: Expand = ({ node }) => {
    const expander = new Expander(node)
    const { channels_last: _, ...own } = node.attributes
    const result = expander.main(op, [expander.real('x', 0)], own)
    return expander.end('QuantizeLinear', [result, expander.input(3), expander.input(4)])
  }
  const own = { ...attributes, channels_last: 'int' } as const
  return expanded(
    { summary: `${op} of codes.`, inputs: [4, 5], attributes: own, limits: [channelsFirst] },
    expand,
    parts,
  )
}

export const qLinearAdd = binary('Add')
export const qLinearMul = binary('Mul')
export const qLinearAveragePool = pool('AveragePool', averagePool.attributes)
export const qLinearGlobalAveragePool = pool('GlobalAveragePool', {})

export const qLinearSigmoid = expanded(
  { summary: 'Sigmoid of codes.', inputs: [4, 5], attributes: {}, limits: [] },
  ({ node }) => {
    const expander = new Expander(node)
    const result = expander.main('Sigmoid', [expander.real('x', 0)])
    return expander.end('QuantizeLinear', [result, expander.input(3), expander.input(4)])
  },
  parts,
)

export const qLinearSoftmax = expanded(
  {
    summary: 'Softmax of codes, of the operator set `opset`: before 13 all axes from `axis` on are one.',
    inputs: [5, 5],
    attributes: { axis: 'int', opset: 'int' },
    limits: [],
  },
  ({ node, types }) => {
    const expander = new Expander(node)
    const isOlder = numberOf(node, 'opset', 13) < 13
    const axis = numberOf(node, 'axis', isOlder ? 1 : -1)
    const x = expander.real('x', 0)
    const shape = types[0]?.shape ?? []
    if (!isOlder || axis === shape.length - 1) {
      const result = expander.main('Softmax', [x], { axis })
      return expander.end('QuantizeLinear', [result, expander.input(3), expander.input(4)])
    }
    const rows = expander.main('Softmax', [expander.add('matrix', 'Flatten', [x], { axis })], { axis: -1 })
    const back = expander.constant('shape', tensorOf('int64', shape, [shape.length]))
    const result = expander.add('shaped', 'Reshape', [rows, back])
    return expander.end('QuantizeLinear', [result, expander.input(3), expander.input(4)])
  },
  parts,
)

export const qLinearConcat = expanded(
  {
    summary: 'Concat of codes: the output’s scale and zero point, then codes, scale and zero point of each part.',
    inputs: [5, Infinity],
    attributes: concat.attributes,
    limits: [limit('every part has codes, scale and zero point', ({ node }) => node.inputs.length % 3 === 2)],
  },
  ({ node }) => {
    const expander = new Expander(node)
    const inputs = Array.from({ length: (node.inputs.length - 2) / 3 }, (_, at) => expander.real(`${at}`, 2 + 3 * at))
    const all = expander.main('Concat', inputs, node.attributes)
    return expander.end('QuantizeLinear', [all, expander.input(0), expander.input(1)])
  },
  parts,
)

export const qGemm = expanded(
  {
    summary:
      'Gemm of codes: a and b with scale and zero point, int32 c, the output’s scale and zero point or none for floats.',
    inputs: [6, 9],
    attributes: { alpha: 'float', transA: 'int', transB: 'int' },
    limits: [],
  },
  ({ node, types }) => {
    const expander = new Expander(node)
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
