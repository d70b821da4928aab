// The bounds on a file. The error message states the bound that is exceeded.

import { DlpError } from '../../base/error.ts'
import type { OnnxNode } from './functions.ts'
import type { GraphProto } from './generated/onnx_pb.ts'

export const fileLimits = {
  bytes: 2 ** 31 - 1,
  nodes: 50_000,
  initializers: 100_000,
  values: 1_000,
  ports: 1_000,
  nameLength: 2_000,
} as const

/** Checks the declarations of a graph or a branch. @throws DlpError if a bound is exceeded */
export function checkGraph(proto: GraphProto, name: string): void {
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

/** Checks nodes. @throws DlpError if a bound is exceeded */
export function checkNodes(nodes: readonly OnnxNode[], name: string): void {
  check(nodes.length, fileLimits.nodes, 'nodes', name)
  for (const node of nodes) {
    for (const each of [node.name, node.opType, node.domain]) checkName(each, name)
    check(Math.max(node.input.length, node.output.length), fileLimits.ports, `values at node '${node.name}'`, name)
    for (const list of [node.input, node.output]) for (const each of list) checkName(each, name)
  }
}

/** Names are bounded, since messages quote them. */
function checkName(text: string, name: string): void {
  if (text.length <= fileLimits.nameLength) return
  const what = `a name has ${text.length} characters: '${text.slice(0, 40)}…'`
  throw new DlpError({ where: name, what, allowed: `${fileLimits.nameLength}`, help: 'export it again' })
}

/** @throws DlpError if there are more items than a file may have */
export function check(count: number, most: number, what: string, name: string): void {
  if (count > most) throw new DlpError({ where: name, what: `the graph has ${count} ${what}`, allowed: `${most}` })
}
