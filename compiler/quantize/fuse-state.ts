// What the fuser knows while it walks the graph: maps that exist, sums that may still grow, vectors that are views of maps.

import { defined, elementAt, elements } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import type { FloatGraph, Node } from '../graph/graph.ts'
import { type Analysis, callOf } from '../graph/infer-types.ts'
import type { Call } from '../graph/operator.ts'
import type { Tensor } from '../graph/tensor.ts'
import { listNames } from './node-names.ts'
import type { FloatPlan, LinearStep, MaxPoolStep, PlannedMap, PlanStep } from './plan.ts'
import { isQuantize } from '../graph/operators/grid.ts'
import { AssumedGrids } from './assumed-grids.ts'
import type { FuseOptions, GivenWeights } from './fuse-options.ts'
import { unquantised } from './unquantised.ts'
import { neverSaturates, reachOf } from './reach.ts'
import { summands } from './summands.ts'
import { add, identity, isNearlyOpen, isOpen, needed, type Sum, withoutMean } from './sum.ts'
import { WindowKinds } from './window-kinds.ts'
import { sharedGrid, type Vector, type View, viewOf, wholeMap } from './view.ts'

/** A layer's table holds four geometries: sources with one more kind of window would have to be split off. */
const maximumWindows = 4

export class FuseState {
  readonly #graph: FloatGraph
  readonly #analysis: Analysis
  readonly #consumers: ReadonlyMap<string, readonly Node[]>
  readonly #maps = new Map<string, PlannedMap>()
  readonly #depth = new Map<string, number>()
  readonly #windows = new WindowKinds((map) => defined(this.#maps.get(map)))
  readonly #sums = new Map<string, Sum>()
  readonly #vectors = new Map<string, Vector>()
  readonly #weights = new Map<string, GivenWeights>()
  readonly #views = new Map<string, View>()
  readonly #steps: PlanStep[] = []
  readonly #assumed: AssumedGrids
  readonly #outputs: ReadonlySet<string>
  #output = ''
  /** True for a graph that brings its own grids: every map needs one. */
  readonly isGiven: boolean
  readonly isExact: boolean
  readonly isSeparate: boolean
  readonly isOutline: boolean
  readonly #givesCodes: boolean

  constructor(
    graph: FloatGraph,
    analysis: Analysis,
    consumersOf: ReadonlyMap<string, readonly Node[]>,
    { exact = false, separate = false, outline = false, givesCodes = false, outputRange }: FuseOptions = {},
  ) {
    this.#graph = graph
    this.#outputs = new Set(graph.outputs.map(({ name }) => name))
    this.isGiven = graph.nodes.some(isQuantize)
    this.isExact = exact
    this.isSeparate = separate
    this.isOutline = outline
    this.#givesCodes = givesCodes
    this.#assumed = new AssumedGrids((name) => this.readersOf(name), this.#outputs, outputRange)
    this.#analysis = analysis
    this.#consumers = consumersOf
    this.#addMap(this.extents(elementAt(graph.inputs, 0).name), 0)
  }

