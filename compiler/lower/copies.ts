// Copies: which cluster serves each product whose column lies in several, so that rows are even and columns stay few.
import type { LinearSource } from '../graph/integer.ts'
import type { Machine } from '../../isa/machine.ts'
import type { LayerColumns } from './columns.ts'
import { listProducts, type Products } from './products.ts'
import { mostPhases } from './terms.ts'

/** The products of rows first … first + rows − 1, placed. */
export function placedProducts(
  sources: readonly LinearSource[],
  columns: LayerColumns,
  first: number,
  rows: number,
  machine: Machine,
): Products {
  const products = listProducts(sources, columns, first, rows)
  placeProducts(products, columns, machine)
  return products
}

/**
 * Sets the cluster and banks of every product. Each column gets a home, by falling demand the cluster least loaded so far; then each row
 * moves what exceeds its even share to clusters below it, first to those that read the column already. Few columns a cluster mean many
 * reads of each, which is what lets the schedule meet its bound: 59 of 147 columns a row, dealt out row by row alone, take 35 beats
 * instead of 30.
 */
function placeProducts(products: Products, columns: LayerColumns, machine: Machine): void {
  const homes = chooseHomes(products, columns, machine)
  /** [columns × C] whether the cluster reads the column */
  const present = new Uint8Array(homes.length * machine.clusters)
  homes.forEach((home, column) => (present[column * machine.clusters + home] = 1))
  for (let at = 0; at < products.count; at++) assign(products, at, homes[products.column[at]!]!, columns)
  for (let start = 0; start < products.count;) {
    let end = start + 1
    while (end < products.count && products.row[end] === products.row[start]) end++
    evenRow(products, start, end, present, columns, machine)
    start = end
  }
}

/** [columns] a cluster that holds the column: the only one, or the one with the least demand when its turn comes. */
function chooseHomes(products: Products, { locations }: LayerColumns, machine: Machine): Uint8Array {
  const demand = new Int32Array(locations.length)
  for (let at = 0; at < products.count; at++) demand[products.column[at]!]!++
  const homes = new Uint8Array(locations.length)
  const load = new Int32Array(machine.clusters)
  locations.forEach((places, column) => {
    if (places.length > 1) return
    homes[column] = places[0]!.cluster
    load[homes[column]]! += demand[column]!
  })
  const free = Array.from(locations.keys()).filter((column) => locations[column]!.length > 1 && demand[column]! > 0)
  free.sort((a, b) => demand[b]! - demand[a]! || a - b)
  for (const column of free) {
    const clusters = locations[column]!.map(({ cluster }) => cluster)
    homes[column] = clusters.reduce((best, other) => (load[other]! < load[best]! ? other : best))
    load[homes[column]]! += demand[column]!
  }
  return homes
}

/** Moves products of one row (start to end) until no cluster has more than its share in a phase, as far as copies allow. */
function evenRow(
  products: Products,
  start: number,
  end: number,
  present: Uint8Array,
  columns: LayerColumns,
  machine: Machine,
): void {
  const { clusters } = machine
  const { phase, cluster, column } = products
  const load = new Int32Array(mostPhases * clusters)
  const total = new Int32Array(mostPhases)
  for (let at = start; at < end; at++) {
    load[phase[at]! * clusters + cluster[at]!]!++
    total[phase[at]!]!++
  }
  // The first round goes only where the column is read anyway, the second anywhere.
  for (const known of [1, 0]) {
    for (let at = start; at < end; at++) {
      const places = columns.locations[column[at]!]!
      const base = phase[at]! * clusters
      const share = Math.ceil(total[phase[at]!]! / clusters)
      if (places.length === 1 || load[base + cluster[at]!]! <= share) continue
      let best = -1
      for (const { cluster: other } of places) {
        const reads = present[column[at]! * clusters + other]!
        if (reads < known || load[base + other]! >= share) continue
        if (best < 0 || load[base + other]! < load[base + best]!) best = other
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
  products.banks[at] = locations[products.column[at]!]!.find((place) => place.cluster === cluster)!.banks
}
