// Writes a quantised network as standard QDQ ONNX: QuantizeLinear, Clip for codes of fewer than 8 bits, DequantizeLinear.

import type { FloatGraph, Graph, Node } from '../../graph/graph.ts'
import type { IntegerMap } from '../../graph/integer.ts'
import { Names } from '../../graph/names.ts'
import { type ElementType, type Tensor, tensorOf, zeros } from '../../graph/tensor.ts'
import { codeRange } from '../../../base/bits.ts'
import { defined, elementAt, elements } from '../../../base/defined.ts'
import type { FloatPlan } from '../plan.ts'
import type { DiscreteLayer } from './layer.ts'
import { withModernInputs } from './modern-inputs.ts'
import type { LayerWeights } from './weight-indices.ts'

/** A layer with its integer weights and biases. */
export interface WrittenLayer {
  readonly weights: LayerWeights
  readonly discrete: DiscreteLayer
  /** [rows] 32-bit integers */
  readonly bias: Int32Array
  /** [rows] weight scale · map scale */
  readonly biasScale: Float64Array
}

/** DequantizeLinear along an axis needs operator set 13; Clip on integers needs 12. */
const leastOpset = 13

/**
 * The graph with a quantise–dequantise pair after every map that the machine stores, and integers with scales for weights and biases. The dequantised
 * value takes the name of the map, and the node's own output a new name.
 */
export function writeQdq(
  graph: FloatGraph,
  plan: FloatPlan,
  maps: ReadonlyMap<string, IntegerMap>,
  layers: readonly WrittenLayer[],
): Graph {
  const writer = new Writer(graph)
  const { name: input } = plan.input
  const stored = new Set(plan.layers.flatMap((step) => (step.kind === 'logits' ? [] : [step.output.name])))
  const quantisedInput = writer.names.fresh(`${input}.on_grid`)
  writer.pair(input, quantisedInput, input, defined(maps.get(input)))
  const written = new Map(layers.map((layer) => [layer.weights.node, layer]))
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => (name === input ? quantisedInput : name))
    const [output] = elements(node.outputs, 1)
    const real = stored.has(output) ? writer.names.fresh(`${output}.real`) : output
    const layer = written.get(node.name)
    const renamed = { ...node, inputs, outputs: [real, ...node.outputs.slice(1)] }
    const modern = withModernInputs(renamed, (preferredName, value) => writer.constant(preferredName, value))
    writer.nodes.push(
      layer === undefined ? modern : { ...modern, inputs: [elementAt(inputs, 0), ...writer.weights(node, layer)] },
    )
    if (real !== output) writer.pair(real, output, output, defined(maps.get(output)))
  }
  const used = new Set(writer.nodes.flatMap(({ inputs }) => inputs))
  return {
    ...graph,
    nodes: writer.nodes,
    constants: new Map([...writer.constants].filter(([name]) => used.has(name))),
    opset: Math.max(leastOpset, graph.opset),
  }
}

class Writer {
  readonly nodes: Node[] = []
  readonly constants: Map<string, Tensor>
  readonly names: Names

  constructor(graph: FloatGraph) {
    this.constants = new Map(graph.constants)
    const values = graph.nodes.flatMap(({ name, outputs }) => [name, ...outputs])
    this.names = new Names([...values, ...graph.inputs.map(({ name }) => name), ...graph.constants.keys()])
  }

  /** Adds QuantizeLinear and DequantizeLinear between two values. @param stem of the names of its constants */
  pair(from: string, to: string, stem: string, { format, zeroPoint, scale }: IntegerMap): void {
    const type: ElementType = format.signed ? 'int8' : 'uint8'
    const { low, high } = codeRange(format)
    const scaleName = this.constant(`${stem}.scale`, tensorOf('float32', [scale], []))
    const zero = this.constant(`${stem}.zero_point`, tensorOf(type, [zeroPoint], []))
    let codes = this.#node('QuantizeLinear', [from, scaleName, zero], `${stem}.codes`)
    if (format.bits < 8) {
      const bounds = [low, high].map((bound, at) =>
        this.constant(`${stem}.${at === 0 ? 'low' : 'high'}`, tensorOf(type, [bound], [])),
      )
      codes = this.#node('Clip', [codes, ...bounds], `${stem}.clipped`)
    }
    const name = this.names.fresh(`${stem}.dequantize`)
    this.nodes.push({ name, op: 'DequantizeLinear', inputs: [codes, scaleName, zero], outputs: [to], attributes: {} })
  }

  /** Adds the weights and the bias of a product; returns the names of both. */
  weights({ op, name: stem, inputs }: Node, { weights, discrete, bias, biasScale }: WrittenLayer): readonly string[] {
    const shape = defined(this.constants.get(elementAt(inputs, 1))).shape
    const stored = zeros('int8', shape)
    for (const [at, index] of weights.indices.entries()) if (index > 0) stored.data[index - 1] = discrete.codes[at]!
    // The rows of a Conv and of a Gemm with transB lie along axis 0.
    const axis = op === 'Gemm' && shape[0] !== weights.rows ? 1 : 0
    const rows = (type: ElementType, values: ArrayLike<number>): Tensor => tensorOf(type, values, [weights.rows])
    const scale = this.constant(`${stem}.weight_scale`, rows('float32', discrete.scale))
    const zero = this.constant(`${stem}.weight_zero_point`, rows('int8', new Int8Array(weights.rows)))
    const codes = this.constant(`${stem}.weight_codes`, stored)
    const biasCodes = this.constant(`${stem}.bias_codes`, rows('int32', bias))
    const biasScaleName = this.constant(`${stem}.bias_scale`, rows('float32', biasScale))
    return [
      this.#node('DequantizeLinear', [codes, scale, zero], `${stem}.weight`, axis),
      this.#node('DequantizeLinear', [biasCodes, biasScaleName], `${stem}.bias`, 0),
    ]
  }

  /** Adds a constant; returns its name. */
  constant(preferredName: string, value: Tensor): string {
    const name = this.names.fresh(preferredName)
    this.constants.set(name, value)
    return name
  }

  #node(op: string, inputs: readonly string[], preferredName: string, axis?: number): string {
    const name = this.names.fresh(preferredName)
    this.nodes.push({ name, op, inputs, outputs: [name], attributes: axis === undefined ? {} : { axis } })
    return name
  }
}
