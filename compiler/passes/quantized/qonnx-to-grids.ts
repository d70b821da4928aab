// Rewrites QONNX's Quant, BipolarQuant and Trunc as Quantize for maps and as Weights for constants.

import { codeRange } from '../../../base/bits.ts'
import { defined, elementAt, elements } from '../../../base/defined.ts'
import { numberOf, stringOf } from '../../graph/attributes.ts'
import { type Graph, type Node, consumers, producers } from '../../graph/graph.ts'
import { type Analysis, analyse, callOf } from '../../graph/infer-types.ts'
import type { Call } from '../../graph/operator.ts'
import { operatorOf } from '../../graph/operators.ts'
import { type Grid, type Rounding, quantizeNode } from '../../graph/operators/grid.ts'
import { quantCodeRange, truncation } from '../../graph/operators/quantization-qonnx.ts'
import { inputValue } from '../../graph/operators/support.ts'
import { type Tensor, tensorOf } from '../../graph/tensor.ts'
import type { Pass } from '../pass.ts'
import { isMatrix, refuseNode, rewritten, weightsNode } from './weights.ts'

const quantisers = ['Quant', 'IntQuant', 'BipolarQuant', 'Trunc']

export const qonnxToGrids: Pass = {
  name: 'qonnx-to-grids',
  why: 'Brevitas and QKeras write one node where ONNX has two, for any number of bits',
  run: (graph) => {
    const isQonnx = (node: Node): boolean => node.domain !== undefined && quantisers.includes(node.op)
    if (!graph.nodes.some(isQonnx)) return graph
    const analysis = analyse(graph)
    const readers = consumers(graph)
    const makers = producers(graph)
    const signs = new Map<string, boolean>()
    const constants: (readonly [string, Tensor])[] = []
    const nodes = graph.nodes.flatMap((node): readonly Node[] => {
      if (!isQonnx(node)) return [node]
      const made = analysis.values.has(elementAt(node.inputs, 0))
        ? constantOf(node, analysis, isMatrix(elementAt(node.outputs, 0), readers))
        : mapOf(node, callOf(node, analysis), isNegative(elementAt(node.inputs, 0), makers, signs))
      constants.push(...made.constants)
      return made.nodes
    })
    return rewritten(graph, nodes, constants)
  },
}

/** The nodes and constants that replace a node. */
interface Replacement {
  readonly nodes: readonly Node[]
  readonly constants: Graph['constants'] | readonly (readonly [string, Tensor])[]
}

/** A quantised constant: weights keep their integers, other constants are folded. */
function constantOf(node: Node, analysis: Analysis, matrix: boolean): Replacement {
  const call = callOf(node, analysis)
  const [value] = elements(defined(operatorOf(node)).evaluate(call), 1)
  if (!matrix) return { nodes: [], constants: [[elementAt(node.outputs, 0), value]] }
  const scale = inputValue(call, 1)
  const axis = sliceAxis(node, scale, value.shape)
  const inner = value.shape.slice(axis + 1).reduce((all, extent) => all * extent, 1)
  const codes = new Int32Array(value.size)
  for (let at = 0; at < codes.length; at++)
    codes[at] = Math.round(value.data[at]! / scale.data[scale.size === 1 ? 0 : Math.floor(at / inner) % scale.size]!)
  const made = weightsNode(node, tensorOf('int32', codes, value.shape), { scale: scale.data, zeroPoint: [0], axis })
  return { nodes: [made.node], constants: made.constants }
}

/** The one axis along which the scales differ. */
function sliceAxis(node: Node, scale: Tensor, shape: readonly number[]): number {
  if (scale.size === 1) return 0
  const axis = scale.shape.findIndex((extent) => extent > 1) + shape.length - scale.shape.length
  if (scale.size === shape[axis]) return axis
  throw refuseNode(
    node,
    `its scale has the shape [${scale.shape.join(',')}]`,
    'one scale, or one for each output channel',
    'choose per-channel scaling of weights',
  )
}

