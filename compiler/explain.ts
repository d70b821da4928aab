// What became of every operator of a model's file, and why: a layer, a task of the host, a constant, or nothing.

import { unreachable } from '../base/error.ts'
import { consumers, type FloatGraph, type Node, producers } from './graph/graph.ts'
import type { NodeReplacement, RewriteHistory } from './graph/history.ts'
import { isQuantize } from './graph/operators/grid.ts'
import type { Origin } from './graph/origins.ts'
import { interfaceRewrites } from './passes/machine-interface.ts'
import { pairsToGrids } from './passes/quantized/pairs-to-grids.ts'
import { qonnxToGrids } from './passes/quantized/qonnx-to-grids.ts'
import type { FloatPlan, FloatLayer } from './quantize/plan.ts'

/** The possible outcomes for an operator. */
export const outcomes = {
  layer: 'a layer of the machine computes it, alone or with other operators',
  view: 'it only reorders or reshapes values, which layers read in place',
  codes: 'it defines the codes of a map or of weights',
  host: 'the host computes it, or it is part of the interface',
  constant: 'the compiler computes its result',
  removed: 'it has no effect on the outputs, or other operators replace it',
} as const

export interface OperatorOutcome {
  /** its name in the file; without a name, its first output */
  readonly node: string
  readonly op: string
  readonly outcome: keyof typeof outcomes
  /** names of the layers that compute it, or read its inputs through it */
  readonly layers: readonly string[]
  /** the passes that changed it, each with its reason */
  readonly why: readonly string[]
}

/** An operator of the file while its replacements are followed. */
interface TracedOperator {
  readonly origin: Origin
  readonly why: Set<string>
  /** the last replacement of it */
  last?: NodeReplacement
}

/**
 * The outcomes of all operators, in the order of the file.
 * @param read the graph as read from the file
 * @param form its form after the passes (`machineForm`)
 * @param plan the layers of that form (`fuse`)
 */
export function explain(read: FloatGraph, form: FloatGraph, plan: FloatPlan): OperatorOutcome[] {
  const traced = new Map<string, TracedOperator>()
  const contents = new Map<string, ReadonlySet<TracedOperator>>()
  for (const node of read.nodes) {
    const origin = originOf(read, node)
    const key = `${origin.op} ${origin.name ?? ''} ${origin.output}`
    const found = traced.get(key) ?? { origin, why: new Set() }
    traced.set(key, found)
    contents.set(node.name, new Set([found]))
    if (origin.op === 'If') found.why.add('its condition is constant: the branch that is taken replaces it')
  }
  if (form.history !== undefined) follow(form.history, contents)
  const layers = new LayersOf(form, plan)
  const remaining = new Map<TracedOperator, Node[]>()
  for (const node of form.nodes)
    for (const operator of contents.get(node.name) ?? [])
      remaining.set(operator, [...(remaining.get(operator) ?? []), node])
  return [...traced.values()].map((operator) => outcomeOf(operator, remaining.get(operator) ?? [], layers))
}

const originOf = ({ origins }: FloatGraph, node: Node): Origin =>
  origins?.originOf(node) ?? { name: node.name, op: node.op, output: node.outputs[0] ?? '' }

/** Follows the replacements. @param contents [node names] the operators of the file that a node has replaced */
function follow({ replacements }: RewriteHistory, contents: Map<string, ReadonlySet<TracedOperator>>): void {
  for (const replacement of replacements) {
    const { by, from, to } = replacement
    const moved = new Set<TracedOperator>()
    for (const name of from) {
      for (const operator of contents.get(name) ?? []) {
        // A node that is replaced by one of the same name was only updated: no reason to report.
        if (!to.includes(name)) operator.why.add(`${by.name}: ${by.why}`)
        operator.last = replacement
        moved.add(operator)
      }
      contents.delete(name)
    }
    for (const name of to) contents.set(name, new Set([...(contents.get(name) ?? []), ...moved]))
  }
}

