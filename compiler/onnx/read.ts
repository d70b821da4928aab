// Reads an ONNX file as a verified float graph.

import { DlpError } from '../../base/error.ts'
import type { FloatGraph, Graph, Value } from '../graph/graph.ts'
import { inferTypes } from '../graph/infer-types.ts'
import { describeType } from '../graph/operator.ts'
import { withFileNames, Origins } from '../graph/origins.ts'
import type { Tensor, ValueType } from '../graph/tensor.ts'
import { verifyStructure } from '../graph/verify.ts'
import { inlineBranches } from './branches.ts'
import { decodeMessage } from './decode.ts'
import type { LoadExternal } from './external-data.ts'
import { Inliner } from './functions.ts'
import { type GraphProto, type ModelProto, ModelProtoSchema, type ValueInfoProto } from './generated/onnx_pb.ts'
import { checkGraph, checkNodes, fileLimits } from './limits.ts'
import { readNodes } from './nodes.ts'
import { readOpset } from './opset.ts'
import { removeSequences } from './sequences.ts'
import { readTensor } from './tensor-data.ts'
import { contradicts, readInput } from './value-type.ts'

export interface ReadOptions {
  /** Reads a file beside the model, for tensors with external data; refused where absent. */
  readonly loadExternal?: LoadExternal
}

/**
 * Reads an ONNX model: main domain, operator sets 7 to 18 (up to 26 with a warning), static shapes.
 *
 * @param bytes the file
 * @param name of the model in messages
 * @returns a graph that keeps the laws of `verify`; its warnings state the assumptions
 * @throws DlpError if the file cannot be read
 */
export function readOnnx(bytes: Uint8Array, name: string, { loadExternal }: ReadOptions = {}): FloatGraph {
  if (bytes.length > fileLimits.bytes)
    throw new DlpError({ where: name, what: `the file has ${bytes.length} bytes`, allowed: `${fileLimits.bytes}` })
  const model = decodeMessage(ModelProtoSchema, bytes, name)
  const proto = model.graph
  if (proto === undefined) throw new DlpError({ where: name, what: 'the model has no graph', help: 'export it again' })
  checkGraph(proto, name)
  const warnings: string[] = []
  const opset = readOpset(model, name, warnings)
  const origins = new Origins(namesOfValues(proto))
  const inliner = new Inliner(model, name, origins)
  const inlined = proto.node.flatMap((node) => inliner.nodesOf(node))
  checkNodes(inlined, name)
  const constants = readConstants(proto, name, loadExternal)
  const inputs = proto.input
    .filter((input) => !constants.has(input.name))
    .map((input) => readInput(input, name, warnings))
  const protos = inlineBranches(removeSequences(inlined, constants, inliner), {
    name,
    inputs,
    opset,
    constants,
    inliner,
    origins,
    loadExternal,
  })
  const graph: Graph = {
    name: proto.name === '' ? name : proto.name,
    inputs,
    outputs: [],
    nodes: readNodes(protos, opset, origins, loadExternal),
    constants,
    opset,
    metadata: readMetadata(model),
    warnings,
    origins,
  }
  return withFileNames(origins, () => {
    verifyStructure(graph)
    return { ...graph, outputs: readOutputs(proto.output, inferTypes(graph), warnings) }
  })
}

function* namesOfValues({ input, initializer, node }: GraphProto): Iterable<string> {
  for (const each of [input, initializer]) for (const { name } of each) yield name
  for (const { output } of node) yield* output
}

function readConstants(proto: GraphProto, name: string, loadExternal?: LoadExternal): Map<string, Tensor> {
  const constants = new Map<string, Tensor>()
  for (const initializer of proto.initializer) {
    const where = `${name}, initializer '${initializer.name}'`
    if (constants.has(initializer.name)) throw new DlpError({ where, what: 'it is defined twice' })
    constants.set(initializer.name, readTensor(initializer, where, loadExternal))
  }
  return constants
}

/** Outputs get their inferred types, since declared types are often symbolic. */
function readOutputs(
  outputs: readonly ValueInfoProto[],
  types: ReadonlyMap<string, ValueType>,
  warnings: string[],
): Value[] {
  if (outputs.length === 0)
    throw new DlpError({ where: 'the graph', what: 'it has no output', help: 'export it again' })
  return outputs.map((proto): Value => {
    const { name } = proto
    const type = types.get(name)
    if (type === undefined)
      throw new DlpError({ where: `output '${name}'`, what: 'no node defines it', help: 'export the model again' })
    if (contradicts(proto, type))
      warnings.push(`output '${name}' is ${describeType(type)}, which differs from its declaration in the file`)
    return { name, ...type }
  })
}

function readMetadata(model: ModelProto): Map<string, string> {
  const entries = model.metadataProps.map(({ key, value }) => [key, value] as const)
  const producer = `${model.producerName} ${model.producerVersion}`.trim()
  return new Map(producer === '' ? entries : [['producer', producer], ...entries])
}
