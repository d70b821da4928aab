// Nodes of an ONNX file as nodes of a graph.

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

/** Nodes under names of their own, as newer operator sets mean them. */
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

/** A node as newer operator sets mean it. @param fresh gives a name that nothing in the graph has */
export function upgradedNodes(node: Node, opset: number, fresh: (hint: string) => string): readonly Node[] {
  return fromQonnx(node, fresh).flatMap((each) => upgradeNode(each, opset, fresh))
}

/** A node as it stands in the file. @param place of the node, which names it where the file does not */
export function readNode(proto: OnnxNode, place: number, loadExternal?: LoadExternal): Node {
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
