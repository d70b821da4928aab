// A small static quantiser for tests: writes a simplified float graph as ONNX Runtime's quantize_static does, in QDQ or in operator format.

import { elements } from '../../base/defined.ts'
import { GraphBuilder } from '../../compiler/graph/builder.ts'
import { evaluateFloat } from '../../compiler/graph/evaluate-float.ts'
import { type Graph, type Node, consumers } from '../../compiler/graph/graph.ts'
import { codeRanges } from '../../compiler/graph/operators/quantization.ts'
import { type ElementType, type Tensor, tensorOf, zeros } from '../../compiler/graph/tensor.ts'
import { roundHalfEven } from '../../isa/numerics.ts'

export interface StaticOptions {
  readonly format: 'QDQ' | 'QOperator'
  /** element type of activations, asymmetric */
  readonly activations: 'uint8' | 'int8' | 'uint4' | 'int4'
  /** element type of weights, symmetric: zero point 0, or the middle of unsigned codes */
  readonly weights: 'int8' | 'uint8' | 'int4'
  readonly perChannel: boolean
  /** store weights as float → QuantizeLinear → DequantizeLinear, as some exporters do */
  readonly floatWeights?: boolean
}

interface Parameters {
  readonly scale: number
  readonly zeroPoint: number
}

/** Codes with their scale, or scales along axis 0, and their zero point, '' where they have none. */
type Triple = readonly [codes: string, scale: string, zeroPoint: string]

const microsoft = { domain: 'com.microsoft' } as const

/** Operators whose output has the codes of their input. */
const moving = ['MaxPool', 'Flatten', 'Slice', 'Pad']

/** The quantised graph; ranges are the least and greatest values over the inputs. Quantised values are named `NAME_quantized`. */
export function quantizeStatic(float: Graph, inputs: readonly Tensor[], options: StaticOptions): Graph {
  return new StaticQuantiser(float, inputs, options).build()
}

class StaticQuantiser {
  readonly #float: Graph
  readonly #options: StaticOptions
  readonly #builder: GraphBuilder
  readonly #parameters = new Map<string, Parameters>()
  /** The quantised value of a float value. */
  readonly #codes = new Map<string, string>()

  constructor(float: Graph, inputs: readonly Tensor[], options: StaticOptions) {
    this.#float = float
    this.#options = options
    this.#builder = new GraphBuilder(`${float.name}-${options.format}`, options.activations.endsWith('4') ? 21 : 17)
    this.#calibrate(inputs)
  }

