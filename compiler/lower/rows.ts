// Rows: the sparse rows of one row group as what each cluster must do in each part, phase and slot page.
import type { LinearSource } from '../graph/integer.ts'
import type { Machine } from '../../isa/machine.ts'
import type { Column, LayerColumns } from './columns.ts'
import { splitParts } from './parts.ts'
import { termsOf } from './terms.ts'

/** One product that a row needs: value · 16^phase times what the column reads. */
export interface Product {
  readonly row: number
  readonly column: Column
  readonly phase: number
  readonly value: number
}

/** A product with the cluster that does it and the banks that hold its column there. */
export interface PlacedProduct extends Product {
  readonly cluster: number
  readonly banks: number
}

/** What one cluster must do in one phase of one part on one slot page. */
export interface PhaseNeeds {
  readonly cluster: number
  readonly part: number
  readonly phase: number
  readonly page: number
  /** [columns] banks that hold the column */
  readonly bankMask: Uint32Array
  /** [columns × B] the id under which a bank finds the column */
  readonly ids: Uint8Array
  /** [rows][needs] columns, and the values they are multiplied by */
  readonly needs: readonly Int32Array[]
  readonly values: readonly Int8Array[]
}

export interface RowGroup {
  readonly needs: readonly PhaseNeeds[]
  readonly parts: number
  /** the largest proven |sum of a cluster| in a part, as a share of what its accumulator holds */
  readonly overflowBound: number
}

/** Lowers rows first … first + U − 1 of a layer's sources. */
export function lowerGroup(layer: string, sources: readonly LinearSource[], columns: LayerColumns, first: number, machine: Machine): RowGroup {
  const rows = Math.min(machine.rows, sources[0]!.weights.rows - first)
  const products: PlacedProduct[] = []
  for (let row = 0; row < rows; row++) products.push(...placeRow(rowProducts(sources, columns, first + row, row), machine))
  const { parts, partOf, overflowBound } = splitParts(layer, products, machine)
  return { needs: collectNeeds(products, partOf, machine), parts, overflowBound }
}

function rowProducts(sources: readonly LinearSource[], columns: LayerColumns, row: number, local: number): Product[] {
  const products: Product[] = []
  sources.forEach(({ weights }, source) => {
    for (let at = weights.rowStart[row]!; at < weights.rowStart[row + 1]!; at++) {
      const planes = columns.of(source, weights.column[at]!)
      for (const term of termsOf(weights.value[at]!)) {
        for (const column of planes) products.push({ row: local, column, phase: term.phase + column.plane, value: term.value })
      }
    }
  })
  return products
}

/** Chooses the copy that serves each product, so that the row's counts are even over the clusters in every phase. */
function placeRow(products: readonly Product[], machine: Machine): PlacedProduct[] {
  const load = new Map<number, Int32Array>()
  const loadOf = (phase: number): Int32Array => {
    if (!load.has(phase)) load.set(phase, new Int32Array(machine.clusters))
    return load.get(phase)!
  }
  const placed: PlacedProduct[] = []
  const free: Product[] = []
  for (const product of products) {
    const [only, ...others] = product.column.locations
    if (others.length > 0) {
      free.push(product)
      continue
    }
    loadOf(product.phase)[only!.cluster]!++
    placed.push({ ...product, ...only! })
  }
  for (const product of free) {
    const counts = loadOf(product.phase)
    const { locations } = product.column
    // Equal loads go to a cluster that depends on the column alone, so that rows share reads.
    const turn = product.column.id % locations.length
    let best = locations[turn]!
    for (let k = 1; k < locations.length; k++) {
      const other = locations[(turn + k) % locations.length]!
      if (counts[other.cluster]! < counts[best.cluster]!) best = other
    }
    counts[best.cluster]!++
    placed.push({ ...product, ...best })
  }
  return placed
}

interface Collecting {
  readonly cluster: number
  readonly part: number
  readonly phase: number
  readonly page: number
  readonly columns: Map<Column, number>
  readonly banks: number[]
  readonly needs: number[][]
  readonly values: number[][]
}

function collectNeeds(products: readonly PlacedProduct[], partOf: Uint8Array, machine: Machine): PhaseNeeds[] {
  const collecting = new Map<number, Collecting>()
  products.forEach((product, index) => {
    const { cluster, phase, column, row } = product
    const part = partOf[index]!
    const key = ((part * machine.clusters + cluster) * 16 + phase) * 8 + column.page
    let own = collecting.get(key)
    if (own === undefined) {
      const lists = (): number[][] => Array.from({ length: machine.rows }, () => [])
      own = { cluster, part, phase, page: column.page, columns: new Map(), banks: [], needs: lists(), values: lists() }
      collecting.set(key, own)
    }
    let local = own.columns.get(column)
    if (local === undefined) {
      local = own.columns.size
      own.columns.set(column, local)
      own.banks.push(product.banks)
    }
    own.needs[row]!.push(local)
    own.values[row]!.push(product.value)
  })
  return [...collecting].sort((a, b) => a[0] - b[0]).map(([, own]) => finish(own, machine))
}

function finish({ cluster, part, phase, page, columns, banks, needs, values }: Collecting, machine: Machine): PhaseNeeds {
  const ids = new Uint8Array(columns.size * machine.banks)
  for (const [column, local] of columns) ids.fill(column.id, local * machine.banks, (local + 1) * machine.banks)
  return {
    cluster, part, phase, page, ids,
    bankMask: Uint32Array.from(banks),
    needs: needs.map((list) => Int32Array.from(list)),
    values: values.map((list) => Int8Array.from(list)),
  }
}
