// Copies: which cluster serves each product whose column lies in several, so that rows are even and columns stay few.
import { defined, elementAt } from '../../base/defined.ts'
import type { LinearSource } from '../graph/integer.ts'
import type { Location } from '../placement/storage.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { LayerColumns } from './columns.ts'
import { listProducts, type Products } from './products.ts'
import { mostPhases } from '../terms.ts'

/**
 * The products of rows first … first + rows − 1, placed.
 * @param turn the cluster that is dealt to first, where copies leave a choice: no better than others, but the schedule may find it easier
 */
export function placedProducts(
  sources: readonly LinearSource[],
  columns: LayerColumns,
  first: number,
  rows: number,
  machine: Machine,
  turn = 0,
): Products {
  const products = listProducts(sources, columns, first, rows)
  placeProducts(products, columns, machine, turn)
  return products
}

/**
 * Sets the cluster and banks of every product. Each column gets a home; then each row
 * moves what exceeds its even share to clusters below it, first to those that read the column already. Few columns a cluster mean many
 * reads of each, which is what lets the schedule meet its bound: 59 of 147 columns a row, dealt out row by row alone, take 35 beats
 * instead of 30.
 */
function placeProducts(products: Products, columns: LayerColumns, machine: Machine, turn: number): void {
  if (columns.locations.every((places) => places.length === 1)) return placeWhereTheyAre(products, columns)
  const homes = chooseHomes(products, columns, machine)
  /** [columns × C] whether the cluster reads the column */
  const present = new Uint8Array(homes.length * machine.clusters)
  homes.forEach((home, column) => (present[column * machine.clusters + home] = 1))
  for (let at = 0; at < products.count; at++) assign(products, at, homes[products.column[at]!]!, columns)
  const turns = phaseTurns(products, machine, turn)
  for (let start = 0; start < products.count;) {
    const end = endOfRow(products, start)
    evenRow(products, start, end, turns, present, columns, machine)
    start = end
  }
}

/** Without copies there is no choice. */
function placeWhereTheyAre({ count, column, cluster, banks }: Products, { locations }: LayerColumns): void {
  const places = locations.map((list) => elementAt(list, 0))
  const clusterOf = Uint8Array.from(places, (place) => place.cluster)
  const banksOf = Uint32Array.from(places, (place) => place.banks)
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
 * [phases] the cluster that gets the first of the products that are left over when a row's are dealt out evenly. Each phase begins where
 * the one before ends in the longest row: 58 weights of 8-bit codes take 15 + 14 beats in each of four clusters, not 15 + 15.
 */
function phaseTurns(products: Products, { clusters }: Machine, turn: number): Int32Array {
  const longest = new Int32Array(mostPhases)
  for (let start = 0; start < products.count;) {
    const end = endOfRow(products, start)
    countPhases(products, start, end).forEach((total, phase) => (longest[phase] = Math.max(longest[phase]!, total)))
    start = end
  }
  let next = turn
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
 * [columns] a cluster that holds the column: the only one; or, by falling demand, the one whose load and whose bank's load are least. Banks
 * count because a bank with many columns can read each only once: without them 60 of 147 columns a row took 31 beats in four of ten draws.
 */
function chooseHomes(products: Products, { locations }: LayerColumns, machine: Machine): Uint8Array {
  const demand = new Int32Array(locations.length)
  for (let at = 0; at < products.count; at++) demand[products.column[at]!]!++
  const homes = new Uint8Array(locations.length)
  const load = new Loads(machine)
  const settle = (column: number, place: Location): void => {
    homes[column] = place.cluster
    load.add(place, demand[column]!)
  }
  locations.forEach((places, column) => {
    if (places.length === 1) settle(column, places[0]!)
  })
  const free = Array.from(locations.keys()).filter((column) => locations[column]!.length > 1 && demand[column]! > 0)
  free.sort((a, b) => demand[b]! - demand[a]! || a - b)
  for (const column of free)
    settle(
      column,
      locations[column]!.reduce((best, other) => (load.cost(other) < load.cost(best) ? other : best)),
    )
  return homes
}

/** What clusters and banks have to read so far, a column counted in the least loaded of its banks. */
class Loads {
  readonly #banks: number
  readonly #ofCluster: Float64Array
  readonly #ofBank: Float64Array

  constructor({ clusters, banks }: Machine) {
    this.#banks = banks
    this.#ofCluster = new Float64Array(clusters)
    this.#ofBank = new Float64Array(clusters * banks)
  }

  add(place: Location, demand: number): void {
    this.#ofCluster[place.cluster]! += demand
    this.#ofBank[this.#bankOf(place)]! += demand
  }

  /** A bank holds its share where it has a B-th of its cluster's load: both then weigh the same. */
  cost(place: Location): number {
    return this.#ofCluster[place.cluster]! + this.#banks * this.#ofBank[this.#bankOf(place)]!
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

/** Moves products of one row (start to end) until no cluster has more than its share in a phase, as far as copies allow. */
function evenRow(
  products: Products,
  start: number,
  end: number,
  turns: Int32Array,
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
      shares[each * clusters + ((turns[each]! + i) % clusters)] = Math.floor((total + clusters - 1 - i) / clusters)
  })
  // The first round goes only where the column is read anyway, the second anywhere.
  for (const known of [1, 0]) {
    for (let at = start; at < end; at++) {
      const places = columns.locations[column[at]!]!
      const base = phase[at]! * clusters
      if (places.length === 1 || load[base + cluster[at]!]! <= shares[base + cluster[at]!]!) continue
      const room = (other: number): number => shares[base + other]! - load[base + other]!
      let best = -1
      for (const { cluster: other } of places) {
        const reads = present[column[at]! * clusters + other]!
        if (reads < known || room(other) <= 0) continue
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
  products.banks[at] = defined(locations[products.column[at]!]!.find((place) => place.cluster === cluster)).banks
}
