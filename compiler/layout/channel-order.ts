// Channel orders for networks pruned without the machine in mind: rows of similar length share a row group, and the order of a map's channels balances
// the clusters of its readers.
import { defined } from '../../base/defined.ts'
import { cached, type CompileCache, digestOfWeights, type KeyPart, keyOf } from '../cache.ts'
import type {
  IntegerGraph,
  IntegerMap,
  LinearLayer,
  LinearSource,
  LogitsLayer,
  SparseWeights,
} from '../graph/integer.ts'
import { sourcesOf } from '../graph/integer.ts'
import { termCount } from '../terms.ts'
import { assignChannels, groupedBeats, groupRows, groupedBeatsBound, storageOrder } from './balance.ts'
import { slotChannels, type Machine } from '../../isa/model/machine.ts'
import { greatestCommonDivisor } from '../placement/patches.ts'
import { channelRoot, permuteChannels, positionsOf } from './permute.ts'
import { loadPeriod, planesOf } from '../placement/storage.ts'

type Matrix = LinearLayer | LogitsLayer

/** A graph with fewer beats than this, relative to even clusters, counts as balanced: nothing is tried. */
const balanced = 1.02

/** Other orders are taken if their beats, by the count of products, are at most this share. */
const worthwhile = 0.99

/**
 * The graph with its channels in orders that balance rows and clusters, if that saves beats; otherwise the graph itself.
 * @param cache results of earlier compilations
 */
export function orderChannels(graph: IntegerGraph, machine: Machine, cache?: CompileCache): IntegerGraph {
  const counts = new Counts(graph, machine, cache)
  const plain = counts.beats(new Map())
  if (plain.longest <= balanced * plain.even || plain.bound > worthwhile * plain.longest) return graph
  const orders = new Map<string, Int32Array>()
  const fixed = channelRoot(graph, graph.output)
  for (const [index, layer] of graph.layers.entries())
    if (layer.kind === 'linear' && layer.output.name !== fixed)
      orders.set(layer.output.name, knownOrder(layer, index, counts, orders))
  return counts.beats(orders).longest <= worthwhile * plain.longest ? permuteChannels(graph, orders) : graph
}

/** `orderOf`, or its cached result. It needs no proof: the program is correct with any order of channels. */
function knownOrder(
  layer: LinearLayer,
  seed: number,
  counts: Counts,
  orders: ReadonlyMap<string, Int32Array>,
): Int32Array {
  const make = (): Int32Array => orderOf(layer, seed, counts, orders)
  const { cache } = counts
  if (cache === undefined) return make()
  const key = keyOf(
    'order of channels',
    JSON.stringify(counts.machine),
    String(seed),
    ...counts.ofRowsFrom(layer, orders),
    ...counts.ofReadersFrom(layer),
  )
  const read = (content: Uint8Array): Int32Array | undefined => {
    const order = new Int32Array(content.slice().buffer, 0, Math.floor(content.length / 4))
    return isOrder(order, layer.output.channels) ? order : undefined
  }
  return cached(cache, key, { read, make, write: ({ buffer }) => new Uint8Array(buffer) })
}

function isOrder(order: Int32Array, channels: number): boolean {
  const seen = new Set(order)
  return (
    order.length === channels && seen.size === channels && order.every((channel) => channel >= 0 && channel < channels)
  )
}

/** Rows by their longest cluster; within each row group, channels are assigned to clusters such that their readers are balanced. */
function orderOf(
  layer: LinearLayer,
  seed: number,
  counts: Counts,
  orders: ReadonlyMap<string, Int32Array>,
): Int32Array {
  const { clusters, rows: rowsPerGroup } = counts.machine
  const rows = groupRows(counts.ofRows(layer, orders), clusters, rowsPerGroup)
  const classOf = new Int32Array(rows.length)
  rows.forEach((row, position) => (classOf[row] = Math.floor(position / rowsPerGroup)))
  const readers = counts.ofReaders(layer.output)
  const clusterOf = assignChannels({ ...readers, channels: rows.length, clusters, rowsPerGroup, classOf, seed })
  return storageOrder(rows, rowsPerGroup, clusterOf, clusters)
}

