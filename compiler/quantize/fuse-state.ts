// The state of the fuser while it visits the nodes of a graph in order: what each value of the graph is, and the layers planned so far.

import { defined, elementAt, elements } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import type { FloatGraph, Node } from '../graph/graph.ts'
import { type Analysis, callOf } from '../graph/infer-types.ts'
import type { Call } from '../graph/operator.ts'
import { isQuantize } from '../graph/operators/grid.ts'
import type { Tensor } from '../graph/tensor.ts'
import { AssumedGrids } from './assumed-grids.ts'
import { unquantisedError } from './lowering-errors.ts'
import { listNames } from './node-names.ts'
import type { FloatLayer, FloatLinearLayer, FloatMaxPoolLayer, FloatPlan, Pair, PlannedMap } from './plan.ts'
import { neverSaturates, type RowRanges, rowRangesOf } from './row-ranges.ts'
import { identity, isExtendable, isExtendableUnrounded, type Sum, withoutMean, withUsefulProducts } from './sum.ts'
import { sharedGrid, type Vector, type View, viewOf, wholeMap } from './view.ts'
import { WindowGeometries } from './window-geometries.ts'

export interface FuseOptions {
  /** Keep every rounding that a quantised graph states, also those inside of what one layer could compute. */
  readonly exact?: boolean
  /** Store one of two convolutions that meet in a sum, the one at the smaller depth, as a map: their weights have different scales. */
  readonly separateConvolutions?: boolean
  /** Plan only which columns the weights have, each once: the capacities that a model needs depend on no more, and it takes no time. */
  readonly outline?: boolean
  /** The graph's output is read as codes: it is a map on its grid. */
  readonly givesCodes?: boolean
  /** Least and greatest value of an output without a quantiser, where they have been measured; absent: the range of its rows. */
  readonly outputRange?: Pair
}

/** Weights of a quantised model: integers, their scales, and the real numbers that both stand for. */
export interface QuantisedWeights {
  readonly codes: Tensor
  readonly values: () => Tensor
  /** [1], or one for each slice along `axis` */
  readonly scale: ArrayLike<number>
  readonly axis: number
}

/**
 * A value of the graph is one of five things: a constant, a map, a *pending sum* (rows that no layer computes yet, so that further nodes can
 * still join them), a vector over a map, or a view of channels of maps.
 *
 * Who changes what: a rule of `fuse-*.ts` defines the outputs of its own node (`defineSum`, `defineVector`, `defineView`, `defineWeights`,
 * `defineAlias`) and never those of another. Layers are appended only here: by `addPool`, by `finish`, and by `mapOf` and `mapOfSum`, which turn a
 * pending sum into a layer and its map. `fuse` calls `release` after each node and `finish` once at the end.
 */
