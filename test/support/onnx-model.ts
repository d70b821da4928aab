// A compact notation of ONNX models as exporters write them: names, nodes with attributes, functions, symbolic extents, any operator set.

import { create, toBinary } from '@bufbuild/protobuf'
import type { Tensor } from '../../compiler/graph/tensor.ts'
import { sizeOf, tensor, tensorOf } from '../../compiler/graph/tensor.ts'
import { attributeTypes } from '../../compiler/onnx/data-types.ts'
import {
  type AttributeProto,
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from '../../compiler/onnx/generated/onnx_pb.ts'
import { writeTensor } from '../../compiler/onnx/write.ts'
import { normal, random } from '../../base/random.ts'

/** An attribute: integers are ints unless wrapped in `float`; `{ ref }` refers to an attribute of the function, `{ branch }` is a sub-graph. */
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | Tensor
  | { readonly float: number }
  | { readonly ref: string }
  | { readonly branch: BranchText }
  | { readonly bytes: Uint8Array }

/** A sub-graph; values that it does not define are those of the enclosing graph. */
export interface BranchText {
  readonly nodes: readonly NodeProto[]
  readonly outputs: readonly string[]
  readonly constants?: Readonly<Record<string, Tensor>>
}

export type NodeAttributes = Readonly<Record<string, AttributeValue>>

export interface FunctionText {
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly nodes: readonly NodeProto[]
  readonly attributes?: readonly string[]
  readonly defaults?: NodeAttributes
  readonly opset?: number
}

export interface ModelText {
  readonly opset: number
  /** shapes; a string is a symbolic extent, -1 an unknown one */
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>
  readonly outputs: readonly string[]
  readonly nodes: readonly NodeProto[]
  readonly constants?: Readonly<Record<string, Tensor>>
  readonly functions?: readonly FunctionText[]
}

export const functionDomain = 'pkg.test'

/** A node; the operator may have a domain, as in `pkg.test::Block`, and outputs and inputs are separated by spaces. */
export function node(op: string, outputs: string, inputs: string, attributes: NodeAttributes = {}): NodeProto {
  const [domain, opType] = op.includes('::') ? op.split('::') : ['', op]
  const names = (text: string) => (text === '' ? [] : text.split(' ').map((name) => (name === '_' ? '' : name)))
  return create(NodeProtoSchema, {
    name: `n_${outputs.split(' ')[0]}`,
    opType,
    domain,
    input: names(inputs),
    output: names(outputs),
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  })
}

export function modelOf(text: ModelText): ModelProto {
  const domains = text.functions === undefined ? [''] : ['', functionDomain]
  const opsetImport = domains.map((domain) => ({ domain, version: BigInt(domain === '' ? text.opset : 1) }))
  return create(ModelProtoSchema, {
    irVersion: text.opset < 9 ? 3n : text.opset < 15 ? 7n : text.opset < 21 ? 8n : 10n,
    opsetImport,
    graph: create(GraphProtoSchema, {
      name: 'model',
      node: [...text.nodes],
      initializer: Object.entries(text.constants ?? {}).map(([name, value]) => writeTensor(value, name)),
      // Before IR version 4, initializers must be listed as inputs too.
      input: [
        ...Object.entries(text.inputs).map(([name, shape]) => value(name, shape)),
        ...(text.opset < 9
          ? Object.entries(text.constants ?? {}).map(([name, { shape }]) => value(name, shape, text.constants?.[name]))
          : []),
      ],
      output: text.outputs.map(outputOf),
    }),
    functions: (text.functions ?? []).map((each) =>
      create(FunctionProtoSchema, {
        name: each.name,
        domain: functionDomain,
        input: [...each.inputs],
        output: [...each.outputs],
        attribute: [...(each.attributes ?? [])],
        attributeProto: Object.entries(each.defaults ?? {}).map(([name, given]) => attribute(name, given)),
        node: [...each.nodes],
        opsetImport: [
          { domain: '', version: BigInt(each.opset ?? text.opset) },
          { domain: functionDomain, version: 1n },
        ],
      }),
    ),
  })
}

export function bytesOf(text: ModelText): Uint8Array {
  return toBinary(ModelProtoSchema, modelOf(text))
}

function branchBytes({ nodes, outputs, constants = {} }: BranchText): Uint8Array {
  return toBinary(
    GraphProtoSchema,
    create(GraphProtoSchema, {
      name: 'branch',
      node: [...nodes],
      initializer: Object.entries(constants).map(([name, value]) => writeTensor(value, name)),
      output: outputs.map(outputOf),
    }),
  )
}

function outputOf(name: string): ValueInfoProto {
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: { elemType: 1 } } } })
}

/** Noise of a shape, the same for the same seed. */
export function noise(seed: number, ...shape: readonly number[]): Tensor {
  const uniform = random(seed)
  return tensor(
    Float32Array.from({ length: sizeOf(shape) }, () => normal(uniform)),
    shape,
  )
}

/** A list of int64. */
export function int64(...list: readonly number[]): Tensor {
  return tensorOf('int64', list, [list.length])
}

/** An int64 without axes. */
export function scalar(value: number): Tensor {
  return tensorOf('int64', [value], [])
}

function value(name: string, shape: readonly (number | string)[], constant?: Tensor): ValueInfoProto {
  const dim = shape.map((extent) =>
    typeof extent === 'string'
      ? { value: { case: 'dimParam' as const, value: extent } }
      : { value: { case: 'dimValue' as const, value: BigInt(extent) } },
  )
  const elemType = constant === undefined ? 1 : writeTensor(constant).dataType
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, shape: { dim } } } },
  })
}

function attribute(name: string, given: AttributeValue): AttributeProto {
  const field = fieldOf(given)
  return create(AttributeProtoSchema, { name, ...field })
}

function fieldOf(given: AttributeValue) {
  if (typeof given === 'number') return { type: attributeTypes.int, i: BigInt(given) }
  if (typeof given === 'string') return { type: attributeTypes.string, s: new TextEncoder().encode(given) }
  if ('branch' in given) return { type: attributeTypes.graph, g: branchBytes(given.branch) }
  if ('bytes' in given) return { type: attributeTypes.graph, g: given.bytes }
  if ('ref' in given) return { type: attributeTypes.int, refAttrName: given.ref }
  if ('float' in given) return { type: attributeTypes.float, f: given.float }
  if ('data' in given) return { type: attributeTypes.tensor, t: writeTensor(given) }
  return { type: attributeTypes.ints, ints: given.map(BigInt) }
}
