// Replicas: assigns each product whose column lies in several clusters to one of them, so that rows are even and clusters read few columns.
import { defined, elementAt } from '../../base/defined.ts'
import type { LinearSource } from '../graph/integer.ts'
import type { Location } from '../placement/storage.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { LayerColumns } from './columns.ts'
import { listProducts, type Products } from './products.ts'
import { mostPhases } from '../terms.ts'

/**
 * The products of rows first … first + rows − 1, each with its cluster and banks.
 * @param firstCluster the cluster that gets the first remainder if replicas leave a choice: none is better by itself, but the schedule may find one easier
 */
export function placedProducts(
  sources: readonly LinearSource[],
  columns: LayerColumns,
  first: number,
  rows: number,
  machine: Machine,
  firstCluster = 0,
): Products {
  const products = listProducts(sources, columns, first, rows)
  placeProducts(products, columns, machine, firstCluster)
  return products
}

/**
 * Sets the cluster and banks of every product. First, each column gets a home cluster. Then each row moves what exceeds its even share to clusters
 * with less, and first to those that read the column already. If a cluster reads few columns, it reads each often, and the schedule meets its lower
 * bound: 59 of 147 columns a row, spread row by row alone, take 35 beats instead of 30.
 */
function placeProducts(products: Products, columns: LayerColumns, machine: Machine, firstCluster: number): void {
  if (columns.locations.every((locations) => locations.length === 1)) return placeWithoutReplicas(products, columns)
  const homes = chooseHomes(products, columns, machine)
  /** [columns × C] whether the cluster reads the column */
  const present = new Uint8Array(homes.length * machine.clusters)
  homes.forEach((home, column) => (present[column * machine.clusters + home] = 1))
  for (let at = 0; at < products.count; at++) assign(products, at, homes[products.column[at]!]!, columns)
  const firstClusters = firstClustersOfPhases(products, machine, firstCluster)
  for (let start = 0; start < products.count;) {
    const end = endOfRow(products, start)
    evenRow(products, start, end, firstClusters, present, columns, machine)
    start = end
  }
}

/** Without replicas there is no choice. */
function placeWithoutReplicas({ count, column, cluster, banks }: Products, { locations }: LayerColumns): void {
  const only = locations.map((list) => elementAt(list, 0))
  const clusterOf = Uint8Array.from(only, (location) => location.cluster)
  const banksOf = Uint32Array.from(only, (location) => location.banks)
  for (let at = 0; at < count; at++) {
    cluster[at] = clusterOf[column[at]!]!
    banks[at] = banksOf[column[at]!]!
  }
}

function endOfRow({ row, count }: Products, start: number): number {
  let end = start + 1
  while (end < count && row[end] === row[start]) end++
  return end
}

/**
 * [phases] the cluster that gets the first of the products that remain if a row's are spread evenly. Each phase begins where the one before ends
 * in the longest row: 58 weights of 8-bit codes take 15 + 14 beats in each of four clusters, not 15 + 15.
 */
function firstClustersOfPhases(products: Products, { clusters }: Machine, firstCluster: number): Int32Array {
  const longest = new Int32Array(mostPhases)
  for (let start = 0; start < products.count;) {
    const end = endOfRow(products, start)
    countPhases(products, start, end).forEach((total, phase) => (longest[phase] = Math.max(longest[phase]!, total)))
    start = end
  }
  let next = firstCluster
  return longest.map((total) => {
    const own = next % clusters
    next += total % clusters
    return own
  })
}

/** [phases] products of a row. */
function countPhases({ phase }: Products, start: number, end: number): Int32Array {
  const total = new Int32Array(mostPhases)
  for (let at = start; at < end; at++) total[phase[at]!]!++
  return total
}

/**
 * [columns] the home of each column: the only cluster that holds it, or, in order of falling demand, the one with the least load in cluster and
 * bank. Banks count because a bank with many columns can read each only once: without them 60 of 147 columns a row took 31 beats in four of ten draws.
 */
