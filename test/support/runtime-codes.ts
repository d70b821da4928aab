// The inner codes of a quantised model in ONNX Runtime, and the difference of each layer of an integer graph from them, with the runtime's codes as its inputs.

import { layerRunner } from '../../compiler/graph/evaluate-integer.ts'
import type { Graph, Node } from '../../compiler/graph/graph.ts'
import { inferTypes } from '../../compiler/graph/infer-types.ts'
import { type IntegerGraph, sourceMaps } from '../../compiler/graph/integer.ts'
import type { Tensor } from '../../compiler/graph/tensor.ts'
import { codeRange } from '../../base/bits.ts'
import { verifyInteger } from '../../compiler/graph/verify-integer.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { roundHalfEven } from '../../isa/numerics.ts'
import { runModel } from '../compiler/runtime.ts'

/** Codes minus their zero points of every `NAME_quantized` of a model that `quantizeStatic` made, by that name. */
export async function runtimeCodes(graph: Graph, image: Tensor): Promise<ReadonlyMap<string, Int16Array>> {
  const names = graph.nodes.flatMap(({ outputs }) => outputs.filter((name) => name.endsWith('_quantized')))
  const base = (name: string): string => name.slice(0, -'_quantized'.length)
  const nodes = names.map((name): Node => {
    const inputs = [name, `${base(name)}_scale`, `${base(name)}_zero_point`]
    return { name: `${name}.real`, op: 'DequantizeLinear', inputs, outputs: [`${name}.real`], attributes: {} }
  })
  // Codes after data movement have the scale of their source.
  const constants = new Map(graph.constants)
  const whole = { ...graph, nodes: [...graph.nodes, ...nodes], constants }
  const types = inferTypes(whole)
  const outputs = names.map((name) => ({ name: `${name}.real`, ...types.get(`${name}.real`)! }))
  const results = await runModel(writeOnnx({ ...whole, outputs }), new Map([[graph.inputs[0]!.name, image]]))
  return new Map(
    names.map((name) => {
      const scale = graph.constants.get(`${base(name)}_scale`)!.data[0]!
      return [name, Int16Array.from(results.get(`${name}.real`)!.data, (value) => Math.round(value / scale))]
    }),
  )
}

/** The codes of an input of real values. */
export function inputCodesOf({ input }: IntegerGraph, image: Tensor): Int16Array {
  const { low, high } = codeRange(input.format)
  return Int16Array.from(image.data, (value) =>
    Math.min(Math.max(roundHalfEven(Math.fround(value / input.scale)) + input.zeroPoint, low), high),
  )
}

/** Codes minus zero points of the input and of every map that the file computes under the same name. */
export async function runtimeMaps(
  file: Graph,
  graph: IntegerGraph,
  image: Tensor,
): Promise<ReadonlyMap<string, Int16Array>> {
  const types = inferTypes(file)
  const maps = verifyInteger(graph)
  const names = graph.layers.flatMap((layer) => (layer.kind === 'logits' ? [] : [layer.output.name]))
  const outputs = names.map((name) => ({ name, ...types.get(name)! }))
  const results = await runModel(writeOnnx({ ...file, outputs }), new Map([[file.inputs[0]!.name, image]]))
  const lessZero = (name: string, codes: ArrayLike<number>): [string, Int16Array] => {
    const { zeroPoint } = maps.get(name)!
    return [name, Int16Array.from(codes, (code) => code - zeroPoint)]
  }
  return new Map([
    lessZero(graph.input.name, inputCodesOf(graph, image)),
    ...names.map((name) => lessZero(name, results.get(name)!.data)),
  ])
}

export interface LayerDifference {
  readonly layer: string
  /** its output map */
  readonly output: string
  /** elements that differ */
  readonly different: readonly number[]
  readonly joined: boolean
  /** share of elements that differ */
  readonly share: number
  /** share of elements that differ by more than one step */
  readonly overOneStep: number
  /** greatest difference, in steps */
  readonly most: number
}

/** Every layer whose input and output maps the runtime computes too. */
export function layerDifferences(graph: IntegerGraph, codes: ReadonlyMap<string, Int16Array>): LayerDifference[] {
  const maps = verifyInteger(graph)
  const found = (map: string): Int16Array | undefined => codes.get(map) ?? codes.get(`${map}_quantized`)
  return graph.layers.flatMap((layer): LayerDifference[] => {
    if (layer.kind === 'logits') return []
    const sources = sourceMaps(layer)
    const expected = found(layer.output.name)
    if (expected === undefined || sources.some((map) => found(map) === undefined)) return []
    const inputs = new Map(
      sources.map((map) => [map, found(map)!.map((code) => code + maps.get(map)!.zeroPoint)] as const),
    )
    const result = layerRunner(layer, maps)(inputs)
    const different: number[] = []
    let overOneStep = 0
    let most = 0
    for (let at = 0; at < result.length; at++) {
      const difference = Math.abs(result[at]! - layer.output.zeroPoint - expected[at]!)
      if (difference > 0) different.push(at)
      if (difference > 1) overOneStep++
      most = Math.max(most, difference)
    }
    const joined =
      layer.kind === 'linear' && layer.sources.some(({ role }) => role === 'main') && layer.sources.length > 1
    return [
      {
        layer: layer.name,
        output: layer.output.name,
        different,
        joined,
        share: different.length / result.length,
        overOneStep: overOneStep / result.length,
        most,
      },
    ]
  })
}

/** The model in QDQ format without the roundings between the named convolutions and the sums that read them. */
export function withoutInnerRounding(graph: Graph, convolutions: readonly string[]): Graph {
  const direct = new Map<string, string>()
  for (const node of graph.nodes) {
    if (node.op !== 'DequantizeLinear') continue
    const quantizer = graph.nodes.find(({ outputs }) => outputs[0] === node.inputs[0])
    const source = graph.nodes.find(({ outputs }) => outputs[0] === quantizer?.inputs[0])
    if (source !== undefined && convolutions.includes(source.name)) direct.set(node.outputs[0]!, source.outputs[0]!)
  }
  const nodes = graph.nodes.map((node) =>
    node.op === 'Add' ? { ...node, inputs: node.inputs.map((name) => direct.get(name) ?? name) } : node,
  )
  return { ...graph, nodes }
}
