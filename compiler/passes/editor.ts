// Edits a graph during one run of a pass; the only mutable state of the passes.

import { type Graph, type Node, consumers, producers } from '../graph/graph.ts'
import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { type Analysis, analyse, callOf, requireOperator } from '../graph/infer-types.ts'
import { Names } from '../graph/names.ts'
import { type Call, inferCall } from '../graph/operator.ts'
import type { Tensor, ValueType } from '../graph/tensor.ts'

/**
 * A graph with its analysis, and edits to it. Queries refer to the graph before the edits. An edit of a node or value that another edit has
 * changed has no effect; the passes run again until nothing changes.
 */
export class GraphEditor {
  readonly graph: Graph
  readonly #analysis: Analysis
  readonly #outputs: ReadonlySet<string>
  // Computed on demand, since most passes need only some of them.
  #producers?: ReadonlyMap<string, Node>
  #consumers?: ReadonlyMap<string, readonly Node[]>
  #places?: ReadonlyMap<Node, number>
  #names?: Names
  readonly #edited = new Set<Node>()
  readonly #replaced = new Map<Node, readonly Node[]>()
  readonly #changes: (readonly [from: readonly Node[], to: readonly Node[]])[] = []
  readonly #folded = new Set<Node>()
  readonly #constants = new Map<string, Tensor>()
  readonly #renamed = new Map<string, string>()

  constructor(graph: Graph) {
    this.graph = graph
    this.#analysis = analyse(graph)
    this.#outputs = new Set(graph.outputs.map(({ name }) => name))
  }

  call(node: Node): Call {
    return callOf(node, this.#analysis)
  }

  type(name: string): ValueType {
    const type = this.#analysis.types.get(name)
    if (type === undefined) throw new Error(`no type of '${name}'`)
    return type
  }

  isTyped(name: string): boolean {
    return this.#analysis.types.has(name)
  }

  constant(name: string | undefined): Tensor | undefined {
    return name === undefined ? undefined : this.graph.constants.get(name)
  }

  producer(name: string): Node | undefined {
    return (this.#producers ??= producers(this.graph)).get(name)
  }

  /** The producer of a value, if that has exactly one consumer and is not an output of the graph. */
  singleUseProducer(name: string): Node | undefined {
    return this.#outputs.has(name) || this.#readers().get(name)?.length !== 1 ? undefined : this.producer(name)
  }

  /** True if the node was replaced or removed in this run: a rewrite that depends on it must wait for the next run. */
  isEdited(node: Node): boolean {
    return this.#edited.has(node)
  }

  isUsed(name: string): boolean {
    return this.#outputs.has(name) || this.#readers().has(name)
  }

  /** The nodes that read a value. */
  consumers(name: string): readonly Node[] {
    return this.#readers().get(name) ?? []
  }

  isOutput(name: string): boolean {
    return this.#outputs.has(name)
  }

  /** True if a new node, whose inputs are values of the graph, meets the constraints of its operator. */
  meetsConstraints(node: Node): boolean {
    try {
      inferCall(requireOperator(node), this.call(node))
      return true
    } catch (error) {
      if (error instanceof DlpError) return false
      throw error
    }
  }

  /** Adds a constant and returns its name, which is derived from the hint. */
  addConstant(hint: string, value: Tensor): string {
    const name = this.fresh(hint)
    this.#constants.set(name, value)
    return name
  }

  /** A name that is not used in the graph. */
  fresh(hint: string): string {
    this.#names ??= new Names([...this.#analysis.types.keys(), ...this.graph.nodes.map(({ name }) => name)])
    return this.#names.fresh(hint)
  }

  /** Replaces nodes by others, at the position of the last of `nodes`; has no effect if one of them is edited already. */
  replace(nodes: readonly Node[], by: readonly Node[]): void {
    if (nodes.some((node) => this.#edited.has(node))) return
    for (const node of nodes) {
      this.#edited.add(node)
      this.#replaced.set(node, [])
    }
    const last = nodes.reduce((a, b) => (this.#place(a) > this.#place(b) ? a : b))
    this.#replaced.set(last, by)
    this.#changes.push([nodes, by])
    this.#recordOrigins(nodes, last, by)
  }

  /** The origin of a new node is that of the replaced node from whose name its own is derived, else that of the last. */
  #recordOrigins(nodes: readonly Node[], last: Node, by: readonly Node[]): void {
    for (const node of by) {
      const named = nodes.filter(({ name }) => node.name.startsWith(name))
      const hinted = named.reduce<Node | undefined>(
        (a, b) => (a !== undefined && a.name.length > b.name.length ? a : b),
        undefined,
      )
      this.graph.origins?.addRewritten([node], hinted ?? last)
    }
  }

  /** Removes a node whose first output is equal to its first input; has no effect if it is edited already. */
  bypass(node: Node): void {
    const [from, to] = [this.#currentName(elementAt(node.inputs, 0)), elementAt(node.outputs, 0)]
    if (this.#edited.has(node)) return
    if (!this.#outputs.has(to)) this.#renamed.set(to, from)
    // An output of the graph keeps its name, which is given to the input of the removed node.
    else if (this.producer(from) !== undefined && !this.#outputs.has(from)) this.#renamed.set(from, to)
    else return
    this.#edited.add(node)
    this.#changes.push([[node], []])
    this.#replaced.set(node, [])
  }

  /** The name that a value has after the edits so far. */
  #currentName(name: string): string {
    let now = name
    for (let next = this.#renamed.get(now); next !== undefined; next = this.#renamed.get(now)) now = next
    return now
  }

  /** Replaces a node by constants with the names of its outputs. */
  fold(node: Node, values: ReadonlyMap<string, Tensor>): void {
    this.replace([node], [])
    this.#folded.add(node)
    for (const [name, value] of values) this.#constants.set(name, value)
  }

  /** The edited graph; the same object if nothing was edited. */
  result(): Graph {
    if (this.#replaced.size === 0) return this.graph
    for (const [from, to] of this.#changes)
      this.graph.history?.record(
        from,
        to,
        from.every((node) => this.#folded.has(node)),
      )
    const nodes = this.graph.nodes.flatMap((node) => this.#replaced.get(node) ?? [node])
    const rename = (name: string) => this.#currentName(name)
    return {
      ...this.graph,
      nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) })),
      constants: new Map([...this.graph.constants, ...this.#constants]),
    }
  }

  #readers(): ReadonlyMap<string, readonly Node[]> {
    return (this.#consumers ??= consumers(this.graph))
  }

  #place(node: Node): number {
    this.#places ??= new Map(this.graph.nodes.map((each, place) => [each, place]))
    return this.#places.get(node) ?? 0
  }
}
