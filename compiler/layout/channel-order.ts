// Channel orders for networks pruned elsewhere: like rows share a row group, and the channels of each map spread its readers' work over the clusters.
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
import { assignChannels, groupedBeats, groupRows, leastBeats, storageOrder } from './balance.ts'
import { slotChannels, type Machine } from '../../isa/model/machine.ts'
import { greatestCommonDivisor } from '../placement/patches.ts'
import { channelRoot, permuteChannels, placesOf } from './permute.ts'
import { loadPeriod, planesOf } from '../placement/storage.ts'

type Matrix = LinearLayer | LogitsLayer

/** A graph whose clusters wait for each other less than this is balanced as it is: nothing is tried. */
const balanced = 1.02

/** Other orders are taken if they save this share of the beats, by the count of products. */
const worthwhile = 0.99

/**
 * The same graph, its channels in orders that even the work over rows and clusters, where that saves something.
 * @param cache of earlier compilations
 */
export function orderChannels(graph: IntegerGraph, machine: Machine, cache?: CompileCache): IntegerGraph {
  const counts = new Counts(graph, machine, cache)
  const plain = counts.beats(new Map())
  if (plain.longest <= balanced * plain.even || plain.least > worthwhile * plain.longest) return graph
  const orders = new Map<string, Int32Array>()
  const fixed = channelRoot(graph, graph.output)
  for (const [index, layer] of graph.layers.entries())
    if (layer.kind === 'linear' && layer.output.name !== fixed)
      orders.set(layer.output.name, knownOrder(layer, index, counts, orders))
  return counts.beats(orders).longest <= worthwhile * plain.longest ? permuteChannels(graph, orders) : graph
}

/** `orderOf`, or what it gave before: any order of the channels makes a right program. */
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

/** Rows by their longest cluster; in each row group, channels to clusters by what their readers do with them. */
function orderOf(
  layer: LinearLayer,
  seed: number,
  counts: Counts,
  orders: ReadonlyMap<string, Int32Array>,
): Int32Array {
  const { clusters, rows: rowsPerGroup } = counts.machine
  const rows = groupRows(counts.ofRows(layer, orders), clusters, rowsPerGroup)
  const classOf = new Int32Array(rows.length)
  rows.forEach((row, place) => (classOf[row] = Math.floor(place / rowsPerGroup)))
  const readers = counts.ofReaders(layer.output)
  const clusterOf = assignChannels({ ...readers, channels: rows.length, clusters, rowsPerGroup, classOf, seed })
  return storageOrder(rows, rowsPerGroup, clusterOf, clusters)
}

/** Whether the copies of every channel of the input reach all clusters. */
const reachesAllClusters = ({ channels }: IntegerMap, machine: Machine): boolean =>
  channels < slotChannels(machine) && greatestCommonDivisor(loadPeriod(channels, machine), machine.clusters) === 1

/** Adds what copies leave free: each row's products go to the clusters in turn. */
function dealOut({ rows, rowStart, value }: SparseWeights, planes: number, clusters: number, load: Int32Array): void {
  for (let row = 0; row < rows; row++)
    for (let i = rowStart[row]!, turn = row; i < rowStart[row + 1]!; i++, turn++)
      load[row * clusters + (turn % clusters)]! += termCount(value[i]!) * planes
}

/** [columns] the channel of each column of a source. */
function channelsOf({ kernel, weights }: LinearSource): Int32Array {
  const taps = kernel[0] * kernel[1]
  return Int32Array.from({ length: weights.columns }, (_, column) => Math.floor(column / taps))
}

/** What a layer's row groups take. */
interface Work {
  /** beats, each group as long as its longest row and cluster */
  readonly grouped: number
  /** beats that no order of any channels falls below */
  readonly least: number
  readonly products: number
}

