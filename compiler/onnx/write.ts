// Writes a graph as an ONNX file: the inverse of reading, deterministic to the byte.

import { create, toBinary } from '@bufbuild/protobuf'
import type { Attribute, Graph, Node, Value } from '../graph/graph.ts'
import type { AttributeKind } from '../graph/operator.ts'
import { operatorOf } from '../graph/operators.ts'
import { type Tensor, elementTypeOf } from '../graph/tensor.ts'
import { attributeTypes, codeOf } from './data-types.ts'
import {
  type AttributeProto,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.ts'
import { withShortNames } from './short-names.ts'

/** The format version that belongs to the operator sets 15 to 18. */
const irVersion = 8n

/** Writes a graph as an ONNX model: constants as initializers with raw data, metadata as `metadata_props`. */
export function writeOnnx(given: Graph): Uint8Array {
  const graph = withShortNames(given)
  const domains = [...new Set(graph.nodes.flatMap(({ domain }) => domain ?? []))].sort()
  const opsets = [{ domain: '', version: BigInt(graph.opset) }, ...domains.map((domain) => ({ domain, version: 1n }))]
  const metadata = [...graph.metadata].map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }))
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion,
      producerName: 'dlp',
      opsetImport: opsets.map((opset) => create(OperatorSetIdProtoSchema, opset)),
      metadataProps: metadata,
      graph: create(GraphProtoSchema, {
        name: graph.name,
        node: graph.nodes.map(writeNode),
        initializer: [...graph.constants].map(([name, value]) => writeTensor(value, name)),
        input: graph.inputs.map(writeValue),
        output: graph.outputs.map(writeValue),
      }),
    }),
  )
}

/** A tensor as TensorProto, with raw little-endian data. */
export function writeTensor(value: Tensor, name = ''): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: value.shape.map(BigInt),
    dataType: codeOf(elementTypeOf(value)),
    rawData: rawData(value),
  })
}

function rawData(value: Tensor): Uint8Array {
  const { data, size } = value
  const { buffer, byteOffset, byteLength } = data
  switch (elementTypeOf(value)) {
    case 'int64': {
      const view = new DataView(new ArrayBuffer(size * 8))
      for (let at = 0; at < size; at++) view.setBigInt64(at * 8, BigInt.asIntN(64, clampToInt64(data[at]!)), true)
      return new Uint8Array(view.buffer)
    }
    case 'int4':
    case 'uint4':
      return packed(data, 4)
    case 'int2':
    case 'uint2':
      return packed(data, 2)
    default:
      // ONNX is little-endian, and so is every host on which this runs.
      return new Uint8Array(buffer, byteOffset, byteLength).slice()
  }
}

/** Packs elements of less than a byte: the first element is in the lowest bits. */
function packed(data: ArrayLike<number>, bits: 2 | 4): Uint8Array {
  const each = 8 / bits
  const bytes = new Uint8Array(Math.ceil(data.length / each))
  for (let at = 0; at < data.length; at++)
    bytes[Math.floor(at / each)]! |= (data[at]! & (2 ** bits - 1)) << (bits * (at % each))
  return bytes
}

/** 2^63 as float64, the end of a Slice that means "all", becomes the greatest int64. */
function clampToInt64(value: number): bigint {
  const big = BigInt(value)
  return big > 2n ** 63n - 1n ? 2n ** 63n - 1n : big
}

function writeNode(node: Node) {
  const kinds = operatorOf(node)?.attributes ?? {}
  return create(NodeProtoSchema, {
    name: node.name,
    opType: node.op,
    domain: node.domain ?? '',
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([name, value]) => writeAttribute(name, value, kinds[name])),
  })
}

/** The operator's signature determines whether 1 is a float or an int; for unknown operators the value does. */
function writeAttribute(name: string, value: Attribute, kind: AttributeKind = guessedKind(value)): AttributeProto {
  const field = { int: 'i', float: 'f', string: 's', tensor: 't', ints: 'ints', floats: 'floats', strings: 'strings' }[
    kind
  ]
  return create(AttributeProtoSchema, { name, type: attributeTypes[kind], [field]: attributeContent(kind, value) })
}

function attributeContent(kind: AttributeKind, value: Attribute) {
  const bytes = (text: string) => new TextEncoder().encode(text)
  switch (kind) {
    case 'int':
      return BigInt(value as number)
    case 'ints':
      return (value as readonly number[]).map(BigInt)
    case 'string':
      return bytes(value as string)
    case 'strings':
      return (value as readonly string[]).map(bytes)
    case 'tensor':
      return writeTensor(value as Tensor)
    case 'float':
      return value as number
    case 'floats':
      return [...(value as readonly number[])]
    default:
      return kind satisfies never
  }
}

function guessedKind(value: Attribute): AttributeKind {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float'
  if ('data' in value) return 'tensor'
  if (value.some((item) => typeof item === 'string')) return 'strings'
  return value.every((item) => Number.isInteger(item)) ? 'ints' : 'floats'
}

function writeValue({ name, elementType, shape }: Value): ValueInfoProto {
  const dim = shape.map((extent) =>
    create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: BigInt(extent) } }),
  )
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: codeOf(elementType),
    shape: create(TensorShapeProtoSchema, { dim }),
  })
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } }),
  })
}