export class FuseState {
  readonly #graph: FloatGraph
  readonly #analysis: Analysis
  readonly #consumers: ReadonlyMap<string, readonly Node[]>
  readonly #outputs: ReadonlySet<string>
  readonly #maps = new Map<string, PlannedMap>()
  /** Layers on the longest way from the input to each map. */
  readonly #depth = new Map<string, number>()
  readonly #sums = new Map<string, Sum>()
  readonly #vectors = new Map<string, Vector>()
  readonly #views = new Map<string, View>()
  readonly #weights = new Map<string, QuantisedWeights>()
  readonly #layers: FloatLayer[] = []
  readonly #assumed: AssumedGrids
  #output = ''
  /** True for a quantised model: every map needs a grid. */
  readonly isQuantised: boolean
  readonly isExact: boolean
  readonly separatesConvolutions: boolean
  readonly isOutline: boolean
  readonly #givesCodes: boolean
  readonly geometries = new WindowGeometries((map) => defined(this.#maps.get(map)))

  constructor(
    graph: FloatGraph,
    analysis: Analysis,
    consumersOf: ReadonlyMap<string, readonly Node[]>,
    { exact = false, separateConvolutions = false, outline = false, givesCodes = false, outputRange }: FuseOptions = {},
  ) {
    this.#graph = graph
    this.#analysis = analysis
    this.#consumers = consumersOf
    this.#outputs = new Set(graph.outputs.map(({ name }) => name))
    this.isQuantised = graph.nodes.some(isQuantize)
    this.isExact = exact
    this.separatesConvolutions = separateConvolutions
    this.isOutline = outline
    this.#givesCodes = givesCodes
    this.#assumed = new AssumedGrids((name) => this.readersOf(name), this.#outputs, outputRange)
    this.#addMap(this.extents(elementAt(graph.inputs, 0).name), 0)
  }

  // The graph.

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

  /** The nodes that read a value. */
  readersOf(name: string): readonly Node[] {
    return this.#consumers.get(name) ?? []
  }

  /** True if at most one node reads the value and it is no output of the graph. */
  isPrivate(name: string): boolean {
    return this.readersOf(name).length <= 1 && !this.#outputs.has(name)
  }

  // What the values are.

  defineSum(name: string, sum: Sum): void {
    this.#sums.set(name, sum)
  }

  defineVector(name: string, vector: Vector): void {
    this.#vectors.set(name, vector)
  }

  defineView(name: string, view: View): void {
    this.#views.set(name, view)
  }

  defineWeights(name: string, weights: QuantisedWeights): void {
    this.#weights.set(name, weights)
  }

  /** Makes the value another name of a map; the graph's input may get its grid in this way. */
  defineAlias(name: string, map: PlannedMap): void {
    if (this.#maps.get(map.name)?.grid !== map.grid) this.#maps.set(map.name, map)
    this.#maps.set(name, map)
    this.#depth.set(name, defined(this.#depth.get(map.name)))
  }

  /** Drops the sum of a value whose only reader has used it: otherwise a chain of nodes would hold as many sums as nodes. */
  release(name: string): void {
    if (this.isPrivate(name)) this.#sums.delete(name)
  }

  /** The value's weights, where it is integers with scales. */
  quantisedWeights(name: string): QuantisedWeights | undefined {
    return this.#weights.get(name)
  }

  /** The map of that name, if there is one yet. */
  existingMap(name: string): PlannedMap | undefined {
    return this.#maps.get(name)
  }

  /** The pending sum of a value that is not a map yet. */
  pending(name: string): Sum | undefined {
    return this.#maps.has(name) ? undefined : this.#pendingOrMean(name)
  }

  /** The value as a sum that a node may extend: the pending one if nothing else reads the value, else the map itself. */
  sumOf(name: string, node: Node, needsExtendable: boolean): Sum {
    const pending = this.pending(name)
    if (pending !== undefined && this.isPrivate(name) && (!needsExtendable || isExtendable(pending))) return pending
    return identity(this.viewOf(name), node.name)
  }

  isVector(name: string): boolean {
    return this.#vectors.has(name)
  }

  /** The value as a vector over a map. */
  vectorOf(name: string): Vector {
    return this.#vectors.get(name) ?? { map: this.mapOf(name), isMean: false }
  }

  /** The value as channels of maps. */
  viewOf(name: string): View {
    return this.#views.get(name) ?? viewOf(this.mapOf(name))
  }

  /** The value as a map: a pending sum becomes a layer, and so does a view of several maps. */
  mapOf(name: string): PlannedMap {
    const map = this.#maps.get(name)
    if (map !== undefined && (map.grid !== undefined || !this.isQuantised)) return map
    if (map !== undefined) throw unquantisedError(name)
    const view = this.#views.get(name)
    if (view !== undefined)
      return wholeMap(view) ?? this.#addLinear(name, { ...identity(view, name), grid: sharedGrid(view) })
    const vector = this.#vectors.get(name)
    if (vector !== undefined && !vector.isMean && vector.map.height * vector.map.width === 1) return vector.map
    const sum = this.#pendingOrMean(name)
    if (sum === undefined)
      throw new DlpError({
        where: `value '${name}'`,
        what: 'a flattened map cannot be read as a map',
        allowed: 'a flattened map feeds a Gemm',
      })
    return this.#addLinear(name, sum)
  }

  /** A sum as a map for which the graph has no name. */
  mapOfSum(sum: Sum, output: PlannedMap): PlannedMap {
    return this.#addLinear(output.name, sum, output)
  }

  /** The depth of the deepest map that a convolution in the sum reads; −1 without a convolution. */
  depthOf(sum: Sum): number {
    return sum.sources.reduce(
      (most, { map, role }) => (role === 'main' ? Math.max(most, defined(this.#depth.get(map))) : most),
      -1,
    )
  }

  /** The values that a sum's rows can take, by the grids of the maps that they read. */
  rangesOf(sum: Sum): RowRanges {
    return rowRangesOf(sum, (map) => this.#maps.get(map)?.grid)
  }

  // The layers.

  addPool(layer: FloatMaxPoolLayer): void {
    this.#layers.push(layer)
    this.#addMap(layer.output, defined(this.#depth.get(layer.source)) + 1)
  }

  /** Makes the graph's output a logits layer where its form allows, else a map. */
  finish(name: string): void {
    const sum = this.pending(name)
    const source = sum?.sources[0]
    if (sum !== undefined && source !== undefined && this.#isLogits(sum)) {
      const pixels = sum.mean === undefined ? 1 : sum.mean.height * sum.mean.width
      const { bias } = sum
      const nodes = listNames(sum.nodes)
      this.#layers.push({ kind: 'logits', name: source.node, nodes, source, bias, pixels, value: name })
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
      layers: this.#layers,
      output: this.#output,
      ...(this.#assumed.all.length === 0 ? {} : { assumed: this.#assumed.all }),
    }
  }

  /** True for one source whose window fits exactly once, or a mean: without bounds, and without a rounding that can saturate. */
  #isLogits(sum: Sum): boolean {
    if (this.#givesCodes || sum.sources.length !== 1) return false
    if (!isExtendable(sum) && (this.isExact || !isExtendableUnrounded(sum) || !this.#neverSaturates(sum))) return false
    if (sum.mean !== undefined) return true
    const [{ map, kernel, pads, role }] = elements(sum.sources, 1)
    const { height, width } = defined(this.#maps.get(map))
    return role === 'main' && kernel[0] === height && kernel[1] === width && pads[0] === 0 && pads[1] === 0
  }

  #neverSaturates(sum: Sum): boolean {
    return sum.grid === undefined || neverSaturates(this.rangesOf(sum), sum.grid)
  }

  #pendingOrMean(name: string): Sum | undefined {
    const vector = this.#vectors.get(name)
    return this.#sums.get(name) ?? (vector?.isMean === true ? this.#meanOf(name, vector) : undefined)
  }

  #meanOf(name: string, { map, grid }: Vector): Sum {
    const sum = identity(viewOf(map), name)
    return {
      ...sum,
      sources: sum.sources.map(withUsefulProducts),
      mean: { height: map.height, width: map.width },
      ...(grid && { grid }),
    }
  }

  /** Appends the layer of a sum. A mean of one source is summed over its pixels; of several (which no rule makes) it is a kernel as large as the map. */
  #addLinear(name: string, whole: Sum, planned = this.extents(name)): PlannedMap {
    const sum = whole.sources.length === 1 ? whole : withoutMean(whole)
    const grid = this.isQuantised ? (sum.grid ?? this.#assumed.gridFor(name, () => this.rangesOf(sum))) : undefined
    const output: PlannedMap = this.isQuantised ? { ...planned, grid } : planned
    const main = sum.sources.find((source) => source.role === 'main')
    const { sources, bias, low, high, mean } = sum
    const nodes = listNames(sum.nodes)
    const layer: FloatLinearLayer = {
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
    this.#layers.push(layer)
    this.#addMap(output, sources.reduce((most, { map }) => Math.max(most, defined(this.#depth.get(map))), -1) + 1)
    return output
  }

  #addMap(map: PlannedMap, depth: number): void {
    this.#maps.set(map.name, map)
    this.#depth.set(map.name, depth)
  }
}
