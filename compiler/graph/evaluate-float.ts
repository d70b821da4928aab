// Evaluates a graph in floating point: the reference for every later stage.

import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import type { Graph } from './graph.ts'
import { requireOperator } from './infer-types.ts'
import { describeType, inferCall } from './operator.ts'
import { type Tensor, type ValueType, sameShape, typeOf } from './tensor.ts'

export interface FloatEvaluationOptions {
  /** Names of inner values that are returned with the outputs. */
  readonly keep?: Iterable<string>
}

/**
 * Computes the outputs of a graph, and the inner values in `keep`.
 *
 * @param inputs a tensor of the declared type for every input
 * @returns outputs and kept values by name
 * @throws DlpError if an input is missing or of another type, or a kept value does not exist
 */
export function evaluateFloat(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  options: FloatEvaluationOptions = {},
): Map<string, Tensor> {
  const values = new Map<string, Tensor>(graph.constants)
  for (const input of graph.inputs) values.set(input.name, checkedInput(input.name, input, inputs.get(input.name)))
  const requested = new Set([...graph.outputs.map(({ name }) => name), ...(options.keep ?? [])])
  const lastUses = lastUseOfEach(graph)
  const results = new Map<string, Tensor>()
  const note = (name: string, value: Tensor) => requested.has(name) && results.set(name, value)
  for (const [name, value] of values) note(name, value)
  graph.nodes.forEach((node, place) => {
    const operator = requireOperator(node)
    const given = node.inputs.map((name) => values.get(name))
    const call = { node, types: given.map((value) => value && typeOf(value)), values: given }
    inferCall(operator, call)
    const outputs = operator.evaluate(call)
    node.outputs.forEach((name, at) => {
      if (name === '') return
      const value = elementAt(outputs, at)
      values.set(name, value)
      note(name, value)
    })
    for (const name of [...node.inputs, ...node.outputs]) if ((lastUses.get(name) ?? -1) <= place) values.delete(name)
  })
  for (const name of requested)
    if (!results.has(name))
      throw new DlpError({
        where: `graph '${graph.name}'`,
        what: `no value is named '${name}'`,
        help: 'print the graph',
      })
  return results
}

function checkedInput(name: string, declared: ValueType, value: Tensor | undefined): Tensor {
  const found = value && typeOf(value)
  if (value !== undefined && found?.elementType === declared.elementType && sameShape(found.shape, declared.shape))
    return value
  throw new DlpError({
    where: `input '${name}'`,
    what: `found ${describeType(found)}`,
    allowed: describeType(declared),
    help: 'give a tensor of this type',
  })
}

/** Place of the last node that reads each value. */
function lastUseOfEach(graph: Graph): Map<string, number> {
  return new Map(graph.nodes.flatMap(({ inputs }, place) => inputs.map((name) => [name, place] as const)))
}
