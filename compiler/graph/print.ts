// Prints a graph as readable text, one line for each input, node and output.

import type { Attribute, Graph, Node } from './graph.ts'
import { inferTypes } from './infer-types.ts'
import { describeType } from './operator.ts'
import { type Tensor, type ValueType, typeOf } from './tensor.ts'

/** The graph, a line per node: `output: type = Op(inputs) attributes`; constants appear as their types. */
export function printGraph(graph: Graph): string {
  const types = inferTypes(graph)
  const parameters = [...graph.constants.values()].reduce((sum, { size }) => sum + size, 0)
  return [
    `graph ${graph.name}: opset ${graph.opset}, ${graph.nodes.length} nodes, ${parameters} constant elements`,
    ...graph.warnings.map((warning) => `warning ${warning}`),
    ...graph.inputs.map((input) => `input ${input.name}: ${describeType(input)}`),
    ...graph.nodes.map((node) => `  ${printNode(graph, node, types)}`),
    ...graph.outputs.map((output) => `output ${output.name}: ${describeType(output)}`),
    '',
  ].join('\n')
}

function printNode(graph: Graph, node: Node, types: ReadonlyMap<string, ValueType>): string {
  const outputs = node.outputs.filter((name) => name !== '').map((name) => `${name}: ${describeType(types.get(name))}`)
  const inputs = node.inputs.map((name) => printInput(name, graph.constants.get(name)))
  const attributes = Object.entries(node.attributes).map(([name, value]) => ` ${name}=${printAttribute(value)}`)
  const domain = node.domain === undefined ? '' : `${node.domain}.`
  return `${outputs.join(', ')} = ${domain}${node.op}(${inputs.join(', ')})${attributes.join('')}`
}

function printInput(name: string, constant: Tensor | undefined): string {
  if (name === '') return '-'
  if (constant === undefined) return name
  if (constant.size > 8) return describeType(typeOf(constant))
  const list = Array.from(constant.data).join(',')
  return constant.shape.length === 0 ? list : `{${list}}`
}

function printAttribute(value: Attribute): string {
  if (typeof value === 'object' && 'data' in value) return describeType(typeOf(value))
  return typeof value === 'object' ? `[${value.join(',')}]` : String(value)
}
