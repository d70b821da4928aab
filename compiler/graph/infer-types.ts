// Type and shape inference: the types of all values of a graph, and the values that do not depend on its inputs.

import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { Diagnostics } from './diagnostics.ts'
import type { Graph, Node, Value } from './graph.ts'
import { type Call, type Operator, inferCall } from './operator.ts'
import { operatorOf, operators, operatorsOf } from './operators.ts'
import { type Tensor, type ValueType, typeOf } from './tensor.ts'
import { Budget, elementsOf, elementsRead } from './work.ts'
import { unreadOperators } from './unread-operators.ts'

/** The static information about a graph. */
export interface Analysis {
  readonly types: ReadonlyMap<string, ValueType>
  /** Constants, the values that types depend on, and the results of other small computations on constants and shapes. */
  readonly values: ReadonlyMap<string, Tensor>
}

/** Computations on more elements than this are left to constant folding, unless types depend on them. */
const smallElements = 512
/** The budget of one analysis for values that types depend on; every pass and every verification makes an analysis. */
const typeBudget = { work: 2 ** 24, grown: 2 ** 20 } as const

/**
 * Type of every value of the graph.
 *
 * @throws DlpError if an operator is unknown or a node violates a constraint
 */
export function inferTypes(graph: Graph): ReadonlyMap<string, ValueType> {
  return analyse(graph).types
}

/** Results by graph: graphs are immutable, and every pass and every verification needs them. */
const analyses = new WeakMap<Graph, Analysis>()

/** Types and static values of a graph; throws as `inferTypes` does. */
export function analyse(graph: Graph): Analysis {
  const known = analyses.get(graph)
  if (known !== undefined) return known
  const found = analysed(graph)
  analyses.set(graph, found)
  return found
}

function analysed(graph: Graph): Analysis {
  const inference = new TypeInference(graph.inputs, graph.constants, requiredValues(graph.nodes))
  const diagnostics = new Diagnostics()
  for (const node of graph.nodes) diagnostics.visit(node, (each) => inference.visit(each))
  diagnostics.throwAny(graph.name)
  return inference
}

/** Type inference node by node, each node after the producers of its inputs. */
export class TypeInference implements Analysis {
  readonly types = new Map<string, ValueType>()
  readonly values: Map<string, Tensor>
  readonly #required: ReadonlySet<string>
  readonly #budget = new Budget(typeBudget)

  /** @param required values that are computed even if that needs many elements: `requiredValues` */
  constructor(inputs: readonly Value[], constants: ReadonlyMap<string, Tensor>, required: ReadonlySet<string>) {
    this.values = new Map()
    this.#required = required
    for (const { name, elementType, shape } of inputs) this.types.set(name, { elementType, shape })
    for (const [name, value] of constants) this.define(name, value)
  }

  /** Adds a constant. */
  define(name: string, value: Tensor): void {
    this.values.set(name, value)
    this.types.set(name, typeOf(value))
  }

  /** Adds the outputs of a node. @throws DlpError if its operator is unknown or it violates a constraint */
  visit(node: Node): void {
    const operator = requireOperator(node)
    const call = callOf(node, this)
    const outputs = inferCall(operator, call)
    node.outputs.forEach((name, at) => name !== '' && this.types.set(name, elementAt(outputs, at)))
    if (!canEvaluate(operator, call) || !this.#mayEvaluate(operator, call, outputs)) return
    operator.evaluate(call).forEach((value, at) => {
      const name = node.outputs[at] ?? ''
      if (name !== '') this.values.set(name, value)
    })
  }

  #mayEvaluate(operator: Operator, call: Call, outputs: readonly ValueType[]): boolean {
    if (elementsOf(outputs) + elementsRead(operator, call) <= smallElements) return true
    return call.node.outputs.some((name) => this.#required.has(name)) && this.#budget.allows(operator, call, outputs)
  }
}

/** A node with the types and static values of its inputs. */
export function callOf(node: Node, { types, values }: Analysis): Call {
  return {
    node,
    types: node.inputs.map((name) => types.get(name)),
    values: node.inputs.map((name) => values.get(name)),
  }
}

/** True if all values that the operator reads are static, and its result may be folded. */
export function canEvaluate(operator: Operator, { node, values }: Call): boolean {
  if (operator.keepsIntegers === true) return false
  return node.inputs.slice(0, operator.valuesRead).every((name, at) => name === '' || values[at] !== undefined)
}

/** The operator of a node. @throws DlpError if it is unknown */
export function requireOperator(node: Node): Operator {
  const operator = operatorOf(node)
  if (operator !== undefined) return operator
  if (/^Dynamic(Quantize|Matmul|MatMul)/.test(node.op))
    throw new DlpError({
      where: `node '${node.name}' (${node.op})`,
      what: 'it computes scales from the values of each image',
      allowed: 'constant scales: the machine multiplies codes, and measures no ranges at run time',
      help: 'quantise the model statically, with calibration data (quantize_static in ONNX Runtime), or compile the float model',
    })
  const domain = node.domain === undefined ? '' : ` of domain '${node.domain}'`
  throw new DlpError({
    where: `node '${node.name}'`,
    what: `unknown operator ${node.op}${domain}`,
    allowed: Object.keys(operatorsOf(node.domain) ?? operators).join(', '),
    help:
      node.domain === 'ai.onnx.ml'
        ? 'leave labels to the host: convert with zipmap=False, and end the model at the scores'
        : 'express the model with these operators, or remove this part and run it outside of the model',
    ...(node.domain === undefined && Object.hasOwn(unreadOperators, node.op)
      ? { allowed: 'the operators that dlp ops lists', help: unreadOperators[node.op] }
      : {}),
  })
}

/**
 * The values that must be static: those that types depend on, and all values from which these are computed.
 *
 * @param nodes in graph order
 * @param further values that must be static for another reason
 */
export function requiredValues(nodes: readonly Node[], further: Iterable<string> = []): ReadonlySet<string> {
  const required = new Set(further)
  for (const node of nodes.toReversed()) {
    const operator = operatorOf(node)
    for (const { requiresValueOf: decidedBy } of operator?.constraints ?? [])
      if (decidedBy !== undefined && node.inputs[decidedBy] !== undefined) required.add(node.inputs[decidedBy])
    if (node.outputs.some((name) => required.has(name)))
      for (const name of node.inputs.slice(0, operator?.valuesRead)) required.add(name)
  }
  required.delete('')
  return required
}