/** Products of rows by cluster and channel. */
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

  /** All on which `ofRows` depends. */
  ofRowsFrom(layer: Matrix, orders: ReadonlyMap<string, Int32Array>): KeyPart[] {
    return sourcesOf(layer).flatMap((source): KeyPart[] => {
      const map = defined(this.#maps.get(source.map))
      const isCopied = map.name === this.#graph.input.name && reachesAllClusters(map, this.machine)
      const order = orders.get(channelRoot(this.#graph, map.name)) ?? new Int32Array()
      return [`${source.kernel.join('×')} ${planesOf(map)} ${isCopied} ${digestOfWeights(source.weights)}`, order]
    })
  }

  /** All on which `ofReaders` depends. */
  ofReadersFrom({ output }: LinearLayer): KeyPart[] {
    const readers = this.#readersOf(output).map(
      ({ kernel, weights }) => `${kernel.join('×')} ${digestOfWeights(weights)}`,
    )
    return [`read by ${readers.length}`, ...readers]
  }

  /** [rows × clusters] products of a layer's rows. What copies hold is dealt out evenly. @param onlyDealt without all else */
  ofRows(layer: Matrix, orders: ReadonlyMap<string, Int32Array>, onlyDealt = false): Int32Array {
    const { clusters } = this.machine
    const load = new Int32Array(layer.bias.length * clusters)
    for (const source of sourcesOf(layer)) {
      const map = defined(this.#maps.get(source.map))
      const order = orders.get(channelRoot(this.#graph, map.name))
      const place = order === undefined ? undefined : placesOf(order)
      const isCopied = map.name === this.#graph.input.name && reachesAllClusters(map, this.machine)
      const planes = planesOf(map)
      if (isCopied) dealOut(source.weights, planes, clusters, load)
      else if (!onlyDealt) {
        const { rows, rowStart, column, value } = source.weights
        const clusterOf = channelsOf(source).map((channel) => (place?.[channel] ?? channel) % clusters)
        for (let row = 0; row < rows; row++)
          for (let i = rowStart[row]!, end = rowStart[row + 1]!; i < end; i++)
            load[row * clusters + clusterOf[column[i]!]!]! += termCount(value[i]!) * planes
      }
    }
    return load
  }

  /** [rows of all readers × channels] products with a map's channels, and with those of what pools make of it. */
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

  /** Beats of all layers by the longest row and cluster of each row group, at least, and if all were even; weighed by the layers' pixels. */
  beats(orders: ReadonlyMap<string, Int32Array>): {
    readonly longest: number
    readonly least: number
    readonly even: number
  } {
    const { clusters, rows: rowsPerGroup } = this.machine
    let [longest, least, even] = [0, 0, 0]
    for (const layer of this.#matrices) {
      const rows = layer.bias.length
      const own = layer.kind === 'linear' ? orders.get(layer.output.name) : undefined
      const order = own ?? Int32Array.from({ length: rows }, (_, row) => row)
      const { height, width } = layer.kind === 'linear' ? layer.output : defined(this.#maps.get(layer.source.map))
      const { grouped, least: bound, products } = this.#workOf(layer, order, orders)
      longest += height * width * grouped
      least += height * width * bound
      even += (height * width * products * Math.ceil(rows / rowsPerGroup)) / (rows * clusters)
    }
    return { longest, least, even }
  }

  /** What a layer's row groups take; a cache remembers it. */
  #workOf(layer: Matrix, order: Int32Array, orders: ReadonlyMap<string, Int32Array>): Work {
    const { clusters, rows: rowsPerGroup } = this.machine
    const make = (): Work => {
      const load = this.ofRows(layer, orders)
      let products = 0
      for (let at = 0; at < load.length; at++) products += load[at]!
      const least = leastBeats(load, this.ofRows(layer, orders, true), clusters, rowsPerGroup)
      return { grouped: groupedBeats(load, clusters, rowsPerGroup, order), least, products }
    }
    if (this.cache === undefined) return make()
    const key = keyOf('work of a layer', JSON.stringify(this.machine), ...this.ofRowsFrom(layer, orders), order)
    const write = ({ grouped, least, products }: Work): Uint8Array =>
      new Uint8Array(Float64Array.of(grouped, least, products).buffer)
    const read = (content: Uint8Array): Work | undefined => {
      if (content.length !== 3 * Float64Array.BYTES_PER_ELEMENT) return undefined
      const [grouped, least, products] = new Float64Array(content.slice().buffer) as unknown as readonly [
        number,
        number,
        number,
      ]
      return { grouped, least, products }
    }
    return cached(this.cache, key, { make, write, read })
  }
}
