// Operators that are defined by a decomposition into others, which gives their shape inference, their evaluation and their normal form.

import { defined, elementAt } from '../../../base/defined.ts'
import type { Node } from '../graph.ts'
import { type Call, type Operator, inferCall } from '../operator.ts'
import type { Tensor, ValueType } from '../tensor.ts'
import { typeOf } from '../tensor.ts'

/** Nodes that are equivalent to one node; inner values are named after it. */
export interface Decomposition {
  readonly nodes: readonly Node[]
  readonly constants: ReadonlyMap<string, Tensor>
}

export type Decompose = (call: Call) => Decomposition

/** An operator that is defined by its decomposition. */
export interface DecomposedOperator extends Operator {
  readonly decompose: Decompose
}

type Signature = Pick<Operator, 'summary' | 'inputs' | 'attributes' | 'constraints'>

/** Defines an operator by its decomposition. @param lookup the operators of the decomposition, by name */
export function decomposed(
  signature: Signature,
  expand: Decompose,
  lookup: Readonly<Record<string, Operator>>,
): DecomposedOperator {
  return { ...signature, outputs: 1, decompose: expand, infer, evaluate }

  function infer(call: Call): readonly ValueType[] {
    const { nodes, constants } = expand(call)
    const types = new Map<string, ValueType | undefined>(call.node.inputs.map((name, at) => [name, call.types[at]]))
    const values = new Map<string, Tensor | undefined>(call.node.inputs.map((name, at) => [name, call.values[at]]))
    for (const [name, value] of constants) {
      types.set(name, typeOf(value))
      values.set(name, value)
    }
    for (const node of nodes) {
      const [output] = inferCall(defined(lookup[node.op]), {
        node,
        types: node.inputs.map((name) => types.get(name)),
        values: node.inputs.map((name) => values.get(name)),
      })
      types.set(elementAt(node.outputs, 0), output)
    }
    return call.node.outputs.map((name) => defined(types.get(name)))
  }

  function evaluate(call: Call): readonly Tensor[] {
    const { nodes, constants } = expand(call)
    const values = new Map<string, Tensor | undefined>(constants)
    call.node.inputs.forEach((name, at) => values.set(name, call.values[at]))
    for (const node of nodes) {
      const inputs = node.inputs.map((name) => (name === '' ? undefined : values.get(name)))
      const types = inputs.map((value) => (value === undefined ? undefined : typeOf(value)))
      values.set(elementAt(node.outputs, 0), defined(lookup[node.op]).evaluate({ node, types, values: inputs })[0])
    }
    return call.node.outputs.map((name) => defined(values.get(name)))
  }
}

/** Builds the nodes of a decomposition. */
export class DecompositionBuilder {
  readonly #node: Node
  readonly #nodes: Node[] = []
  readonly #constants = new Map<string, Tensor>()

  constructor(node: Node) {
    this.#node = node
  }

  /** The name of an input, '' where absent. */
  input(index: number): string {
    return this.#node.inputs[index] ?? ''
  }

  constant(hint: string, value: Tensor): string {
    const name = `${this.#node.name}.${hint}`
    this.#constants.set(name, value)
    return name
  }

  /** Adds a node; returns its output, which has the same name. */
  add(hint: string, op: string, inputs: readonly string[], attributes: Node['attributes'] = {}): string {
    const name = `${this.#node.name}.${hint}`
    const given = inputs.slice(0, inputs.findLastIndex((input) => input !== '') + 1)
    this.#nodes.push({ name, op, inputs: given, outputs: [name], attributes })
    return name
  }

  /** Dequantises codes, scale and zero point, three inputs from `index` on. */
  real(hint: string, index: number, axis?: number): string {
    const inputs = [this.input(index), this.input(index + 1), this.input(index + 2)]
    return this.add(hint, 'DequantizeLinear', inputs, axis === undefined ? {} : { axis })
  }

  /** Adds the main operator, which keeps the node's name. */
  main(op: string, inputs: readonly string[], attributes: Node['attributes'] = {}): string {
    const output = this.add('real', op, inputs, attributes)
    this.#nodes.push({ ...defined(this.#nodes.pop()), name: this.#node.name })
    return output
  }

  /** Ends the decomposition with the node that defines the output. */
  end(op: string, inputs: readonly string[], attributes: Node['attributes'] = {}): Decomposition {
    this.add('output', op, inputs, attributes)
    const taken = this.#nodes.some(({ name }) => name === this.#node.name)
    const last = defined(this.#nodes.pop())
    this.#nodes.push({ ...last, name: taken ? last.name : this.#node.name, outputs: this.#node.outputs })
    return { nodes: this.#nodes, constants: this.#constants }
  }
}
