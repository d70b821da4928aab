// The laws of a graph; they are checked after reading and after every pass.

import { DlpError } from '../../base/error.ts'
import type { Graph } from './graph.ts'
import { type Analysis, analyse } from './infer-types.ts'
import { describeType, maximumRank } from './operator.ts'
import { type Tensor, sameShape, stridesOf } from './tensor.ts'

/** The laws, as sentences; `verify` quotes the one that is broken. */
export const graphLaws = {
  names: 'every value and every node has a name of its own',
  singleAssignment: 'a value is defined once: as an input, as a constant, or by one node',
  order: 'a node reads only inputs, constants and the outputs of nodes before it',
  dense: 'a constant is row-major and dense, with at most 8 axes',
  outputs: 'a graph has an output, every output is defined, and its type is the one inferred from the nodes',
} as const

/**
 * Checks the laws of a graph and the constraints of all of its operators.
 *
 * @returns the types and static values, which the check computes in any case
 * @throws DlpError that names the node or value and the law
 */
export function verify(graph: Graph): Analysis {
  verifyStructure(graph)
  const analysis = analyse(graph)
  if (graph.outputs.length === 0) broken(`graph '${graph.name}'`, 'it has no output', 'outputs')
  for (const { name, elementType, shape } of graph.outputs) {
    const found = analysis.types.get(name)
    if (found !== undefined && found.elementType === elementType && sameShape(found.shape, shape)) continue
    const declared = describeType({ elementType, shape })
    broken(`output '${name}'`, `declared as ${declared}, found ${describeType(found)}`, 'outputs')
  }
  return analysis
}

/** Checks the laws that concern names and order, not types; throws as `verify` does. */
export function verifyStructure(graph: Graph): void {
  const defined = new Set<string>()
  const define = (name: string, where: string) => {
    if (name === '') broken(where, 'a value has no name', 'names')
    if (defined.has(name)) broken(where, `the value '${name}' is defined twice`, 'singleAssignment')
    defined.add(name)
  }
  for (const { name } of graph.inputs) define(name, `input '${name}'`)
  for (const [name, value] of graph.constants) {
    define(name, `constant '${name}'`)
    if (!isDense(value)) broken(`constant '${name}'`, 'the tensor is not dense', 'dense')
  }
  const nodeNames = new Set<string>()
  const produced = new Set(graph.nodes.flatMap(({ outputs }) => outputs))
  for (const node of graph.nodes) {
    const where = `node '${node.name}' (${node.op})`
    if (node.name === '' || nodeNames.has(node.name)) broken(where, 'its name is empty or taken', 'names')
    nodeNames.add(node.name)
    for (const name of node.inputs) {
      if (name === '' || defined.has(name)) continue
      const found = produced.has(name) ? 'is defined only by this or a later node' : 'is not defined'
      broken(where, `input '${name}' ${found}`, 'order')
    }
    for (const name of node.outputs) if (name !== '') define(name, where)
  }
}

function isDense({ data, shape, stride, offset }: Tensor): boolean {
  const size = shape.reduce((product, extent) => product * extent, 1)
  return shape.length <= maximumRank && offset === 0 && data.length === size && sameShape(stride, stridesOf(shape))
}

function broken(where: string, what: string, law: keyof typeof graphLaws): never {
  throw new DlpError({ where, what, allowed: graphLaws[law], help: 'the graph is broken: export the model again' })
}
