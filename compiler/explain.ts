// Where every operator of a model's file went, and why: a layer, the host, a constant, or nothing.

import { unreachable } from '../base/error.ts'
import { consumers, type FloatGraph, type Node, producers } from './graph/graph.ts'
import type { NodeReplacement, History } from './graph/history.ts'
import { isQuantize } from './graph/operators/grid.ts'
import type { Origin } from './graph/origins.ts'
import { edges } from './passes/machine-interface.ts'
import { pairsToGrids } from './passes/quantized/pairs-to-grids.ts'
import { qonnxToGrids } from './passes/quantized/qonnx-to-grids.ts'
import type { FloatPlan, FloatLayer } from './quantize/plan.ts'

/** What may become of an operator. */
export const fates = {
  layer: 'a layer of the machine does it, by itself or as a part',
  view: 'it only orders or shapes values, which layers read where they lie',
  codes: 'it says which codes a map or weights have',
  host: 'the host does it, or it is a part of the interface',
  constant: 'it is computed once, by the compiler',
  nothing: 'it computes nothing that is left',
} as const

export interface OperatorFate {
  /** its name in the file; of one without a name its first output */
  readonly node: string
  readonly op: string
  readonly went: keyof typeof fates
  /** names of the layers that do it, or read through it */
  readonly layers: readonly string[]
  /** the passes that changed it, each with its reason */
  readonly why: readonly string[]
}

/** An operator of the file on its way. */
interface Traveller {
  readonly origin: Origin
  readonly why: Set<string>
  /** the last change that took it from its place */
  end?: NodeReplacement
}

/**
 * The fates of all operators, in the order of the file.
 * @param read the graph as the file has it
 * @param form what became of it: `machineForm`
 * @param plan what became of that: `fuse`
 */
export function explain(read: FloatGraph, form: FloatGraph, plan: FloatPlan): OperatorFate[] {
  const travellers = new Map<Origin | string, Traveller>()
  const places = new Map<string, ReadonlySet<Traveller>>()
  for (const node of read.nodes) {
    const origin = originOf(read, node)
    const key = `${origin.op} ${origin.name ?? ''} ${origin.output}`
    const found = travellers.get(key) ?? { origin, why: new Set() }
    travellers.set(key, found)
    places.set(node.name, new Set([found]))
    if (origin.op === 'If') found.why.add('its condition is known: the branch that it takes stands in its place')
  }
  if (form.history !== undefined) follow(form.history, places)
  const layers = new LayersOf(form, plan)
  const left = new Map<Traveller, Node[]>()
  for (const node of form.nodes)
    for (const traveller of places.get(node.name) ?? []) left.set(traveller, [...(left.get(traveller) ?? []), node])
  return [...travellers.values()].map((traveller) => fateOf(traveller, left.get(traveller) ?? [], layers))
}

const originOf = ({ origins }: FloatGraph, node: Node): Origin =>
  origins?.originOf(node) ?? { name: node.name, op: node.op, output: node.outputs[0] ?? '' }

/** Moves operators along the changes: places are names of nodes, with the operators of the file that are in each. */
function follow({ changes }: History, places: Map<string, ReadonlySet<Traveller>>): void {
  for (const change of changes) {
    const { by, from, to } = change
    const moved = new Set<Traveller>()
    for (const name of from) {
      for (const traveller of places.get(name) ?? []) {
        // A node that was only written anew has met no fate.
        if (!to.includes(name)) traveller.why.add(`${by.name}: ${by.why}`)
        traveller.end = change
        moved.add(traveller)
      }
      places.delete(name)
    }
    for (const name of to) places.set(name, new Set([...(places.get(name) ?? []), ...moved]))
  }
}

/** Passes after which nothing is left of what only said which codes there are. */
const gridNames: ReadonlySet<string> = new Set([pairsToGrids.name, qonnxToGrids.name])

const edgeNames: ReadonlySet<string> = new Set(edges.map(({ name }) => name))

/** Operators of no layer's own that the layer computes which reads them. */
const averages: ReadonlySet<string> = new Set(['GlobalAveragePool'])

function fateOf({ origin, why, end }: Traveller, left: readonly Node[], layersOf: LayersOf): OperatorFate {
  const own = left.flatMap((node) => layersOf.by(node))
  const readers = own.length > 0 ? [] : left.flatMap((node) => layersOf.readers(node))
  return {
    node: origin.name ?? origin.output,
    op: origin.op,
    went: own.length > 0 ? 'layer' : left.length > 0 ? carried(left) : goneBy(end),
    layers: [...new Set([...own, ...readers])],
    why: [...why],
  }
}

function carried(left: readonly Node[]): OperatorFate['went'] {
  if (left.some(({ op }) => averages.has(op))) return 'layer'
  return left.every((node) => node.op === 'Weights' || isQuantize(node)) ? 'codes' : 'view'
}

function goneBy(end: NodeReplacement | undefined): OperatorFate['went'] {
  if (end !== undefined && gridNames.has(end.by.name)) return 'codes'
  if (end !== undefined && edgeNames.has(end.by.name)) return 'host'
  return end?.isConstant === true ? 'constant' : 'nothing'
}

/** The layers of a plan by the nodes that they stand for, and by those that they read through. */
class LayersOf {
  readonly #layers = new Map<string, string[]>()
  readonly #consumers: ReadonlyMap<string, readonly Node[]>
  readonly #read = new Map<Node, readonly string[]>()

  constructor(form: FloatGraph, { layers: steps }: FloatPlan) {
    const names = new Set(form.nodes.map(({ name }) => name))
    const makers = producers(form)
    const readers = new Map<string, string[]>()
    // From the end on: a layer that stands for no node by itself, such as half of an activation, is a part of those that read it.
    for (const step of steps.toReversed()) {
      const value = step.kind === 'logits' ? step.value : step.output.name
      const stood = step.nodes.filter((name) => names.has(name))
      const own = stood.length > 0 ? stood : (makers.get(value)?.name ?? readers.get(value) ?? [])
      const nodes = typeof own === 'string' ? [own] : own
      for (const node of nodes) this.#layers.set(node, [step.name, ...(this.#layers.get(node) ?? [])])
      for (const map of mapsOf(step)) readers.set(map, [...(readers.get(map) ?? []), ...nodes])
    }
    this.#consumers = consumers(form)
    for (const node of form.nodes.toReversed()) this.#read.set(node, this.#readersOf(node))
  }

  by({ name }: Node): readonly string[] {
    return this.#layers.get(name) ?? []
  }

  readers(node: Node): readonly string[] {
    return this.#read.get(node) ?? []
  }

  #readersOf({ outputs }: Node): readonly string[] {
    const reading = outputs.flatMap((name) => this.#consumers.get(name) ?? [])
    return [...new Set(reading.flatMap((node) => (this.by(node).length > 0 ? this.by(node) : this.readers(node))))]
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
