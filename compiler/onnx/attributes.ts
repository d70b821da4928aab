// Reads the attributes of an ONNX node.

import { DlpError } from '../../base/error.ts'
import type { Attribute, Attributes } from '../graph/graph.ts'
import { attributeTypes } from './data-types.ts'
import type { AttributeProto, NodeProto } from './generated/onnx_pb.ts'
import type { LoadExternal } from './external-data.ts'
import { readTensor } from './tensor-data.ts'

const maximumAttributes = 64

/** The attributes of a node. @throws DlpError for sub-graphs and other kinds that are not supported */
export function readAttributes(
  node: Pick<NodeProto, 'attribute'>,
  where: string,
  loadExternal?: LoadExternal,
): Attributes {
  if (node.attribute.length > maximumAttributes)
    throw new DlpError({ where, what: `found ${node.attribute.length} attributes`, allowed: `${maximumAttributes}` })
  const attributes = new Map<string, Attribute>()
  for (const proto of node.attribute) {
    if (attributes.has(proto.name)) throw new DlpError({ where, what: `the attribute '${proto.name}' is given twice` })
    attributes.set(proto.name, readAttribute(proto, `${where}, attribute '${proto.name}'`, loadExternal))
  }
  return Object.fromEntries(attributes)
}

function readAttribute(proto: AttributeProto, where: string, loadExternal?: LoadExternal): Attribute {
  if (proto.refAttrName !== '')
    throw new DlpError({
      where,
      what: `it refers to the attribute '${proto.refAttrName}' of a function`,
      allowed: 'such a reference only within a function',
      help: 'the file is broken: export it again',
    })
  switch (proto.type === 0 ? guessedType(proto) : proto.type) {
    case attributeTypes.float:
      return proto.f
    case attributeTypes.int:
      return Number(proto.i)
    case attributeTypes.string:
      return text(proto.s)
    case attributeTypes.tensor:
      if (proto.t !== undefined) return readTensor(proto.t, where, loadExternal)
      throw new DlpError({ where, what: 'a tensor attribute without a tensor' })
    case attributeTypes.floats:
      return proto.floats
    case attributeTypes.ints:
      return proto.ints.map(Number)
    case attributeTypes.strings:
      return proto.strings.map(text)
    default:
      throw new DlpError({
        where,
        what: proto.g.length > 0 ? 'it holds a sub-graph' : `it is of type ${proto.type}`,
        allowed: 'floats, ints, strings, a tensor, or lists of the first three',
        help: 'control flow cannot be compiled: export the model with fixed shapes so that it disappears',
      })
  }
}

/** Files of the first ONNX versions omit the type: it follows from the field that is present. */
function guessedType(proto: AttributeProto): number {
  if (proto.floats.length > 0) return attributeTypes.floats
  if (proto.ints.length > 0) return attributeTypes.ints
  if (proto.strings.length > 0) return attributeTypes.strings
  if (proto.t !== undefined) return attributeTypes.tensor
  if (proto.g.length > 0) return attributeTypes.graph
  if (proto.s.length > 0) return attributeTypes.string
  return proto.i !== 0n ? attributeTypes.int : attributeTypes.float
}

/** UTF-8 text; an invalid sequence becomes the replacement character, which no valid attribute value contains. */
function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