  build(): Graph {
    const builder = this.#builder
    const [{ name, shape }] = elements(this.#float.inputs, 1)
    this.#quantize(builder.input(name, shape), name)
    const readers = consumers(this.#float)
    const merged = new Set<Node>()
    for (const node of this.#float.nodes) {
      if (merged.has(node)) continue
      const [only, ...others] = readers.get(node.outputs[0]!) ?? []
      // A Relu disappears in the quantiser after it, whose least code is 0.
      const relu = only?.op === 'Relu' && others.length === 0 && ['Conv', 'Add', 'Gemm'].includes(node.op)
      if (relu) merged.add(only)
      const output = relu ? only.outputs[0]! : node.outputs[0]!
      if (this.#options.format === 'QDQ') this.#pair(node, output)
      else this.#operator(node, output)
    }
    const result = this.#float.outputs[0]!.name
    return builder.build([this.#real(result, 'output')])
  }

  /** DequantizeLinear → float operator → QuantizeLinear. */
  #pair(node: Node, output: string): void {
    const { op, attributes, inputs, name } = node
    const data = op === 'Add' ? inputs : inputs.slice(0, 1)
    const reals = data.map((input) => this.#real(input, name))
    const constants = isProduct(op)
      ? [this.#weights(node), this.#bias(node)].map(([codes, scale, zero]) =>
          this.#builder.node('DequantizeLinear', zero === '' ? [codes, scale] : [codes, scale, zero], { axis: 0 }),
        )
      : op === 'Add'
        ? []
        : inputs.slice(1).map((input) => this.#constant(input))
    const real = this.#builder.node(op, [...reals, ...constants], attributes, { name, outputs: [`${output}_real`] })
    this.#quantize(real, output)
  }

  /** QLinearConv and its like. */
  #operator(node: Node, output: string): void {
    const { op, attributes, inputs, name } = node
    const codes = `${output}_quantized`
    const options = { name, outputs: [codes] }
    const [x] = elements(inputs, 1)
    const y = this.#names(output)
    const builder = this.#builder
    this.#codes.set(output, codes)
    const [weights, bias] = isProduct(op) ? [this.#weights(node), this.#bias(node)] : [[], []]
    switch (op) {
      case 'Conv':
        return void builder.node('QLinearConv', [...this.#triple(x), ...weights, ...y, bias[0]!], attributes, options)
      case 'Gemm':
        return void builder.node(
          'QGemm',
          [...this.#triple(x), ...weights, bias[0]!, ...y],
          { alpha: 1, transB: 1 },
          { ...options, ...microsoft },
        )
      case 'Add':
        return void builder.node(
          'QLinearAdd',
          [...this.#triple(x), ...this.#triple(inputs[1]!), ...y],
          {},
          { ...options, ...microsoft },
        )
      case 'GlobalAveragePool':
        return void builder.node(
          'QLinearGlobalAveragePool',
          [...this.#triple(x), ...y],
          { channels_last: 0 },
          { ...options, ...microsoft },
        )
      case 'Pad': {
        const [, , zero] = this.#triple(x)
        return void builder.node('Pad', [this.#codes.get(x)!, this.#constant(inputs[1]!), zero], attributes, options)
      }
      default:
        if (!moving.includes(op)) throw new Error(`no quantised form of ${op}`)
        builder.node(
          op,
          [this.#codes.get(x)!, ...inputs.slice(1).map((input) => this.#constant(input))],
          attributes,
          options,
        )
    }
  }

  #triple(name: string): Triple {
    return [this.#codes.get(name)!, ...this.#names(name)]
  }

  #quantize(real: string, name: string): void {
    const codes = `${name}_quantized`
    const options = { name: `${name}_QuantizeLinear`, outputs: [codes] }
    this.#builder.node('QuantizeLinear', [real, ...this.#names(name)], {}, options)
    this.#codes.set(name, codes)
  }

  /** A DequantizeLinear of its own for every reader, as quantize_static writes them. */
  #real(name: string, reader: string): string {
    const options = { name: `${name}_DequantizeLinear_${reader}` }
    return this.#builder.node('DequantizeLinear', this.#triple(name), {}, options)
  }

  readonly #defined = new Set<string>()

  /** The constants of a value's scale and zero point. */
  #names(name: string): readonly [string, string] {
    const { scale, zeroPoint } = this.#parameters.get(name)!
    return [
      this.#define(`${name}_scale`, tensorOf('float32', [scale], [])),
      this.#define(`${name}_zero_point`, tensorOf(this.#options.activations, [zeroPoint], [])),
    ]
  }

  #define(name: string, value: Tensor): string {
    if (this.#defined.has(name)) return name
    this.#defined.add(name)
    return this.#builder.constant(name, value)
  }

  #constant(name: string): string {
    return name === '' ? '' : this.#define(name, this.#float.constants.get(name)!)
  }

  /** A product's weights. */
  #weights({ inputs }: Node): Triple {
    const [, name] = elements(inputs, 2)
    const weights = this.#float.constants.get(name)!
    const scales = this.#weightScales(weights)
    const { weights: type, floatWeights = false } = this.#options
    const [low, high] = codeRanges[type]!
    const middle = type === 'uint8' ? 128 : 0
    const inner = weights.size / weights.shape[0]!
    const codes = zeros(type, weights.shape)
    for (let at = 0; at < weights.size; at++) {
      const scale = scales[scales.length === 1 ? 0 : Math.floor(at / inner)]!
      codes.data[at] = Math.min(Math.max(roundHalfEven(Math.fround(weights.data[at]! / scale)) + middle, low), high)
    }
    const shape = this.#options.perChannel ? [scales.length] : []
    const scale = this.#define(`${name}_scale`, tensorOf('float32', scales, shape))
    const zero = this.#define(
      `${name}_zero_point`,
      tensorOf(type, new Array<number>(scales.length).fill(middle), shape),
    )
    if (!floatWeights) return [this.#define(`${name}_quantized`, codes), scale, zero]
    const real = this.#define(name, weights)
    return [this.#builder.node('QuantizeLinear', [real, scale, zero], { axis: 0 }), scale, zero]
  }

  #weightScales(weights: Tensor): Float32Array {
    const half = this.#options.weights === 'int4' ? 7 : 127
    const rows = this.#options.perChannel ? weights.shape[0]! : 1
    const inner = weights.size / rows
    return Float32Array.from({ length: rows }, (_, row) => {
      let most = 0
      for (let at = row * inner; at < (row + 1) * inner; at++) most = Math.max(most, Math.abs(weights.data[at]!))
      return most === 0 ? 1 : most / half
    })
  }

  /** int32 bias and its scale: the input's times the weights'. */
  #bias({ inputs }: Node): Triple {
    const [x, weightName, name] = elements(inputs, 3)
    const bias = this.#float.constants.get(name)!
    const scales = this.#weightScales(this.#float.constants.get(weightName)!)
    const { scale } = this.#parameters.get(x)!
    const units = Float32Array.from(bias.data, (_, row) => Math.fround(scale) * scales[scales.length === 1 ? 0 : row]!)
    const codes = Array.from(bias.data, (value, row) => Math.round(value / units[row]!))
    const shape = this.#options.perChannel ? [bias.size] : []
    return [
      this.#define(`${name}_quantized`, tensorOf('int32', codes, bias.shape)),
      this.#define(
        `${name}_quantized_scale`,
        tensorOf('float32', this.#options.perChannel ? units : units.slice(0, 1), shape),
      ),
      '',
    ]
  }

  #calibrate(inputs: readonly Tensor[]): void {
    const { nodes } = this.#float
    const [input] = elements(this.#float.inputs, 1)
    const names = [input.name, ...nodes.map(({ outputs }) => outputs[0]!)]
    const ranges = new Map(names.map((name): [string, [least: number, greatest: number]] => [name, [0, 0]]))
    for (const image of inputs) {
      const values = evaluateFloat(this.#float, new Map([[input.name, image]]), { keep: names.slice(1) })
      values.set(input.name, image)
      for (const name of names) {
        const range = ranges.get(name)!
        for (const value of values.get(name)!.data) {
          if (value < range[0]) range[0] = value
          if (value > range[1]) range[1] = value
        }
      }
    }
    for (const name of names) this.#parameters.set(name, this.#parametersOf(ranges.get(name)!))
    for (const node of nodes)
      if (moving.includes(node.op)) this.#parameters.set(node.outputs[0]!, this.#parameters.get(node.inputs[0]!)!)
  }

  #parametersOf([least, greatest]: readonly [number, number]): Parameters {
    const [low, high] = codeRanges[this.#options.activations as ElementType]!
    const scale = Math.fround((greatest - least) / (high - low)) || 1
    return { scale, zeroPoint: Math.round(low - least / scale) }
  }
}

function isProduct(op: string): boolean {
  return op === 'Conv' || op === 'Gemm'
}
