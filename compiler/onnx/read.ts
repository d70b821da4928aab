// An ONNX file as a verified float graph.

import { type DescMessage, type MessageShape, fromBinary } from '@bufbuild/protobuf'
import { DlpError } from '../../base/error.ts'
import type { FloatGraph, Graph, Node, Value } from '../graph/graph.ts'
import { inferTypes } from '../graph/infer-types.ts'
import { describeType } from '../graph/operator.ts'
import type { Tensor, ValueType } from '../graph/tensor.ts'
import { verifyStructure } from '../graph/verify.ts'
import { readAttributes } from './attributes.ts'
import { type GraphProto, type ModelProto, ModelProtoSchema, type ValueInfoProto } from './generated/onnx_pb.ts'
import { type NodeText, inlineFunctions } from './functions.ts'
import { Names } from '../graph/names.ts'
import { inWordsOfFile, Origins } from '../graph/origins.ts'
import { modernised } from './older-sets.ts'
import { fileLimits } from './limits.ts'
import { isMainDomain, readOpset } from './opset.ts'
import { scan } from './scan.ts'
import type { LoadExternal } from './external-data.ts'
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
 * @param name what to call it in messages
 * @returns a graph that keeps the laws of `verify`; what was assumed stands in its warnings
 * @throws DlpError for every file that cannot be read
 */
export function readOnnx(bytes: Uint8Array, name: string, { loadExternal }: ReadOptions = {}): FloatGraph {
  if (bytes.length > fileLimits.bytes)
    throw new DlpError({ where: name, what: `the file has ${bytes.length} bytes`, allowed: `${fileLimits.bytes}` })
  const model = decodeMessage(ModelProtoSchema, bytes, name)
  const proto = model.graph
  if (proto === undefined) throw new DlpError({ where: name, what: 'the model has no graph', help: 'export it again' })
  checkCounts(proto, name)
  const warnings: string[] = []
  const opset = readOpset(model, name, warnings)
  const origins = new Origins(namesOfValues(proto))
  const protos = inlineFunctions(model, name, origins)
  checkNodes(protos, name)
  const constants = readConstants(proto, name, loadExternal)
  const graph: Graph = {
    name: proto.name === '' ? name : proto.name,
    inputs: proto.input.filter((input) => !constants.has(input.name)).map((input) => readInput(input, name, warnings)),
    outputs: [],
    nodes: readNodes(protos, opset, origins, loadExternal),
    constants,
    opset,
    metadata: readMetadata(model),
    warnings,
    origins,
  }
  return inWordsOfFile(origins, () => {
    verifyStructure(graph)
    return { ...graph, outputs: readOutputs(proto.output, inferTypes(graph), warnings) }
  })
}

function* namesOfValues({ input, initializer, node }: GraphProto): Iterable<string> {
  for (const each of [input, initializer]) for (const { name } of each) yield name
  for (const { output } of node) yield* output
}

/** One protobuf message. @throws DlpError for every sequence of bytes that is not one */
export function decodeMessage<Schema extends DescMessage>(
  schema: Schema,
  bytes: Uint8Array,
  name: string,
): MessageShape<Schema> {
  scan(schema, bytes, name)
  try {
    return fromBinary(schema, bytes, { readUnknownFields: false })
  } catch (error) {
    const what = `cannot be decoded: ${error instanceof Error ? error.message : String(error)}`
    throw new DlpError({ where: name, what, allowed: 'an ONNX model (protobuf)', help: 'export or download it again' })
  }
}

function checkCounts(proto: GraphProto, name: string): void {
  check(proto.initializer.length, fileLimits.initializers, 'initializers', name)
  check(proto.input.length, fileLimits.initializers, 'inputs', name)
  check(proto.output.length, fileLimits.values, 'outputs', name)
  for (const list of [proto.initializer, proto.input, proto.output]) for (const each of list) checkName(each.name, name)
  if (proto.sparseInitializer.length > 0)
    throw new DlpError({
      where: name,
      what: 'the graph has sparse initializers',
      allowed: 'dense ones',
      help: 'export it again',
    })
}

function checkNodes(nodes: readonly NodeText[], name: string): void {
  check(nodes.length, fileLimits.nodes, 'nodes', name)
  for (const node of nodes) {
    for (const each of [node.name, node.opType, node.domain]) checkName(each, name)
    check(Math.max(node.input.length, node.output.length), fileLimits.ports, `values at node '${node.name}'`, name)
    for (const list of [node.input, node.output]) for (const each of list) checkName(each, name)
  }
}

/** Messages quote names. */
function checkName(text: string, name: string): void {
  if (text.length <= fileLimits.nameLength) return
  const what = `a name has ${text.length} characters: '${text.slice(0, 40)}…'`
  throw new DlpError({ where: name, what, allowed: `${fileLimits.nameLength}`, help: 'export it again' })
}

function check(count: number, most: number, what: string, name: string): void {
  if (count > most) throw new DlpError({ where: name, what: `the graph has ${count} ${what}`, allowed: `${most}` })
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

function readNodes(
  protos: readonly NodeText[],
  opset: number,
  origins: Origins,
  loadExternal?: LoadExternal,
): readonly Node[] {
  const nodes = nameNodes(protos.map((node, place) => readNode(node, place, loadExternal)))
  nodes.forEach(({ name, op, outputs }, place) => {
    const isOwn = protos[place].name === name
    origins.addNode(name, { ...(isOwn ? { name } : {}), op, output: outputs.find((output) => output !== '') ?? '' })
  })
  const names = new Names(nodes.flatMap(({ name, inputs, outputs }) => [name, ...inputs, ...outputs]))
  return nodes.flatMap((node) => {
    const newer = modernised(node, opset, (hint) => names.fresh(hint))
    origins.addRewritten(newer, node)
    return newer
  })
}

function readNode(proto: NodeText, place: number, loadExternal?: LoadExternal): Node {
  const name = proto.name === '' ? `${proto.opType}_${place}` : proto.name
  const domain = isMainDomain(proto.domain) ? {} : { domain: proto.domain }
  const attributes = readAttributes(proto, `node '${name}' (${proto.opType})`, loadExternal)
  // Trailing absent inputs and outputs mean the same as none; but the parts of a Split are as many as its outputs.
  const outputs = proto.opType === 'Split' ? proto.output : trimmed(proto.output)
  return { name, op: proto.opType, ...domain, inputs: trimmed(proto.input), outputs, attributes }
}

function trimmed(names: readonly string[]): string[] {
  return names.slice(0, names.findLastIndex((name) => name !== '') + 1)
}

/** Names are optional and may repeat in ONNX: a repeated one gets a number. */
function nameNodes(nodes: readonly Node[]): Node[] {
  const names = new Names(nodes.map(({ name }) => name))
  const seen = new Set<string>()
  return nodes.map((node) => {
    const name = seen.has(node.name) ? names.fresh(node.name) : node.name
    seen.add(name)
    return name === node.name ? node : { ...node, name }
  })
}

/** Outputs take the types that follow from the nodes, since declared ones are often symbolic. */
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
      warnings.push(`output '${name}' is ${describeType(type)}, which is not what the file declares`)
    return { name, ...type }
  })
}

function readMetadata(model: ModelProto): Map<string, string> {
  const entries = model.metadataProps.map(({ key, value }) => [key, value] as const)
  const producer = `${model.producerName} ${model.producerVersion}`.trim()
  return new Map(producer === '' ? entries : [['producer', producer], ...entries])
}
