// A graph of operators as one immutable value: the representation of a model until it is quantised.

import type { Arrangement, InputStep } from '../../isa/program.ts'
import type { RewriteHistory } from './history.ts'
import type { Origins } from './origins.ts'
import type { Tensor, ValueType } from './tensor.ts'

/** An attribute of a node: ints and floats are numbers, a list is an array, a tensor stays one. */
export type Attribute = number | string | readonly number[] | readonly string[] | Tensor
export type Attributes = Readonly<Record<string, Attribute>>

/** One use of an operator. Values are referred to by name. */
export interface Node {
  /** Unique within the graph. */
  readonly name: string
  /** ONNX's name of the operator, such as `Conv`. */
  readonly op: string
  /** The operator set; absent for ONNX's own. */
  readonly domain?: string
  /** Names of values; '' stands for an absent optional input. */
  readonly inputs: readonly string[]
  /** Names of the values that this node defines; '' for an unused optional output. */
  readonly outputs: readonly string[]
  readonly attributes: Attributes
}

/** A named value with its type. */
export interface Value extends ValueType {
  readonly name: string
}

/** How the inputs and outputs of the model differ from those of the graph, which the host adapts: see `passes/machine-interface.ts`. */
export interface HostInterface {
  /** arithmetic that the host does on the model's input before the graph reads it */
  readonly inputSteps?: readonly InputStep[]
  /** the model's order of elements and shape, where they differ from the graph's */
  readonly inputArrangement?: Arrangement
  readonly outputArrangement?: Arrangement
  /** the graph ends before the model's last operators, such as Softmax, and its outputs are real values */
  readonly isTruncated?: true
}

/**
 * A graph in topological order. Every value is an input, a constant or the output of one node, and is defined before it is used.
 * The types of inner values are a function of the graph: `inferTypes`.
 */
export interface Graph {
  readonly name: string
  /** Values that the caller supplies, activations as [1, channels, height, width]. Constants are not among them. */
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  /** Each node stands after the nodes whose outputs it reads. */
  readonly nodes: readonly Node[]
  readonly constants: ReadonlyMap<string, Tensor>
  /** ONNX operator set version of the main domain. */
  readonly opset: number
  /** `metadata_props` and producer of the model. */
  readonly metadata: ReadonlyMap<string, string>
  /** Sentences for the user about assumptions and doubts. */
  readonly warnings: readonly string[]
  /** The origins, in the file, of names that the compiler created; shared by all graphs derived from the file. */
  readonly origins?: Origins
  /** The replacements of nodes by passes; shared likewise. */
  readonly history?: RewriteHistory
  /** Absent where the inputs and outputs of the graph are those of the model. */
  readonly host?: HostInterface
}

/** A graph whose operators work on float tensors. */
export type FloatGraph = Graph

/** The node that defines each value. */
export function producers(graph: Graph): Map<string, Node> {
  return new Map(
    graph.nodes.flatMap((node) => node.outputs.filter((name) => name !== '').map((name) => [name, node] as const)),
  )
}

/** The nodes that read each value, in graph order; a value without consumers is absent. Graph outputs are not counted. */
export function consumers(graph: Graph): Map<string, Node[]> {
  const found = new Map<string, Node[]>()
  for (const node of graph.nodes)
    for (const name of new Set(node.inputs)) {
      if (name === '') continue
      const list = found.get(name)
      if (list === undefined) found.set(name, [node])
      else list.push(node)
    }
  return found
}
