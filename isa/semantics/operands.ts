// The operand vectors of a group's columns: slot, tap, torus read, fill and sign, for a range of positions.
import { defined } from '../../base/defined.ts'
import { entryOfKey, tapOfKey } from '../model/column-keys.ts'
import { slotsPerBlock } from '../model/formats.ts'
import { lanes, limitsOf } from '../model/machine.ts'
import { signedNibble } from '../numerics.ts'
import type { ColumnRead, GroupPlan } from './decoded.ts'
import type { Execution } from './execution.ts'
import { wordIndex } from './state.ts'
import type { TableBlock } from './state.ts'
import { tapRowAndColumn, tapReads } from './taps.ts'
import type { Positions, TorusReads } from './taps.ts'

/** The reads of every column that a row uses; a fault where an entry, a tap or an address of what any bank reads does not exist. */
export function columnReads(
  execution: Execution,
  table: TableBlock,
  { columns, keys }: GroupPlan,
  positions: Positions,
): ColumnRead[] {
  const taps = new Map<number, CheckedTap>()
  const known = new Map<number, KeyRead>()
  for (const each of keys) known.set(each, checkedRead(execution, table, each, positions, taps))
  return Array.from({ length: columns.count }, (_, i) => {
    const { entry, slot, reads } = defined(known.get(columns.key[i]!))
    return { cluster: columns.cluster[i]!, bank: columns.bank[i]!, entry, slot, reads }
  })
}

type KeyRead = Pick<ColumnRead, 'entry' | 'slot' | 'reads'>

/** A tap of a geometry that lies within the neighbouring lanes. */
interface CheckedTap {
  readonly reads: TorusReads
  /** the greatest offset */
  readonly furthest: number
}

/** What a bank reads by a column key. */
function checkedRead(
  execution: Execution,
  table: TableBlock,
  column: number,
  positions: Positions,
  taps: Map<number, CheckedTap>,
): KeyRead {
  const { machine } = execution.state
  const entry = entryOfKey(column, table.tapBits)
  const slot = table.slots[entry]
  if (slot === undefined) throw execution.fault(`slot entry ${entry}`, `0 to ${slotsPerBlock - 1}`)
  const tap = tapOfKey(column, table.tapBits)
  const key = slot.geometry * 64 + tap
  const found = taps.get(key) ?? checkedTap(execution, table, slot.geometry, tap, positions)
  taps.set(key, found)
  if (slot.base + found.furthest >= machine.featureWords) {
    throw execution.fault(
      `slot entry ${entry} reads address ${slot.base + found.furthest}`,
      `feature memory addresses 0 to ${machine.featureWords - 1}`,
    )
  }
  return { entry, slot, reads: found.reads }
}

function checkedTap(
  execution: Execution,
  table: TableBlock,
  number: number,
  tap: number,
  positions: Positions,
): CheckedTap {
  const { geometries, taps } = limitsOf(execution.state.machine)
  if (number >= geometries) throw execution.fault(`a slot entry names geometry ${number}`, `0 to ${geometries - 1}`)
  const geometry = table.geometries[number]!
  const { row, column } = tapRowAndColumn(geometry, tap)
  if (Math.max(row, column) >= taps)
    throw execution.fault(
      `tap ${tap} of geometry ${number} has row ${row} and column ${column}`,
      `0 to ${taps - 1} each`,
    )
  const reads = tapReads(execution.state.machine, geometry, row, column, positions)
  const outside = reads.offset.indexOf(-1)
  if (outside >= 0) throw execution.fault(tapOutside(tap, number, positions, outside), 'taps that leave the patch once')
  return { reads, furthest: reads.offset.reduce((most, offset) => Math.max(most, offset), 0) }
}

/**
 * Gathers the vectors of positions `from` to `to` into `into` [columns × pitch]; zeros from (to − from) × P to the pitch.
 * Nibbles are −8 to 7 where the slot is signed, else 0 to 15.
 */
export function gather(
  execution: Execution,
  columns: readonly ColumnRead[],
  from: number,
  to: number,
  into: Int8Array,
  pitch: number,
): void {
  const { machine, feature } = execution.state
  const p = lanes(machine)
  const elements = (to - from) * p
  const bytes = new Uint8Array(into.buffer, into.byteOffset, into.length)
  for (let column = 0; column < columns.length; column++) {
    const { cluster, bank, slot, reads } = columns[column]!
    const { lane, offset, consecutive } = reads
    const base = wordIndex(machine, cluster, bank, slot.base)
    const first = column * pitch
    let at = first
    for (let i = from; i < to;) {
      const word = base + offset[i]! * p
      const words = Math.min(consecutive[i]!, to - i)
      if (words > 0) {
        bytes.set(feature.subarray(word, word + words * p), at)
        at += words * p
        i += words
        continue
      }
      for (let l = i * p; l < i * p + p; l++) {
        const source = lane[l]!
        bytes[at++] = source < 0 ? slot.fill : feature[word + source]!
      }
      i++
    }
    if (slot.signed === 1) for (at = first; at < first + elements; at++) into[at] = signedNibble(into[at]! & 15)
    into.fill(0, first + elements, first + pitch)
  }
}

const tapOutside = (tap: number, geometry: number, positions: Positions, i: number): string =>
  `tap ${tap} of geometry ${geometry} at position (${positions.row[i]}, ${positions.column[i]}) lies outside the neighbouring lanes`
