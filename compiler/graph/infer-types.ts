// The types of all values of a graph, and the values that can be known without its inputs: shapes and what is computed from them.

import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { Faults } from './faults.ts'
import type { Graph, Node, Value } from './graph.ts'
import { type Call, type Operator, inferCall } from './operator.ts'
import { operatorOf, operators, operatorsOf } from './operators.ts'
import { type Tensor, type ValueType, typeOf } from './tensor.ts'
import { Budget, elementsOf, elementsRead } from './work.ts'
import { unreadOperators } from './unread-operators.ts'

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

/** What was found of graphs: they never change, and every pass and check needs it. */
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
  const inference = new Inference(graph.inputs, graph.constants, decidingValues(graph.nodes))
  const faults = new Faults()
  for (const node of graph.nodes) faults.visit(node, (each) => inference.visit(each))
  faults.throwAny(graph.name)
  return inference
}

/** The analysis of a graph that is seen node by node, each after those that it reads. */
export class Inference implements Analysis {
  readonly types = new Map<string, ValueType>()
  readonly values: Map<string, Tensor>
  readonly #deciding: ReadonlySet<string>
  readonly #budget = new Budget(typeBudget)

  /** @param deciding values that are computed even where that takes more than a few elements: `decidingValues` */
  constructor(inputs: readonly Value[], constants: ReadonlyMap<string, Tensor>, deciding: ReadonlySet<string>) {
    this.values = new Map()
    this.#deciding = deciding
    for (const { name, elementType, shape } of inputs) this.types.set(name, { elementType, shape })
    for (const [name, value] of constants) this.define(name, value)
  }

  /** Adds a constant. */
  define(name: string, value: Tensor): void {
    this.values.set(name, value)
    this.types.set(name, typeOf(value))
  }

  /** Adds what a node makes. @throws DlpError where its operator is unknown or it is outside its limits */
  visit(node: Node): void {
    const operator = knownOperator(node)
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
    return call.node.outputs.some((name) => this.#deciding.has(name)) && this.#budget.allows(operator, call, outputs)
  }
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
  return node.inputs.slice(0, operator.valuesRead).every((name, at) => name === '' || values[at] !== undefined)
}

/** The operator of a node. @throws DlpError if it is unknown */
export function knownOperator(node: Node): Operator {
  const operator = operatorOf(node)
  if (operator !== undefined) return operator
  if (/^Dynamic(Quantize|Matmul|MatMul)/.test(node.op))
    throw new DlpError({
      where: `node '${node.name}' (${node.op})`,
      what: 'it takes scales from the values of each image',
      allowed: 'scales that are constant: the machine multiplies codes, and measures nothing while it runs',
      help: 'quantise the model statically, with calibration data (quantize_static in ONNX Runtime), or compile the float model',
    })
  const domain = node.domain === undefined ? '' : ` of domain '${node.domain}'`
  throw new DlpError({
    where: `node '${node.name}'`,
    what: `unknown operator ${node.op}${domain}`,
    allowed: Object.keys(operatorsOf(node.domain) ?? operators).join(', '),
    help:
      node.domain === 'ai.onnx.ml'
        ? 'leave labels to the host: convert with zipmap=False, and cut off what follows the scores'
        : 'express the model with these operators, or cut this part off and run it outside',
    ...(node.domain === undefined && Object.hasOwn(unreadOperators, node.op)
      ? { allowed: 'the operators that dlp ops lists', help: unreadOperators[node.op] }
      : {}),
  })
}

/**
 * The values that types depend on, and all that these are computed from.
 *
 * @param nodes in graph order
 * @param further values that something else depends on
 */
export function decidingValues(nodes: readonly Node[], further: Iterable<string> = []): ReadonlySet<string> {
  const deciding = new Set(further)
  for (const node of nodes.toReversed()) {
    const operator = operatorOf(node)
    for (const { decidedBy } of operator?.limits ?? [])
      if (decidedBy !== undefined && node.inputs[decidedBy] !== undefined) deciding.add(node.inputs[decidedBy])
    if (node.outputs.some((name) => deciding.has(name)))
      for (const name of node.inputs.slice(0, operator?.valuesRead)) deciding.add(name)
  }
  deciding.delete('')
  return deciding
}
