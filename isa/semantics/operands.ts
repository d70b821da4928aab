// The operand vectors of a group's columns: slot, tap, torus read, fill and sign, for a range of positions.
import { columnIdBits, slotsPerBlock } from '../formats.ts'
import type { Slot } from '../formats.ts'
import { lanes, limitsOf } from '../machine.ts'
import type { Execution } from './execution.ts'
import type { Columns } from './plan.ts'
import { wordIndex } from './state.ts'
import type { TableBlock } from './state.ts'
import { tapPlace, tapReads } from './taps.ts'
import type { Positions, TapReads } from './taps.ts'

/** What one column of a group reads. */
export interface ColumnRead {
  readonly cluster: number
  readonly bank: number
  /** entry of the slot table */
  readonly entry: number
  readonly slot: Slot
  /** shared by all columns of the same geometry and tap */
  readonly reads: TapReads
}

/** The reads of every column; a fault where an entry or an address does not exist. */
export function columnReads(
  execution: Execution,
  table: TableBlock,
  columns: Columns,
  positions: Positions,
): ColumnRead[] {
  const { machine } = execution.state
  const { geometries, taps } = limitsOf(machine)
  const byTap = new Map<number, TapReads>()
  const list: ColumnRead[] = []
  for (let i = 0; i < columns.count; i++) {
    const id = columns.id[i]!
    const entry = columns.page[i]! * 2 ** (columnIdBits - table.tapBits) + (id >> table.tapBits)
    const slot = table.slots[entry]
    if (slot === undefined) throw execution.fault(`slot entry ${entry}`, `0 to ${slotsPerBlock - 1}`)
    const tap = id & (2 ** table.tapBits - 1)
    const key = slot.geometry * 64 + tap
    let reads = byTap.get(key)
    if (reads === undefined) {
      if (slot.geometry >= geometries)
        throw execution.fault(`geometry ${slot.geometry} of slot entry ${entry}`, `0 to ${geometries - 1}`)
      const geometry = table.geometries[slot.geometry]!
      const place = tapPlace(geometry, tap)
      if (place.row >= taps || place.column >= taps)
        throw execution.fault(`tap row ${place.row}, tap column ${place.column}`, `0 to ${taps - 1} each`)
      reads = tapReads(machine, geometry, place.row, place.column, positions)
      const outside = reads.offset.indexOf(-1)
      if (outside >= 0)
        throw execution.fault(tapOutside(tap, slot.geometry, positions, outside), 'taps that leave the patch once')
      byTap.set(key, reads)
    }
    checkExtent(execution, slot, reads, entry)
    list.push({ cluster: columns.cluster[i]!, bank: columns.bank[i]!, entry, slot, reads })
  }
  return list
}

/**
 * Gathers the vectors of positions `from` to `to` into `into` [columns × (to − from) × P].
 * Nibbles are −8 to 7 where the slot is signed, else 0 to 15.
 */
export function gather(
  execution: Execution,
  columns: readonly ColumnRead[],
  from: number,
  to: number,
  into: Int8Array,
): void {
  const { machine, feature } = execution.state
  const p = lanes(machine)
  let at = 0
  for (const { cluster, bank, slot, reads } of columns) {
    const { lane, offset } = reads
    const signed = slot.signed === 1
    const fill = signed ? (slot.fill << 28) >> 28 : slot.fill
    const base = wordIndex(machine, cluster, bank, slot.base)
    for (let i = from; i < to; i++) {
      const word = base + offset[i]! * p
      for (let l = i * p; l < i * p + p; l++) {
        const source = lane[l]!
        if (source < 0) into[at++] = fill
        else {
          const nibble = feature[word + source]!
          into[at++] = signed ? (nibble << 28) >> 28 : nibble
        }
      }
    }
  }
}

function checkExtent(execution: Execution, slot: Slot, reads: TapReads, entry: number): void {
  const words = execution.state.machine.featureWords
  const { offset } = reads
  for (let i = 0; i < offset.length; i++) {
    if (slot.base + offset[i]! >= words) {
      throw execution.fault(
        `slot entry ${entry} reads address ${slot.base + offset[i]!}`,
        `feature memory addresses 0 to ${words - 1}`,
      )
    }
  }
}

const tapOutside = (tap: number, geometry: number, positions: Positions, i: number): string =>
  `tap ${tap} of geometry ${geometry} at position (${positions.row[i]}, ${positions.column[i]}) lies beyond the neighbouring lane`
