// The types of all values of a graph, and the values that can be known without its inputs: shapes and what is computed from them.

import { DlpError } from '../../base/error.ts'
import type { Graph, Node } from './graph.ts'
import { type Call, type Operator, inferCall } from './operator.ts'
import { operatorOf, operators, operatorsOf } from './operators.ts'
import { type Tensor, type ValueType, typeOf } from './tensor.ts'
import { Budget, elementsOf, elementsRead } from './work.ts'

/** What is known of a graph before it is evaluated. */
export interface Analysis {
  readonly types: ReadonlyMap<string, ValueType>
  /** Constants, what types depend on, and the results of other small computations on constants and shapes. */
  readonly values: ReadonlyMap<string, Tensor>
}

/** Computations on more elements than this are left to the pass that folds constants, unless types depend on them. */
const smallElements = 512
/** What an analysis spends on values that types depend on; every pass and check makes one. */
const typeBudget = { work: 2 ** 24, grown: 2 ** 20 } as const

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
  const deciding = decidingValues(graph)
  const budget = new Budget(typeBudget)
  for (const node of graph.nodes) {
    const operator = knownOperator(node)
    const call = callOf(node, { types, values })
    const outputs = inferCall(operator, call)
    node.outputs.forEach((name, at) => name !== '' && types.set(name, outputs[at]))
    if (!canEvaluate(operator, call)) continue
    const isSmall = elementsOf(outputs) + elementsRead(operator, call) <= smallElements
    if (!isSmall && !(node.outputs.some((name) => deciding.has(name)) && budget.allows(operator, call, outputs))) continue // prettier-ignore
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
  })
}

/** The values that types depend on, and all that these are computed from. */
function decidingValues(graph: Graph): ReadonlySet<string> {
  const deciding = new Set<string>()
  for (let place = graph.nodes.length - 1; place >= 0; place--) {
    const node = graph.nodes[place]
    const operator = knownOperator(node)
    for (const { decidedBy } of operator.limits)
      if (decidedBy !== undefined && node.inputs[decidedBy] !== undefined) deciding.add(node.inputs[decidedBy])
    if (operator.fromTypes !== true && node.outputs.some((name) => deciding.has(name)))
      for (const name of node.inputs) deciding.add(name)
  }
  deciding.delete('')
  return deciding
}