  call(node: Node): Call {
    return callOf(node, this.#analysis)
  }

  /** The value if it is constant. */
  constant(name: string): Tensor | undefined {
    return this.#analysis.values.get(name)
  }

  shapeOf(name: string): readonly number[] {
    return this.#analysis.types.get(name)?.shape ?? []
  }

  /** A value [1, C, H, W] or [1, C] as a map of that size. */
  extents(name: string): PlannedMap {
    const shape = this.shapeOf(name)
    if (shape[0] !== 1 || (shape.length !== 4 && shape.length !== 2) || shape.some((extent) => extent < 1))
      throw new DlpError({
        where: `value '${name}'`,
        what: `its shape is [${shape.join(',')}]`,
        allowed: '[1, channels, height, width] or [1, channels], nothing empty',
        help: 'fix the batch size to 1',
      })
    return { name, channels: elementAt(shape, 1), height: shape[2] ?? 1, width: shape[3] ?? 1 }
  }

  /** Forgets the sum of a value that a node has taken up and nobody else reads: a chain of nodes holds one sum, not all. */
  release(name: string): void {
    if (this.isPrivate(name)) this.#sums.delete(name)
  }

  defineSum(name: string, sum: Sum): void {
    this.#sums.set(name, sum)
  }

  defineWeights(name: string, weights: GivenWeights): void {
    this.#weights.set(name, weights)
  }

  /** Integer weights with their scales, where a graph brings them. */
  givenWeights(name: string): GivenWeights | undefined {
    return this.#weights.get(name)
  }

  /** The value is another name of a map; the graph's input may get its grid by it. */
  defineAlias(name: string, map: PlannedMap): void {
    if (this.#maps.get(map.name)?.grid !== map.grid) this.#maps.set(map.name, map)
    this.#maps.set(name, map)
    this.#depth.set(name, defined(this.#depth.get(map.name)))
  }

  /** The map of that name, if the value is one already. */
  knownMap(name: string): PlannedMap | undefined {
    return this.#maps.get(name)
  }

  defineVector(name: string, vector: Vector): void {
    this.#vectors.set(name, vector)
  }

  defineView(name: string, view: View): void {
    this.#views.set(name, view)
  }

  /** The value as channels of maps. */
  viewOf(name: string): View {
    return this.#views.get(name) ?? viewOf(this.mapOf(name))
  }

  /** The value as a map; a sum that was pending becomes a layer, and so does a view of several maps. */
  mapOf(name: string): PlannedMap {
    const known = this.#maps.get(name)
    if (known !== undefined && (known.grid !== undefined || !this.isGiven)) return known
    if (known !== undefined) throw unquantised(name)
    const view = this.#views.get(name)
    if (view !== undefined)
      return wholeMap(view) ?? this.#emit(name, { ...identity(view, name), grid: sharedGrid(view) })
    const vector = this.#vectors.get(name)
    if (vector !== undefined && !vector.isMean && vector.map.height * vector.map.width === 1) return vector.map
    const sum = this.#sums.get(name) ?? (vector?.isMean === true ? this.#meanOf(name, vector) : undefined)
    if (sum === undefined)
      throw new DlpError({
        where: `value '${name}'`,
        what: 'a flattened map cannot be read as a map',
        allowed: 'a flattened map feeds a Gemm',
      })
    return this.#emit(name, sum)
  }

  /** The value as a vector over a map. */
  vectorOf(name: string): Vector {
    return this.#vectors.get(name) ?? { map: this.mapOf(name), isMean: false }
  }

  isVector(name: string): boolean {
    return this.#vectors.has(name)
  }

  /** The value as a sum that a node may extend: the pending one if nobody else needs the value, else the map itself. */
  sumOf(name: string, node: Node, needsOpen: boolean): Sum {
    const pending = this.pending(name)
    if (pending !== undefined && this.isPrivate(name) && (!needsOpen || isOpen(pending))) return pending
    return identity(this.viewOf(name), node.name)
  }

  /** The sum of a value that is not a map yet. */
  pending(name: string): Sum | undefined {
    const vector = this.#vectors.get(name)
    return this.#maps.has(name)
      ? undefined
      : (this.#sums.get(name) ?? (vector?.isMean === true ? this.#meanOf(name, vector) : undefined))
  }

  /** True if one node reads the value and it is no output. */
  isPrivate(name: string): boolean {
    return (this.#consumers.get(name)?.length ?? 0) <= 1 && !this.#outputs.has(name)
  }

  /** Both sums in one layer, the convolution with the deeper source being the main one. */
  addSums(names: readonly [string, string], node: Node): Sum {
    const [first, second] = summands(this, names, node)
    const firstIsMain = this.depthOf(first) >= this.depthOf(second)
    const kinds = this.#windows.ofBoth(first.sources, second.sources)
    if (kinds.size <= maximumWindows && first.mean === undefined && second.mean === undefined)
      return this.#windows.noted(add(first, second, firstIsMain), kinds)
    const [left, right] = names
    const ofMap = (name: string): Sum => identity(viewOf(this.mapOf(name)), node.name)
    return add(ofMap(left), ofMap(right), true)
  }

  /** The nodes that read a value. */
  readersOf(name: string): readonly Node[] {
    return this.#consumers.get(name) ?? []
  }

  /** Of the deepest map that a convolution in the sum reads; −1 without any. */
  depthOf(sum: Sum): number {
    return sum.sources.reduce(
      (most, { map, role }) => (role === 'main' ? Math.max(most, defined(this.#depth.get(map))) : most),
      -1,
    )
  }

  addPool(step: MaxPoolStep): void {
    this.#steps.push(step)
    this.#addMap(step.output, defined(this.#depth.get(step.source)) + 1)
  }

  /** Makes the graph's output a logits step where its form allows, else a map. */
  finish(name: string): void {
    const sum = this.pending(name)
    const source = sum?.sources[0]
    if (sum !== undefined && source !== undefined && this.#isLogits(sum)) {
      const pixels = sum.mean === undefined ? 1 : sum.mean.height * sum.mean.width
      const { bias } = sum
      this.#steps.push({
        kind: 'logits',
        name: source.node,
        nodes: listNames(sum.nodes),
        source,
        bias,
        pixels,
        value: name,
      })
      this.#output = source.node
      return
    }
    const vector = this.#vectors.get(name)
    this.#output = (vector !== undefined && !vector.isMean ? vector.map : this.mapOf(name)).name
  }

  plan(): FloatPlan {
    return {
      name: this.#graph.name,
      input: defined(this.#maps.get(elementAt(this.#graph.inputs, 0).name)),
      steps: this.#steps,
      output: this.#output,
      ...(this.#assumed.all.length === 0 ? {} : { assumed: this.#assumed.all }),
    }
  }

  /** One source whose window fits exactly once, or a mean; nothing bounds it, and no rounding is left out that could saturate. */
  #isLogits(sum: Sum): boolean {
    if (this.#givesCodes || sum.sources.length !== 1) return false
    if (!isOpen(sum) && (this.isExact || !isNearlyOpen(sum) || !this.#neverSaturates(sum))) return false
    if (sum.mean !== undefined) return true
    const [{ map, kernel, pads, role }] = elements(sum.sources, 1)
    const { height, width } = defined(this.#maps.get(map))
    return role === 'main' && kernel[0] === height && kernel[1] === width && pads[0] === 0 && pads[1] === 0
  }

  #neverSaturates(sum: Sum): boolean {
    return sum.grid === undefined || neverSaturates(reachOf(sum, this.#gridOf), sum.grid)
  }

  #meanOf(name: string, { map, grid }: Vector): Sum {
    const sum = identity(viewOf(map), name)
    return {
      ...sum,
      sources: sum.sources.map(needed),
      mean: { height: map.height, width: map.width },
      ...(grid && { grid }),
    }
  }

  /** A sum as a map that the graph has no name for. */
  mapOfSum(sum: Sum, output: PlannedMap): PlannedMap {
    return this.#emit(output.name, sum, output)
  }

  /** A mean of one source is summed over its pixels; of several (which no rule makes) it is a kernel as large as the map. */
  #emit(name: string, whole: Sum, planned = this.extents(name)): PlannedMap {
    const sum = whole.sources.length === 1 ? whole : withoutMean(whole)
    const grid = this.isGiven ? (sum.grid ?? this.#assumed.gridFor(name, () => reachOf(sum, this.#gridOf))) : undefined
    const output: PlannedMap = this.isGiven ? { ...planned, grid } : planned
    const main = sum.sources.find((source) => source.role === 'main')
    const { sources, bias, low, high, mean } = sum
    const nodes = listNames(sum.nodes)
    const step: LinearStep = {
      kind: 'linear',
      name: main?.node ?? nodes.at(-1) ?? name,
      nodes,
      sources,
      bias,
      low,
      high,
      ...(mean === undefined ? {} : { pixels: mean.height * mean.width }),
      output,
    }
    this.#steps.push(step)
    this.#addMap(output, sources.reduce((most, { map }) => Math.max(most, defined(this.#depth.get(map))), -1) + 1)
    return output
  }

  readonly #gridOf = (map: string) => this.#maps.get(map)?.grid

  #addMap(map: PlannedMap, depth: number): void {
    this.#maps.set(map.name, map)
    this.#depth.set(map.name, depth)
  }
}