/** Passes that remove operators which only define codes. */
const gridPasses: ReadonlySet<string> = new Set([pairsToGrids.name, qonnxToGrids.name])

const interfaceNames: ReadonlySet<string> = new Set(interfaceRewrites.map(({ name }) => name))

/** Operators without a layer of their own: the layer that reads them computes them. */
const averages: ReadonlySet<string> = new Set(['GlobalAveragePool'])

function outcomeOf({ origin, why, last }: TracedOperator, left: readonly Node[], layersOf: LayersOf): OperatorOutcome {
  const own = left.flatMap((node) => layersOf.computing(node))
  const readers = own.length > 0 ? [] : left.flatMap((node) => layersOf.reading(node))
  return {
    node: origin.name ?? origin.output,
    op: origin.op,
    outcome: own.length > 0 ? 'layer' : left.length > 0 ? outcomeWithoutLayer(left) : outcomeOfRemoval(last),
    layers: [...new Set([...own, ...readers])],
    why: [...why],
  }
}

function outcomeWithoutLayer(left: readonly Node[]): OperatorOutcome['outcome'] {
  if (left.some(({ op }) => averages.has(op))) return 'layer'
  return left.every((node) => node.op === 'Weights' || isQuantize(node)) ? 'codes' : 'view'
}

function outcomeOfRemoval(last: NodeReplacement | undefined): OperatorOutcome['outcome'] {
  if (last !== undefined && gridPasses.has(last.by.name)) return 'codes'
  if (last !== undefined && interfaceNames.has(last.by.name)) return 'host'
  return last?.isConstant === true ? 'constant' : 'removed'
}

/** The layers of a plan by the nodes that they compute, and by the nodes through which they read. */
class LayersOf {
  readonly #layers = new Map<string, string[]>()
  readonly #consumers: ReadonlyMap<string, readonly Node[]>
  readonly #read = new Map<Node, readonly string[]>()

  constructor(form: FloatGraph, { layers }: FloatPlan) {
    const names = new Set(form.nodes.map(({ name }) => name))
    const producer = producers(form)
    const readers = new Map<string, string[]>()
    // In reverse: a layer that computes no node by itself, such as half of an activation, belongs to the nodes of its consumers.
    for (const layer of layers.toReversed()) {
      const value = layer.kind === 'logits' ? layer.value : layer.output.name
      const computed = layer.nodes.filter((name) => names.has(name))
      const own = computed.length > 0 ? computed : (producer.get(value)?.name ?? readers.get(value) ?? [])
      const nodes = typeof own === 'string' ? [own] : own
      for (const node of nodes) this.#layers.set(node, [layer.name, ...(this.#layers.get(node) ?? [])])
      for (const map of mapsOf(layer)) readers.set(map, [...(readers.get(map) ?? []), ...nodes])
    }
    this.#consumers = consumers(form)
    for (const node of form.nodes.toReversed()) this.#read.set(node, this.#readersOf(node))
  }

  /** Names of the layers that compute a node. */
  computing({ name }: Node): readonly string[] {
    return this.#layers.get(name) ?? []
  }

  /** Names of the layers that read the result of a node, also through nodes without a layer. */
  reading(node: Node): readonly string[] {
    return this.#read.get(node) ?? []
  }

  #readersOf({ outputs }: Node): readonly string[] {
    const reading = outputs.flatMap((name) => this.#consumers.get(name) ?? [])
    return [
      ...new Set(
        reading.flatMap((node) => (this.computing(node).length > 0 ? this.computing(node) : this.reading(node))),
      ),
    ]
  }
}

function mapsOf(step: FloatLayer): readonly string[] {
  switch (step.kind) {
    case 'linear':
      return step.sources.map(({ map }) => map)
    case 'logits':
      return [step.source.map]
    case 'maxPool':
      return [step.source]
    default:
      return unreachable(step)
  }
}
