// Products: every term of a row group's weights times every plane of its column, each with the cluster and banks that serve it.
import type { LinearSource } from '../graph/integer.ts'
import type { Machine } from '../../isa/machine.ts'
import type { LayerColumns } from './columns.ts'
import { termsOf, type Term } from './terms.ts'

/** Parallel arrays [products]: value · 16^phase times what the column reads, in a row, in a cluster, from one of some banks. */
export interface Products {
  readonly count: number
  readonly row: Uint8Array
  readonly column: Int32Array
  readonly phase: Uint8Array
  readonly value: Int8Array
  readonly cluster: Uint8Array
  /** bit mask of the cluster's banks that hold the column */
  readonly banks: Uint32Array
}

/** Phases that a product can have: terms of the widest weight plus the upper plane. */
export const mostPhases = 8

/** The products of rows first … first + rows − 1, row by row. */
export function listProducts(
  sources: readonly LinearSource[],
  columns: LayerColumns,
  first: number,
  rows: number,
  machine: Machine,
): Products {
  const count = countProducts(sources, columns, first, rows)
  const products = {
    count,
    row: new Uint8Array(count),
    column: new Int32Array(count),
    phase: new Uint8Array(count),
    value: new Int8Array(count),
    cluster: new Uint8Array(count),
    banks: new Uint32Array(count),
  }
  let at = 0
  for (let row = 0; row < rows; row++) {
    const start = at
    sources.forEach(({ weights }, source) => {
      const numbers = columns.first[source]!
      const planes = columns.planes[source]!
      for (let entry = weights.rowStart[first + row]!; entry < weights.rowStart[first + row + 1]!; entry++) {
        const column = numbers[weights.column[entry]!]!
        for (const term of cachedTerms(weights.value[entry]!)) {
          for (let plane = 0; plane < planes; plane++, at++) {
            products.row[at] = row
            products.column[at] = column + plane
            products.phase[at] = term.phase + plane
            products.value[at] = term.value
          }
        }
      }
    })
    placeRow(products, start, at, columns, machine)
  }
  return products
}

function countProducts(sources: readonly LinearSource[], columns: LayerColumns, first: number, rows: number): number {
  let count = 0
  sources.forEach(({ weights }, source) => {
    for (let entry = weights.rowStart[first]!; entry < weights.rowStart[first + rows]!; entry++)
      count += cachedTerms(weights.value[entry]!).length * columns.planes[source]!
  })
  return count
}

/** Chooses the copy that serves each product of a row, so that the row's counts are even over the clusters in every phase. */
function placeRow(
  { column, phase, cluster, banks }: Products,
  start: number,
  end: number,
  { locations, id }: LayerColumns,
  machine: Machine,
): void {
  const load = new Int32Array(mostPhases * machine.clusters)
  let copied = false
  for (let at = start; at < end; at++) {
    const places = locations[column[at]!]!
    if (places.length > 1) {
      copied = true
      continue
    }
    cluster[at] = places[0]!.cluster
    banks[at] = places[0]!.banks
    load[phase[at]! * machine.clusters + places[0]!.cluster]!++
  }
  for (let at = start; copied && at < end; at++) {
    const places = locations[column[at]!]!
    if (places.length === 1) continue
    const base = phase[at]! * machine.clusters
    // Equal loads go to a cluster that depends on the column alone, so that rows share reads.
    const turn = id[column[at]!]! % places.length
    let best = places[turn]!
    for (let k = 1; k < places.length; k++) {
      const other = places[(turn + k) % places.length]!
      if (load[base + other.cluster]! < load[base + best.cluster]!) best = other
    }
    load[base + best.cluster]!++
    cluster[at] = best.cluster
    banks[at] = best.banks
  }
}

const termCache = new Map<number, readonly Term[]>()

function cachedTerms(value: number): readonly Term[] {
  let terms = termCache.get(value)
  if (terms === undefined) {
    terms = termsOf(value)
    termCache.set(value, terms)
  }
  return terms
}
