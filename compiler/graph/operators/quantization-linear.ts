// QLinearConv, QLinearMatMul, ConvInteger and MatMulInteger: products of codes, decomposed into dequantisation, the float operator and quantisation.

import type { Attributes } from '../graph.ts'
import type { Call, Operator } from '../operator.ts'
import { tensorOf } from '../tensor.ts'
import { cast } from './cast.ts'
import { convolution } from './convolution.ts'
import { DecompositionBuilder, decomposed, type Decomposition } from './decomposition.ts'
import { matMul } from './matrix.ts'
import { multiply } from './arithmetic.ts'
import { dequantizeLinear, quantizeLinear } from './quantization.ts'

const parts: Readonly<Record<string, Operator>> = {
  Cast: cast,
  Conv: convolution,
  DequantizeLinear: dequantizeLinear,
  MatMul: matMul,
  Mul: multiply,
  QuantizeLinear: quantizeLinear,
}

/** ONNX's number of int32. */
const int32 = 6

export const qLinearConv = decomposed(
  {
    summary:
      'Conv of codes: x, scale, zero point; w, scale, zero point; the output’s scale and zero point; int32 bias.',
    inputs: [8, 9],
    attributes: convolution.attributes,
    constraints: [],
  },
  ({ node }) => {
    const expander = new DecompositionBuilder(node)
    const inputs = [expander.real('x', 0), expander.real('w', 3, 0)]
    if (expander.input(8) !== '') {
      const scale = expander.add('biasScale', 'Mul', [expander.input(1), expander.input(4)])
      inputs.push(expander.add('bias', 'DequantizeLinear', [expander.input(8), scale], { axis: 0 }))
    }
    const sum = expander.main('Conv', inputs, node.attributes)
    return expander.end('QuantizeLinear', [sum, expander.input(6), expander.input(7)])
  },
  parts,
)

export const qLinearMatMul = decomposed(
  {
    summary: 'MatMul of codes: a, scale, zero point; b, scale, zero point; the output’s scale and zero point.',
    inputs: [8, 8],
    attributes: {},
    constraints: [],
  },
  (call) => {
    const expander = new DecompositionBuilder(call.node)
    const columns = (call.types[3]?.shape.length ?? 1) - 1
    const product = expander.main('MatMul', [expander.real('a', 0), expander.real('b', 3, columns)])
    return expander.end('QuantizeLinear', [product, expander.input(6), expander.input(7)])
  },
  parts,
)

export const convInteger = decomposed(
  {
    summary: 'Conv of codes minus their zero points, as int32.',
    inputs: [2, 4],
    attributes: convolution.attributes,
    constraints: [],
  },
  (call) => integerProduct(call, 'Conv', 0, call.node.attributes),
  parts,
)

export const matMulInteger = decomposed(
  { summary: 'MatMul of codes minus their zero points, as int32.', inputs: [2, 4], attributes: {}, constraints: [] },
  (call) => integerProduct(call, 'MatMul', (call.types[1]?.shape.length ?? 1) - 1, {}),
  parts,
)

function integerProduct({ node, types }: Call, op: string, axis: number, attributes: Attributes): Decomposition {
  const expander = new DecompositionBuilder(node)
  const one = expander.constant('one', tensorOf('float32', [1], []))
  const slices = types[3]?.shape.reduce((all, extent) => all * extent, 1) ?? 1
  const ones =
    slices === 1 ? one : expander.constant('ones', tensorOf('float32', new Float32Array(slices).fill(1), [slices]))
  const a = expander.add('a', 'DequantizeLinear', [expander.input(0), one, expander.input(2)])
  const b = expander.add('b', 'DequantizeLinear', [expander.input(1), ones, expander.input(3)], { axis })
  return expander.end('Cast', [expander.main(op, [a, b], attributes)], { to: int32 })
}
