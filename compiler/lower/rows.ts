// Rows: the sparse rows of one row group as the operands of each cluster, part, phase and slot page.
import type { LinearSource } from '../graph/integer.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { pageCount } from '../../isa/model/column-keys.ts'
import type { LayerColumns } from './columns.ts'
import { isRefused, type Refusal } from '../refusal.ts'
import { splitParts } from './parts.ts'
import { placedProducts } from './replicas.ts'
import type { Products } from './products.ts'
import { mostPhases } from '../terms.ts'

/** What one cluster must multiply in one phase of one part on one slot page. */
export interface PhaseOperands {
  readonly cluster: number
  readonly part: number
  readonly phase: number
  readonly page: number
  /** [columns] banks that hold the column */
  readonly bankMask: Uint32Array
  /** [columns × B] the id under which a bank finds the column */
  readonly ids: Uint8Array
  /** [rows][operands] columns, and the values that they are multiplied by */
  readonly operands: readonly Int32Array[]
  readonly values: readonly Int8Array[]
}

export interface RowGroup {
  readonly phases: readonly PhaseOperands[]
  readonly parts: number
  /** the largest proven |sum of a cluster| in a part, as a share of what its accumulator holds */
  readonly overflowBound: number
}

/** Lowers rows first … first + U − 1 of a layer's sources; refuses sums that overflow however they are split. @param firstCluster see `placedProducts` */
export function lowerGroup(
  layer: string,
  sources: readonly LinearSource[],
  columns: LayerColumns,
  first: number,
  machine: Machine,
  firstCluster = 0,
): RowGroup | Refusal {
  const rows = Math.min(machine.rows, sources[0]!.weights.rows - first)
  const products = placedProducts(sources, columns, first, rows, machine, firstCluster)
  const split = splitParts(layer, products, columns, machine)
  if (isRefused(split)) return split
  const { parts, partOf, overflowBound } = split
  return { phases: collectPhases(products, partOf, columns, machine), parts, overflowBound }
}

/** Sorts products by part, cluster, phase and page, keeping their order within each. */
function collectPhases(
  products: Products,
  partOf: Uint8Array,
  columns: LayerColumns,
  machine: Machine,
): PhaseOperands[] {
  const { count, cluster, phase, column } = products
  const keys = new Int32Array(count)
  let greatest = 0
  for (let at = 0; at < count; at++) {
    const ofPhase = (partOf[at]! * machine.clusters + cluster[at]!) * mostPhases + phase[at]!
    const key = ofPhase * pageCount + columns.page[column[at]!]!
    keys[at] = key
    if (key > greatest) greatest = key
  }
  // Counting sort: first where each key's members end; filling from the end then leaves where they start.
  const start = new Int32Array(greatest + 2)
  for (const key of keys) start[key]!++
  for (let key = 1; key < start.length; key++) start[key]! += start[key - 1]!
  const sorted = new Int32Array(count)
  for (let at = count - 1; at >= 0; at--) sorted[--start[keys[at]!]!] = at
  const used = Array.from(start.keys()).filter((key) => key <= greatest && start[key]! < start[key + 1]!)
  const local = new Int32Array(columns.id.length).fill(-1)
  return used.map((key) => {
    const members = sorted.subarray(start[key], start[key + 1])
    const ofCluster = Math.floor(key / (mostPhases * pageCount))
    return {
      part: Math.floor(ofCluster / machine.clusters),
      cluster: ofCluster % machine.clusters,
      phase: Math.floor(key / pageCount) % mostPhases,
      page: key % pageCount,
      ...collectOperands(products, members, columns, local, machine),
    }
  })
}

/** @param local scratch [columns], all −1 before and after */
function collectOperands(
  products: Products,
  members: Int32Array,
  columns: LayerColumns,
  local: Int32Array,
  machine: Machine,
): Pick<PhaseOperands, 'bankMask' | 'ids' | 'operands' | 'values'> {
  const used: number[] = []
  const banks: number[] = []
  const sizes = new Int32Array(machine.rows)
  for (const at of members) {
    const column = products.column[at]!
    if (local[column]! < 0) {
      local[column] = used.push(column) - 1
      banks.push(products.banks[at]!)
    }
    sizes[products.row[at]!]!++
  }
  const operands = Array.from(sizes, (size) => new Int32Array(size))
  const values = Array.from(sizes, (size) => new Int8Array(size))
  const next = new Int32Array(machine.rows)
  for (const at of members) {
    const row = products.row[at]!
    const position = next[row]!++
    operands[row]![position] = local[products.column[at]!]!
    values[row]![position] = products.value[at]!
  }
  const ids = new Uint8Array(used.length * machine.banks)
  used.forEach((column, index) => ids.fill(columns.id[column]!, index * machine.banks, (index + 1) * machine.banks))
  for (const column of used) local[column] = -1
  return { bankMask: Uint32Array.from(banks), ids, operands: operands, values }
}
