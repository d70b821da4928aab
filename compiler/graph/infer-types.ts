// The types of all values of a graph, and the values that can be known without its inputs: shapes and what is computed from them.

import { DlpError } from '../../base/error.ts'
import type { Graph, Node } from './graph.ts'
import { type Call, type Operator, inferCall } from './operator.ts'
import { operatorOf, operators, operatorsOf } from './operators.ts'
import { type Tensor, type ValueType, sizeOf, typeOf } from './tensor.ts'
import { unreadOperators } from './unread-operators.ts'

/** What is known of a graph before it is evaluated. */
export interface Analysis {
  readonly types: ReadonlyMap<string, ValueType>
  /** Constants, and the results of small computations on constants and shapes. */
  readonly values: ReadonlyMap<string, Tensor>
}

/** Computations on more elements than this are left to the pass that folds constants. */
const smallElements = 512

/**
 * Type of every value of the graph.
 *
 * @throws DlpError where an operator is unknown or a node is outside its limits
 */
export function inferTypes(graph: Graph): ReadonlyMap<string, ValueType> {
  return analyse(graph).types
}

/** What was found of graphs: they never change, and every pass and check asks again. */
const analyses = new WeakMap<Graph, Analysis>()

/** Types and known values of a graph; throws as `inferTypes` does. */
export function analyse(graph: Graph): Analysis {
  const known = analyses.get(graph)
  if (known !== undefined) return known
  const found = analysed(graph)
  analyses.set(graph, found)
  return found
}

function analysed(graph: Graph): Analysis {
  const types = new Map<string, ValueType>()
  const values = new Map<string, Tensor>(graph.constants)
  for (const { name, elementType, shape } of graph.inputs) types.set(name, { elementType, shape })
  for (const [name, value] of graph.constants) types.set(name, typeOf(value))
  for (const node of graph.nodes) {
    const operator = knownOperator(node)
    const call = callOf(node, { types, values })
    const outputs = inferCall(operator, call)
    node.outputs.forEach((name, at) => name !== '' && types.set(name, outputs[at]))
    if (!canEvaluate(operator, call) || elements([...outputs, ...call.types]) > smallElements) continue
    operator.evaluate(call).forEach((value, at) => {
      if (at < node.outputs.length && node.outputs[at] !== '') values.set(node.outputs[at], value)
    })
  }
  return { types, values }
}

/** A node with what is known of its inputs. */
export function callOf(node: Node, { types, values }: Analysis): Call {
  return {
    node,
    types: node.inputs.map((name) => types.get(name)),
    values: node.inputs.map((name) => values.get(name)),
  }
}

/** True if everything that the operator reads is known, and its result may be. */
export function canEvaluate(operator: Operator, { node, values }: Call): boolean {
  if (operator.keepsIntegers === true) return false
  return operator.fromTypes === true || node.inputs.every((name, at) => name === '' || values[at] !== undefined)
}

/** The operator of a node. @throws DlpError if it is unknown */
export function knownOperator(node: Node): Operator {
  const operator = operatorOf(node)
  if (operator !== undefined) return operator
  const domain = node.domain === undefined ? '' : ` of domain '${node.domain}'`
  throw new DlpError({
    where: `node '${node.name}'`,
    what: `unknown operator ${node.op}${domain}`,
    allowed: Object.keys(operatorsOf(node.domain) ?? operators).join(', '),
    help: 'express the model with these operators, or cut this part off and run it outside',
    ...(node.domain === undefined && Object.hasOwn(unreadOperators, node.op)
      ? { allowed: 'the operators that dlp ops lists', help: unreadOperators[node.op] }
      : {}),
  })
}

function elements(types: readonly (ValueType | undefined)[]): number {
  return types.reduce((sum, type) => sum + (type === undefined ? 0 : sizeOf(type.shape)), 0)
}
