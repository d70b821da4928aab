// Rewrites QuantizeLinear … DequantizeLinear as Quantize; data-movement operators on codes between them then move real numbers.

import { defined, elementAt, elements } from '../../../base/defined.ts'
import { type Graph, type Node, type Value, consumers } from '../../graph/graph.ts'
import { type Analysis, analyse, callOf, inferTypes } from '../../graph/infer-types.ts'
import { type Grid, quantizeNode } from '../../graph/operators/grid.ts'
import { padValue, padWidths } from '../../graph/operators/pad.ts'
import { codeRanges, dequantizeLinear } from '../../graph/operators/quantization.ts'
import { blockSize, quantizationAxis } from '../../graph/operators/quantization-scales.ts'
import { clipBounds } from '../../graph/operators/activation.ts'
import { type Tensor, elementTypeOf, tensorOf } from '../../graph/tensor.ts'
import type { Pass } from '../pass.ts'
import { isMatrix, refuseNode, weightsNode } from './weights.ts'

/** Data-movement operators: their outputs have codes of their first input. */
const dataMovement = ['MaxPool', 'Reshape', 'Flatten', 'Transpose', 'Squeeze', 'Unsqueeze', 'Slice', 'Identity', 'Dropout', 'Expand', 'Tile', 'Gather', 'Split'] // prettier-ignore

const movesCodes: ReadonlySet<string> = new Set([...dataMovement, 'Clip', 'Pad', 'Concat'])

export const pairsToGrids: Pass = {
  name: 'pairs-to-grids',
  why: 'a pair of QuantizeLinear and DequantizeLinear is one rounding of a map to one grid',
  run: (graph) => {
    const hasPairs = graph.nodes.some(({ op }) => op === 'QuantizeLinear' || op === 'DequantizeLinear')
    return hasPairs ? new PairRewriter(graph).result() : graph
  },
}

class PairRewriter {
  readonly #graph: Graph
  readonly #analysis: Analysis
  readonly #readers: ReadonlyMap<string, readonly Node[]>
  readonly #nodes: Node[] = []
  readonly #constants = new Map<string, Tensor>()
  /** The grids of values that were codes and are now the real numbers of these codes. */
  readonly #grids = new Map<string, Grid>()
  readonly #renamed = new Map<string, string>()
  readonly #inputs = new Map<string, Value>()

  constructor(graph: Graph) {
    this.#graph = graph
    this.#analysis = analyse(graph)
    this.#readers = consumers(graph)
    for (const input of graph.inputs) this.#input(input)
    for (const node of graph.nodes) this.#visit(node)
  }

  result(): Graph {
    const rename = (name: string): string => this.#renamed.get(name) ?? name
    const graph = {
      ...this.#graph,
      inputs: this.#graph.inputs.map((input) => this.#inputs.get(input.name) ?? input),
      // The Quantize node of an input defines the new name and must read the old one.
      nodes: this.#nodes.map((node) =>
        rename(node.inputs[0] ?? '') === node.outputs[0] ? node : { ...node, inputs: node.inputs.map(rename) },
      ),
      constants: new Map([...this.#graph.constants, ...this.#constants]),
    }
    const types = inferTypes(graph)
    return { ...graph, outputs: graph.outputs.map(({ name }) => ({ name, ...defined(types.get(name)) })) }
  }

  #visit(node: Node): void {
    if (node.op === 'QuantizeLinear') return this.#quantize(node)
    if (node.op === 'DequantizeLinear') return this.#dequantize(node)
    const grids = node.inputs.map((name) => this.#grids.get(name))
    if (grids.every((grid) => grid === undefined)) return void this.#nodes.push(node)
    this.#move(node, grids)
  }

  #quantize(node: Node): void {
    const [input] = elements(node.inputs, 1)
    const [output] = elements(node.outputs, 1)
    const type = defined(this.#analysis.types.get(output)).elementType
    const grid = this.#parameters(node, defined(codeRanges[type]))
    this.#grids.set(output, grid)
    this.#nodes.push(quantizeNode(node.name, input, output, grid))
  }

  #dequantize(node: Node): void {
    const [name] = elements(node.inputs, 1)
    const [output] = elements(node.outputs, 1)
    const codes = this.#analysis.values.get(name)
    if (codes !== undefined) return this.#constant(node, codes)
    const type = defined(this.#analysis.types.get(name)).elementType
    const grid = this.#parameters(node, defined(codeRanges[type]))
    const known = this.#grids.get(name)
    if (known === undefined)
      throw refuseNode(
        node,
        'it reads integers that are not the output of a QuantizeLinear',
        'codes of a map or of an input, or constants',
        'export the model again',
      )
    if (known.zeroPoint !== grid.zeroPoint)
      throw refuseNode(
        node,
        `it reads codes of zero point ${known.zeroPoint} with zero point ${grid.zeroPoint}`,
        'one zero point on both sides of a map',
        'quantise the model again',
      )
    const inner = this.#renamed.get(name) ?? name
    if (known.scale === grid.scale) return this.#alias(output, inner)
    // Integer operators read codes as integers: their scale is 1.
    const factor = `${node.name}.factor`
    this.#constants.set(factor, tensorOf('float32', [grid.scale / known.scale], []))
    this.#nodes.push({ name: node.name, op: 'Mul', inputs: [inner, factor], outputs: [output], attributes: {} })
  }

  /** An input of codes becomes an input of real numbers, followed by a Quantize. */
  #input(input: Value): void {
    const { name } = input
    const reader = this.#dequantizer(name)
    if (reader === undefined) return
    const grid = this.#parameters(reader, defined(codeRanges[input.elementType]))
    this.#inputs.set(name, { ...input, elementType: 'float32' })
    const quantised = `${name}.quantised`
    this.#nodes.push(quantizeNode(quantised, name, quantised, grid))
    this.#renamed.set(name, quantised)
    this.#grids.set(name, grid)
  }