/** Whether the replicas of every channel of the input reach all clusters. */
const reachesAllClusters = ({ channels }: IntegerMap, machine: Machine): boolean =>
  channels < slotChannels(machine) && greatestCommonDivisor(loadPeriod(channels, machine), machine.clusters) === 1

/** Adds products whose columns have replicas in all clusters: those of each row go to the clusters in rotation. */
function addEvenly({ rows, rowStart, value }: SparseWeights, planes: number, clusters: number, load: Int32Array): void {
  for (let row = 0; row < rows; row++)
    for (let i = rowStart[row]!, next = row; i < rowStart[row + 1]!; i++, next++)
      load[row * clusters + (next % clusters)]! += termCount(value[i]!) * planes
}

/** [columns] the channel of each column of a source. */
function channelsOf({ kernel, weights }: LinearSource): Int32Array {
  const taps = kernel[0] * kernel[1]
  return Int32Array.from({ length: weights.columns }, (_, column) => Math.floor(column / taps))
}

/** The work of a layer's row groups. */
interface Work {
  /** beats, each group as long as its longest row and cluster */
  readonly grouped: number
  /** lower bound of the beats over all orders of channels */
  readonly bound: number
  readonly products: number
}

/** Counts of products of rows, by cluster and by channel. */
class Counts {
  readonly machine: Machine
  readonly #graph: IntegerGraph
  readonly #maps: ReadonlyMap<string, IntegerMap>
  readonly #matrices: readonly Matrix[]
  #readers: Map<string, LinearSource[]> | undefined
  readonly #terms = new Map<LinearSource, Int32Array>()
  readonly cache: CompileCache | undefined

  constructor(graph: IntegerGraph, machine: Machine, cache?: CompileCache) {
    this.#graph = graph
    this.machine = machine
    this.cache = cache
    const made = graph.layers.flatMap((layer) => (layer.kind === 'logits' ? [] : [layer.output]))
    this.#maps = new Map([graph.input, ...made].map((map) => [map.name, map]))
    this.#matrices = graph.layers.filter((layer): layer is Matrix => layer.kind === 'linear' || layer.kind === 'logits')
  }

