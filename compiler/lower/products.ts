// Products: every term of a row group's weights times every plane of its column, each with its cluster and banks.
import type { LinearSource } from '../graph/integer.ts'
import type { LayerColumns } from './columns.ts'
import { termsOf, type Term } from '../terms.ts'

/** Parallel arrays [products]: value · 16^phase times the column's nibble, for a row, in a cluster, read from one of some banks. */
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

/** The products of rows first … first + rows − 1, row by row, not yet assigned to clusters. */
export function listProducts(
  sources: readonly LinearSource[],
  columns: LayerColumns,
  first: number,
  rows: number,
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

const termCache = new Map<number, readonly Term[]>()

function cachedTerms(value: number): readonly Term[] {
  let terms = termCache.get(value)
  if (terms === undefined) {
    terms = termsOf(value)
    termCache.set(value, terms)
  }
  return terms
}