  /** The first DequantizeLinear of an input's codes, also after data movement. */
  #dequantizer(input: string): Node | undefined {
    const seen = new Set([input])
    // Consumers that are still to be visited, as a stack.
    const left = [...(this.#readers.get(input) ?? [])].reverse()
    for (let node = left.pop(); node !== undefined; node = left.pop()) {
      if (node.op === 'DequantizeLinear') return node
      if (!movesCodes.has(node.op) || !seen.has(node.inputs[0] ?? '')) continue
      for (const output of node.outputs) {
        if (seen.has(output)) continue
        seen.add(output)
        left.push(...(this.#readers.get(output) ?? []).toReversed())
      }
    }
    return undefined
  }

  #constant(node: Node, codes: Tensor): void {
    const call = callOf(node, this.#analysis)
    const [, scale, zeroPoint] = call.values
    if (scale === undefined) throw refuseNode(node, 'its scale is computed', 'a constant scale', 'fold constants first')
    const [output] = elements(node.outputs, 1)
    if (!isMatrix(output, this.#readers) || elementTypeOf(codes) === 'int32')
      return void this.#constants.set(output, elementAt(dequantizeLinear.evaluate(call), 0))
    if (blockSize(call) > 0 && scale.size > 1)
      throw refuseNode(
        node,
        `its weights have scales for blocks of ${blockSize(call)}`,
        'one scale for all weights, or one for each output channel: a row of the machine has one unit',
        'quantise the model again without blocks',
      )
    const axis = scale.size === 1 ? 0 : (quantizationAxis(call) ?? 0)
    const made = weightsNode(node, codes, { scale: scale.data, zeroPoint: zeroPoint?.data ?? [0], axis })
    this.#nodes.push(made.node)
    for (const [name, value] of made.constants) this.#constants.set(name, value)
  }

  /** Operators between QuantizeLinear and DequantizeLinear, which move or clip codes. */
  #move(node: Node, grids: readonly (Grid | undefined)[]): void {
    const [grid] = grids
    const rest = grids.slice(1).every((other) => other === undefined)
    const call = callOf(node, this.#analysis)
    const keep = (kept: Node, own: Grid): void => {
      this.#nodes.push(kept)
      for (const output of node.outputs) this.#grids.set(output, own)
    }
    if (grid !== undefined && rest && dataMovement.includes(node.op)) return keep(node, grid)
    if (grid !== undefined && rest && node.op === 'Clip') {
      const [low, high] = clipBounds(call)
      const within = (code: number): number => Math.min(Math.max(code, low), high)
      const clipped = { ...grid, low: within(grid.low), high: within(grid.high) }
      return keep(quantizeNode(node.name, elementAt(node.inputs, 0), elementAt(node.outputs, 0), clipped), clipped)
    }
    if (grid !== undefined && rest && node.op === 'Pad' && padWidths(call) !== undefined) {
      const border = `${node.name}.border`
      this.#constants.set(border, tensorOf('float32', [(padValue(call) - grid.zeroPoint) * grid.scale], []))
      return keep(
        { ...node, inputs: [elementAt(node.inputs, 0), node.inputs[1] ?? '', border, ...node.inputs.slice(3)] },
        grid,
      )
    }
    if (
      grid !== undefined &&
      node.op === 'Concat' &&
      grids.every((other) => other?.scale === grid.scale && other.zeroPoint === grid.zeroPoint)
    )
      return keep(node, grid)
    throw refuseNode(
      node,
      'it reads the codes of a map',
      `${dataMovement.join(', ')}, Clip, Pad, Concat of one scale`,
      'quantise the model in QDQ format',
    )
  }

  /** The scale and zero point of a map. */
  #parameters(node: Node, [low, high]: readonly [number, number]): Grid {
    const { values } = callOf(node, this.#analysis)
    const [scale, zeroPoint] = [values[1], node.inputs[2] === undefined ? undefined : values[2]]
    const constant = scale !== undefined && (node.inputs[2] === undefined || zeroPoint !== undefined)
    if (!constant || scale.size !== 1)
      throw refuseNode(
        node,
        constant ? `a map has ${scale.size} scales` : 'its scale or zero point is computed',
        'one constant scale and zero point for a map',
        'quantise the model statically, with one scale for each activation',
      )
    if (high - low > 255)
      throw refuseNode(
        node,
        `its codes run from ${low} to ${high}`,
        'codes of up to 8 bits for a map',
        'quantise activations to 8 bits',
      )
    return { scale: elementAt(scale.data, 0), zeroPoint: zeroPoint?.data[0] ?? 0, low, high, rounding: 'nearest' }
  }

  #alias(output: string, inner: string): void {
    if (!this.#graph.outputs.some(({ name }) => name === output)) return void this.#renamed.set(output, inner)
    this.#nodes.push({ name: `${output}.copy`, op: 'Identity', inputs: [inner], outputs: [output], attributes: {} })
  }
}
