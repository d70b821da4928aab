// Builds a graph node by node, for the example models and for tests.

import { elementAt } from '../../base/defined.ts'
import type { Attributes, Graph, Node, Value } from './graph.ts'
import { inferTypes } from './infer-types.ts'
import { originsOf } from './origins.ts'
import { type ElementType, type Tensor, type ValueType } from './tensor.ts'
import { verifyStructure } from './verify.ts'

export interface NodeOptions {
  /** Unique; `Op_N` where absent. */
  readonly name?: string
  /** Names of the outputs; `name_output_N` where absent. */
  readonly outputs?: readonly string[]
  readonly domain?: string
}

/** A graph under construction. Every method returns the name of the value that it defines. */
export class GraphBuilder {
  readonly #name: string
  readonly #opset: number
  readonly #inputs: Value[] = []
  readonly #nodes: Node[] = []
  readonly #constants = new Map<string, Tensor>()
  readonly #metadata = new Map<string, string>()

  constructor(name: string, opset = 17) {
    this.#name = name
    this.#opset = opset
  }

  input(name: string, shape: readonly number[], elementType: ElementType = 'float32'): string {
    this.#inputs.push({ name, elementType, shape: [...shape] })
    return name
  }

  constant(name: string, value: Tensor): string {
    if (this.#constants.has(name)) throw new Error(`the constant '${name}' exists`)
    this.#constants.set(name, value)
    return name
  }

  /** Adds a node; returns its first output. */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}, options: NodeOptions = {}): string {
    const name = options.name ?? `${op}_${this.#nodes.length}`
    const outputs = options.outputs ?? [`${name}_output_0`]
    const domain = options.domain === undefined ? {} : { domain: options.domain }
    this.#nodes.push({ name, op, ...domain, inputs: [...inputs], outputs: [...outputs], attributes })
    return elementAt(outputs, 0)
  }

  /** Adds a line of metadata. */
  metadata(key: string, value: string): void {
    this.#metadata.set(key, value)
  }

  /**
   * The graph with these values as outputs.
   *
   * @throws DlpError if it breaks a law of graphs
   */
  build(outputs: readonly string[]): Graph {
    const graph: Graph = {
      name: this.#name,
      inputs: [...this.#inputs],
      outputs: [],
      nodes: [...this.#nodes],
      constants: new Map(this.#constants),
      opset: this.#opset,
      metadata: new Map(this.#metadata),
      warnings: [],
    }
    verifyStructure(graph)
    const types = inferTypes(graph)
    return {
      ...graph,
      origins: originsOf(graph),
      outputs: outputs.map((name): Value => ({ name, ...defined(name, types.get(name)) })),
    }
  }
}

function defined(name: string, type: ValueType | undefined): ValueType {
  if (type === undefined) throw new Error(`the output '${name}' is not defined`)
  return type
}