function mapOf(node: Node, call: Call, negative: boolean): Replacement {
  const [, scale, zeroPoint, bits] = call.values
  if (scale === undefined || (node.op !== 'BipolarQuant' && zeroPoint === undefined))
    throw refuseNode(node, 'its scale or zero point is computed', 'constants', 'fold constants before the export')
  if (scale.size !== 1 || (zeroPoint?.size ?? 1) !== 1)
    throw refuseNode(
      node,
      `a map has ${scale.size} scales`,
      'one scale and zero point for a map',
      'scale activations per tensor',
    )
  const zero = node.op === 'BipolarQuant' ? 0 : elementAt(defined(zeroPoint).data, 0)
  if (!Number.isInteger(zero)) throw refuseNode(node, `its zero point is ${zero}`, 'integers', 'quantise again')
  const [name] = elements(node.inputs, 1)
  const [output] = elements(node.outputs, 1)
  const step = elementAt(scale.data, 0)
  const isSign =
    node.op === 'BipolarQuant' || (node.op !== 'Trunc' && bits?.data[0] === 1 && quantCodeRange(call)[0] < 0)
  if (isSign)
    return single(
      quantizeNode(node.name, name, output, { scale: step, zeroPoint: 0, low: -1, high: 1, rounding: 'sign' }),
    )
  if (node.op === 'Trunc') return truncated(node, call, zero, negative)
  const [low, high] = quantCodeRange(call)
  return single(
    quantizeNode(
      node.name,
      name,
      output,
      checked(node, { scale: step, zeroPoint: zero, low, high, rounding: roundingOf(node, low) }),
    ),
  )
}

/** A Trunc: the input divided by the value of the removed bits, and rounded to the remaining grid. */
function truncated(node: Node, call: Call, zero: number, negative: boolean): Replacement {
  const { step, outputScale, range } = truncation(call)
  const scale = elementAt(inputValue(call, 1).data, 0)
  if (zero !== 0) throw refuseNode(node, `its zero point is ${zero}`, '0', 'truncate maps without zero point')
  const bits = outputScale === undefined ? (inputValue(call, 4).data[0] ?? NaN) : 8
  const own = codeRange({ bits, signed: negative })
  const [low, high] = outputScale === undefined ? [own.low, own.high] : range
  const result = outputScale ?? scale
  const grid = checked(node, { scale: result, zeroPoint: 0, low, high, rounding: roundingOf(node, 0) })
  const factor = `${node.name}.factor`
  const divided = `${node.name}.divided`
  return {
    nodes: [
      { name: divided, op: 'Mul', inputs: [elementAt(node.inputs, 0), factor], outputs: [divided], attributes: {} },
      quantizeNode(node.name, divided, elementAt(node.outputs, 0), grid),
    ],
    constants: [[factor, tensorOf('float32', [result / (scale * step)], [])]],
  }
}

function single(node: Node): Replacement {
  return { nodes: [node], constants: [] }
}

function checked(node: Node, grid: Grid): Grid {
  if (grid.high - grid.low <= 255) return grid
  throw refuseNode(
    node,
    `its codes run from ${grid.low} to ${grid.high}`,
    'codes of up to 8 bits for a map',
    'quantise activations to 8 bits or fewer',
  )
}

function roundingOf(node: Node, low: number): Rounding {
  const mode = stringOf(node, 'rounding_mode', node.op === 'Trunc' ? 'FLOOR' : 'ROUND').toUpperCase()
  if (mode === 'FLOOR' || (mode === 'ROUND_TO_ZERO' && low >= 0)) return 'floor'
  return mode === 'CEIL' ? 'ceil' : 'nearest'
}

/**
 * False if the value is at least 0 in any case: a Trunc declares the bits of its codes, not their sign.
 * @param known results for other values, so that a long chain is followed once
 */
function isNegative(value: string, makers: ReadonlyMap<string, Node>, known: Map<string, boolean>): boolean {
  const open: string[] = []
  let name = value
  let found = known.get(name)
  while (found === undefined) {
    open.push(name)
    const node = makers.get(name)
    if (node === undefined) found = true
    else if (node.op === 'Quant' || node.op === 'IntQuant') found = numberOf(node, 'signed', 1) !== 0
    else if (node.op === 'Quantize') found = numberOf(node, 'low', 0) < numberOf(node, 'zero_point', 0)
    else if (node.op === 'Relu') found = false
    else {
      name = node.inputs[0] ?? ''
      found = known.get(name)
    }
  }
  for (const each of open) known.set(each, found)
  return found
}
