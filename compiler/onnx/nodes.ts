// Reads the nodes of an ONNX file as nodes of a graph.

import { elementAt } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { Names } from '../graph/names.ts'
import type { Origins } from '../graph/origins.ts'
import { readAttributes } from './attributes.ts'
import type { LoadExternal } from './external-data.ts'
import type { OnnxNode } from './functions.ts'
import { upgradeNode } from './opset-upgrade.ts'
import { isMainDomain } from './opset.ts'
import { fromQonnx } from './qonnx.ts'

/** The nodes with unique names, upgraded to the newest operator set. */
export function readNodes(
  protos: readonly OnnxNode[],
  opset: number,
  origins: Origins,
  loadExternal?: LoadExternal,
): readonly Node[] {
  const nodes = nameNodes(protos.map((node, place) => readNode(node, place, loadExternal)))
  nodes.forEach(({ name, op, outputs }, place) => {
    const isOwn = elementAt(protos, place).name === name
    origins.addNode(name, { ...(isOwn ? { name } : {}), op, output: outputs.find((output) => output !== '') ?? '' })
  })
  const names = new Names(nodes.flatMap(({ name, inputs, outputs }) => [name, ...inputs, ...outputs]))
  return nodes.flatMap((node) => {
    const fresh = (hint: string): string => names.fresh(hint)
    const newer = upgradedNodes(node, opset, fresh)
    origins.addRewritten(newer, node)
    return newer
  })
}

/** A node upgraded to the newest operator set. @param fresh returns a name that is not used in the graph */
export function upgradedNodes(node: Node, opset: number, fresh: (hint: string) => string): readonly Node[] {
  return fromQonnx(node, fresh).flatMap((each) => upgradeNode(each, opset, fresh))
}

/** A node of the file. @param place of the node, from which its name is derived if it has none */
export function readNode(proto: OnnxNode, place: number, loadExternal?: LoadExternal): Node {
  const name = proto.name === '' ? `${proto.opType}_${place}` : proto.name
  const domain = isMainDomain(proto.domain) ? {} : { domain: proto.domain }
  const attributes = readAttributes(proto, `node '${name}' (${proto.opType})`, loadExternal)
  // Trailing absent inputs and outputs can be removed, except for the outputs of a Split, whose number is that of its parts.
  const outputs = proto.opType === 'Split' ? proto.output : trimmed(proto.output)
  return { name, op: proto.opType, ...domain, inputs: trimmed(proto.input), outputs, attributes }
}

function trimmed(names: readonly string[]): string[] {
  return names.slice(0, names.findLastIndex((name) => name !== '') + 1)
}

/** Names are optional in ONNX and need not be unique: a repeated name gets a number. */
function nameNodes(nodes: readonly Node[]): Node[] {
  const names = new Names(nodes.map(({ name }) => name))
  const seen = new Set<string>()
  return nodes.map((node) => {
    const name = seen.has(node.name) ? names.fresh(node.name) : node.name
    seen.add(name)
    return name === node.name ? node : { ...node, name }
  })
}