function chooseHomes(products: Products, { locations }: LayerColumns, machine: Machine): Uint8Array {
  const demand = new Int32Array(locations.length)
  for (let at = 0; at < products.count; at++) demand[products.column[at]!]!++
  const homes = new Uint8Array(locations.length)
  const load = new Loads(machine)
  const assignHome = (column: number, location: Location): void => {
    homes[column] = location.cluster
    load.add(location, demand[column]!)
  }
  locations.forEach((list, column) => {
    if (list.length === 1) assignHome(column, list[0]!)
  })
  const free = Array.from(locations.keys()).filter((column) => locations[column]!.length > 1 && demand[column]! > 0)
  free.sort((a, b) => demand[b]! - demand[a]! || a - b)
  for (const column of free)
    assignHome(
      column,
      locations[column]!.reduce((best, other) => (load.cost(other) < load.cost(best) ? other : best)),
    )
  return homes
}

/** The load of clusters and banks so far. A column counts in the least loaded of its banks. */
class Loads {
  readonly #banks: number
  readonly #ofCluster: Float64Array
  readonly #ofBank: Float64Array

  constructor({ clusters, banks }: Machine) {
    this.#banks = banks
    this.#ofCluster = new Float64Array(clusters)
    this.#ofBank = new Float64Array(clusters * banks)
  }

  add(location: Location, demand: number): void {
    this.#ofCluster[location.cluster]! += demand
    this.#ofBank[this.#bankOf(location)]! += demand
  }

  /** Cluster and bank weigh the same if the bank has its even share, a B-th of the cluster's load. */
  cost(location: Location): number {
    return this.#ofCluster[location.cluster]! + this.#banks * this.#ofBank[this.#bankOf(location)]!
  }

  #bankOf({ cluster, banks }: Location): number {
    let best = -1
    for (let bank = 0; bank < this.#banks; bank++) {
      if (((banks >>> bank) & 1) === 0) continue
      const at = cluster * this.#banks + bank
      if (best < 0 || this.#ofBank[at]! < this.#ofBank[best]!) best = at
    }
    return best
  }
}

/** Moves products of one row (start to end) until no cluster has more than its share in a phase, as far as replicas allow. */
function evenRow(
  products: Products,
  start: number,
  end: number,
  firstClusters: Int32Array,
  present: Uint8Array,
  columns: LayerColumns,
  machine: Machine,
): void {
  const { clusters } = machine
  const { phase, cluster, column } = products
  const load = new Int32Array(mostPhases * clusters)
  for (let at = start; at < end; at++) load[phase[at]! * clusters + cluster[at]!]!++
  const shares = new Int32Array(mostPhases * clusters)
  countPhases(products, start, end).forEach((total, each) => {
    for (let i = 0; i < clusters; i++)
      shares[each * clusters + ((firstClusters[each]! + i) % clusters)] = Math.floor(
        (total + clusters - 1 - i) / clusters,
      )
  })
  // The first round moves products only to clusters that read the column already, the second to any.
  for (const mustRead of [1, 0]) {
    for (let at = start; at < end; at++) {
      const locations = columns.locations[column[at]!]!
      const base = phase[at]! * clusters
      if (locations.length === 1 || load[base + cluster[at]!]! <= shares[base + cluster[at]!]!) continue
      const room = (other: number): number => shares[base + other]! - load[base + other]!
      let best = -1
      for (const { cluster: other } of locations) {
        const reads = present[column[at]! * clusters + other]!
        if (reads < mustRead || room(other) <= 0) continue
        if (best < 0 || room(other) > room(best)) best = other
      }
      if (best < 0) continue
      load[base + cluster[at]!]!--
      load[base + best]!++
      present[column[at]! * clusters + best] = 1
      assign(products, at, best, columns)
    }
  }
}

function assign(products: Products, at: number, cluster: number, { locations }: LayerColumns): void {
  products.cluster[at] = cluster
  products.banks[at] = defined(locations[products.column[at]!]!.find((location) => location.cluster === cluster)).banks
}