  /** All that `ofRows` depends on, for a cache key. */
  ofRowsFrom(layer: Matrix, orders: ReadonlyMap<string, Int32Array>): KeyPart[] {
    return sourcesOf(layer).flatMap((source): KeyPart[] => {
      const map = defined(this.#maps.get(source.map))
      const hasReplicas = map.name === this.#graph.input.name && reachesAllClusters(map, this.machine)
      const order = orders.get(channelRoot(this.#graph, map.name)) ?? new Int32Array()
      return [`${source.kernel.join('×')} ${planesOf(map)} ${hasReplicas} ${digestOfWeights(source.weights)}`, order]
    })
  }

  /** All that `ofReaders` depends on, for a cache key. */
  ofReadersFrom({ output }: LinearLayer): KeyPart[] {
    const readers = this.#readersOf(output).map(
      ({ kernel, weights }) => `${kernel.join('×')} ${digestOfWeights(weights)}`,
    )
    return [`read by ${readers.length}`, ...readers]
  }

  /** [rows × clusters] products of a layer's rows; those with replicas in all clusters are spread evenly. @param onlyReplicas only these */
  ofRows(layer: Matrix, orders: ReadonlyMap<string, Int32Array>, onlyReplicas = false): Int32Array {
    const { clusters } = this.machine
    const load = new Int32Array(layer.bias.length * clusters)
    for (const source of sourcesOf(layer)) {
      const map = defined(this.#maps.get(source.map))
      const order = orders.get(channelRoot(this.#graph, map.name))
      const position = order === undefined ? undefined : positionsOf(order)
      const hasReplicas = map.name === this.#graph.input.name && reachesAllClusters(map, this.machine)
      const planes = planesOf(map)
      if (hasReplicas) addEvenly(source.weights, planes, clusters, load)
      else if (!onlyReplicas) {
        const { rows, rowStart, column, value } = source.weights
        const clusterOf = channelsOf(source).map((channel) => (position?.[channel] ?? channel) % clusters)
        for (let row = 0; row < rows; row++)
          for (let i = rowStart[row]!, end = rowStart[row + 1]!; i < end; i++)
            load[row * clusters + clusterOf[column[i]!]!]! += termCount(value[i]!) * planes
      }
    }
    return load
  }

  /** [rows of all readers × channels] products with the channels of a map, or of what pools and relayouts make of it. */
  ofReaders(map: IntegerMap): { readonly rows: number; readonly counts: Int32Array } {
    const sources = this.#readersOf(map)
    const rows = sources.reduce((sum, { weights }) => sum + weights.rows, 0)
    const counts = new Int32Array(rows * map.channels)
    let first = 0
    for (const source of sources) {
      counts.set(this.#termsOf(source, map.channels), first * map.channels)
      first += source.weights.rows
    }
    return { rows, counts }
  }

  /** [rows × channels] terms of a source's weights, counted once. */
  #termsOf(source: LinearSource, channels: number): Int32Array {
    const known = this.#terms.get(source)
    if (known !== undefined) return known
    const { rows, rowStart, column, value } = source.weights
    const channelOf = channelsOf(source)
    const terms = new Int32Array(rows * channels)
    for (let row = 0; row < rows; row++)
      for (let i = rowStart[row]!, end = rowStart[row + 1]!; i < end; i++)
        terms[row * channels + channelOf[column[i]!]!]! += termCount(value[i]!)
    this.#terms.set(source, terms)
    return terms
  }

  #readersOf(map: IntegerMap): readonly LinearSource[] {
    if (this.#readers === undefined) {
      this.#readers = new Map()
      for (const source of this.#matrices.flatMap((layer) => sourcesOf(layer))) {
        const root = channelRoot(this.#graph, source.map)
        const known = this.#readers.get(root)
        if (known === undefined) this.#readers.set(root, [source])
        else known.push(source)
      }
    }
    return this.#readers.get(map.name) ?? []
  }

  /** Beats of all layers, weighted by their pixels: by the longest row and cluster of each row group, their lower bound, and if all were even. */
  beats(orders: ReadonlyMap<string, Int32Array>): {
    readonly longest: number
    readonly bound: number
    readonly even: number
  } {
    const { clusters, rows: rowsPerGroup } = this.machine
    let [longest, lowerBound, even] = [0, 0, 0]
    for (const layer of this.#matrices) {
      const rows = layer.bias.length
      const own = layer.kind === 'linear' ? orders.get(layer.output.name) : undefined
      const order = own ?? Int32Array.from({ length: rows }, (_, row) => row)
      const { height, width } = layer.kind === 'linear' ? layer.output : defined(this.#maps.get(layer.source.map))
      const { grouped, bound, products } = this.#workOf(layer, order, orders)
      longest += height * width * grouped
      lowerBound += height * width * bound
      even += (height * width * products * Math.ceil(rows / rowsPerGroup)) / (rows * clusters)
    }
    return { longest, bound: lowerBound, even }
  }

  /** The work of a layer's row groups, from the cache if there is one. */
  #workOf(layer: Matrix, order: Int32Array, orders: ReadonlyMap<string, Int32Array>): Work {
    const { clusters, rows: rowsPerGroup } = this.machine
    const make = (): Work => {
      const load = this.ofRows(layer, orders)
      let products = 0
      for (let at = 0; at < load.length; at++) products += load[at]!
      const bound = groupedBeatsBound(load, this.ofRows(layer, orders, true), clusters, rowsPerGroup)
      return { grouped: groupedBeats(load, clusters, rowsPerGroup, order), bound, products }
    }
    if (this.cache === undefined) return make()
    const key = keyOf('work of a layer', JSON.stringify(this.machine), ...this.ofRowsFrom(layer, orders), order)
    const write = ({ grouped, bound, products }: Work): Uint8Array =>
      new Uint8Array(Float64Array.of(grouped, bound, products).buffer)
    const read = (content: Uint8Array): Work | undefined => {
      if (content.length !== 3 * Float64Array.BYTES_PER_ELEMENT) return undefined
      const [grouped, bound, products] = new Float64Array(content.slice().buffer) as unknown as readonly [
        number,
        number,
        number,
      ]
      return { grouped, bound, products }
    }
    return cached(this.cache, key, { make, write, read })
  }
}
