// Quantises a float graph after training: the file, its integer graph, and the difference of each layer from ONNX Runtime.

import { elements } from '../../base/defined.ts'
import { compile, type CompileOptions } from '../../compiler/compile.ts'
import { evaluateInteger, layerRunner } from '../../compiler/graph/evaluate-integer.ts'
import type { FloatGraph, Node } from '../../compiler/graph/graph.ts'
import { inferTypes } from '../../compiler/graph/infer-types.ts'
import type { IntegerGraph, IntegerMap, LogitsLayer } from '../../compiler/graph/integer.ts'
import { type ElementType, type Tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { verifyInteger } from '../../compiler/graph/verify-integer.ts'
import { readOnnx } from '../../compiler/onnx/read.ts'
import { writeOnnx } from '../../compiler/onnx/write.ts'
import { machineForm } from '../../compiler/passes/machine-form.ts'
import { type PostTrainingOptions, quantizeAfterTraining } from '../../compiler/quantize/discrete/post-training.ts'
import type { Program } from '../../isa/program.ts'
import { runModel } from '../compiler/runtime.ts'
import { inputCodesOf } from './runtime-codes.ts'

/** The file that `dlp quantize` writes for a graph. */
export function writtenFile(graph: FloatGraph, options: PostTrainingOptions): Uint8Array {
  const read = readOnnx(writeOnnx(graph), graph.name)
  return writeOnnx(quantizeAfterTraining(machineForm(read), options).graph)
}

/** The difference of a layer from ONNX Runtime for the same input codes. */
export interface LayerDistance {
  readonly layer: string
  /** the greatest difference, in codes; of logits, in ten-thousandths of their maximum */
  readonly most: number
  /** number of results that differ by a code or more, and of all results */
  readonly moved: number
  readonly results: number
}

/** A program, its graph, and the layers that can be compared with ONNX Runtime. */
export interface CompiledFile {
  readonly program: Program
  readonly graph: IntegerGraph
  readonly layers: readonly LayerDistance[]
}

/** Compiles a file, and evaluates every layer with the codes of ONNX Runtime for the maps that the file computes. */
export async function compiledFile(
  bytes: Uint8Array,
  image: Tensor,
  options: Omit<CompileOptions, 'name'>,
): Promise<CompiledFile> {
  const { program, graph } = compile(bytes, { name: 'written', ...options })
  const theirs = await runtimeValues(bytes, graph, image)
  const maps = verifyInteger(graph)
  const codes = new Map([[graph.input.name, inputCodesOf(graph, image)]])
  const layers = graph.layers.flatMap((layer): LayerDistance[] => {
    if (layer.kind === 'logits') {
      const alone = { ...graph, input: maps.get(layer.source.map)!, layers: [layer], output: layer.name }
      const { logits } = evaluateInteger(alone, codes.get(layer.source.map)!)
      return [logitsDistance(layer, logits!, theirs.result)]
    }
    const ours = layerRunner(layer, maps)(codes)
    const judged = theirs.codes.get(layer.output.name)
    codes.set(layer.output.name, judged ?? ours)
    return judged === undefined ? [] : [distance(layer.name, ours, judged)]
  })
  return { program, graph, layers }
}

function distance(layer: string, ours: ArrayLike<number>, judged: ArrayLike<number>): LayerDistance {
  let [most, moved] = [0, 0]
  for (let at = 0; at < judged.length; at++) {
    const apart = Math.abs(ours[at]! - judged[at]!)
    if (apart >= 1) moved++
    most = Math.max(most, apart)
  }
  return { layer, most, moved, results: judged.length }
}

/** Tolerance: sums of codes are exact, those of the runtime are float32. */
function logitsDistance({ name, scale }: LogitsLayer, sums: Int32Array, { data }: Tensor): LayerDistance {
  const greatest = Math.max(1e-6, ...Array.from(data, Math.abs))
  const part = 1e4 / greatest
  return distance(
    name,
    Array.from(sums, (sum, row) => part * sum * scale[row]!),
    Array.from(data, (value) => part * value),
  )
}

/** The codes of every map that a file computes, by name, and the outputs of the file. */
async function runtimeValues(bytes: Uint8Array, graph: IntegerGraph, image: Tensor) {
  const file = readOnnx(bytes, 'written')
  const types = inferTypes(file)
  const maps = graph.layers.flatMap((layer) =>
    layer.kind === 'logits' || !types.has(layer.output.name) ? [] : [layer.output],
  )
  // ONNX Runtime's binding cannot return 4-bit codes: they are dequantised.
  const small = maps.filter(({ name }) => types.get(name)!.elementType.endsWith('int4'))
  const one = `${graph.name}.one`
  const nodes = small.map(({ name }): Node => ({
    name: `${name}.number`,
    op: 'DequantizeLinear',
    inputs: [name, one],
    outputs: [`${name}.number`],
    attributes: {},
  }))
  const [result] = elements(file.outputs, 1)
  const shown = (name: string): string => (small.some((map) => map.name === name) ? `${name}.number` : name)
  const names = [...new Set([result.name, ...maps.map(({ name }) => shown(name))])]
  const constants = new Map([...file.constants, [one, tensorOf('float32', [1], [])]])
  const whole = { ...file, nodes: [...file.nodes, ...nodes], constants }
  const all = inferTypes(whole)
  const outputs = names.map((name) => ({ name, ...all.get(name)! }))
  const values = await runModel(writeOnnx({ ...whole, outputs }), new Map([[file.inputs[0]!.name, image]]))
  const codes = new Map(
    maps.map((map) => {
      const { elementType } = types.get(map.name)!
      return [map.name, codesOf(map, elementType, values.get(shown(map.name))!.data)] as const
    }),
  )
  return { codes, result: values.get(result.name)! }
}

/** A file has a map as codes, possibly of another sign, or as real values. */
function codesOf({ scale, zeroPoint, format }: IntegerMap, type: ElementType, values: ArrayLike<number>): Int16Array {
  if (type === 'float32') return Int16Array.from(values, (real) => Math.round(real / scale) + zeroPoint)
  const base = type === 'int8' && !format.signed ? 128 : 0
  return Int16Array.from(values, (code) => code + base)
}
