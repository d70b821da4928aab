// What becomes of a float graph that is quantised after training: the file, the integers that the compiler makes of it, and how far they are from ONNX Runtime.

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

/** The file that `dlp quantize` writes of a graph that is read from a file. */
export function writtenFile(graph: FloatGraph, options: PostTrainingOptions): Uint8Array {
  const read = readOnnx(writeOnnx(graph), graph.name)
  return writeOnnx(quantizeAfterTraining(machineForm(read), options).graph)
}

/** How far a layer is from what ONNX Runtime makes of the same codes. */
export interface LayerDistance {
  readonly layer: string
  /** the greatest distance, in codes; of logits in ten-thousandths of their greatest */
  readonly most: number
  /** results that are off by a code or more, of how many */
  readonly moved: number
  readonly results: number
}

/** A program, the layers of its graph that ONNX Runtime can judge, and the graph. */
export interface CompiledFile {
  readonly program: Program
  readonly graph: IntegerGraph
  readonly layers: readonly LayerDistance[]
}

/** Compiles a file, and feeds every layer the codes of ONNX Runtime where the file makes the map that it reads. */
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

/** Sums of codes are exact; the runtime's are float32. */
function logitsDistance({ name, scale }: LogitsLayer, sums: Int32Array, { data }: Tensor): LayerDistance {
  const greatest = Math.max(1e-6, ...Array.from(data, Math.abs))
  const part = 1e4 / greatest
  return distance(
    name,
    Array.from(sums, (sum, row) => part * sum * scale[row]!),
    Array.from(data, (value) => part * value),
  )
}

/** The codes of every map that a file makes by its name, and what the file gives. */
async function runtimeValues(bytes: Uint8Array, graph: IntegerGraph, image: Tensor) {
  const file = readOnnx(bytes, 'written')
  const types = inferTypes(file)
  const maps = graph.layers.flatMap((layer) =>
    layer.kind === 'logits' || !types.has(layer.output.name) ? [] : [layer.output],
  )
  // ONNX Runtime's binding hands out no codes of 4 bits: as numbers it does.
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

/** A file holds a map as codes, whose signs may be its own, or as the real values that they stand for. */
function codesOf({ scale, zeroPoint, format }: IntegerMap, type: ElementType, values: ArrayLike<number>): Int16Array {
  if (type === 'float32') return Int16Array.from(values, (real) => Math.round(real / scale) + zeroPoint)
  const base = type === 'int8' && !format.signed ? 128 : 0
  return Int16Array.from(values, (code) => code + base)
}
