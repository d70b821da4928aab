// A row group's beats decoded once: for each row, part and cluster a list of columns and coefficients.
import { defined } from '../../base/defined.ts'
import type { InstructionOf } from '../instruction.ts'
import { columnKey, columnKeys } from '../model/column-keys.ts'
import type { Machine } from '../model/machine.ts'
import { brokenFlagLaw, pageOf } from '../weights/beats.ts'
import type { BeatStream } from '../weights/beats.ts'
import { brokenPartLaw, partOfBeats, partsOf, shiftsBehind } from '../weights/parts.ts'
import type { Part } from '../weights/parts.ts'
import type { UsedColumns, GroupPlan } from './decoded.ts'
import type { Execution } from './execution.ts'

/** The plan of a COMPUTE's beats, decoded when first needed. */
export function planOf(execution: Execution, compute: InstructionOf<'COMPUTE'>): GroupPlan {
  const { plans, machine, weights } = execution.state
  const key = compute.beat * 65536 + compute.beats
  const known = plans.get(key)
  if (known !== undefined) return known
  const plan = decodePlan(execution, machine, weights, compute.beat, compute.beats)
  plans.set(key, plan)
  return plan
}

function decodePlan(
  execution: Execution,
  machine: Machine,
  stream: BeatStream,
  first: number,
  beats: number,
): GroupPlan {
  const { clusters, rows, banks } = machine
  const { values, selects } = stream
  const parts = checkedParts(execution, machine, stream, first, beats)
  const partOf = partOfBeats(parts, beats)
  const shifts = shiftsBehind(stream.flags, clusters, first, beats)
  const { starts, read, columns } = countEntries(machine, stream, first, beats, partOf, parts.length)
  const next = starts.slice(0, -1)
  const total = starts[starts.length - 1]!
  const column = new Int32Array(total)
  const value = new Float64Array(total)
  const segmentsPerRow = parts.length * clusters
  for (let beat = 0; beat < beats; beat++) {
    for (let cluster = 0; cluster < clusters; cluster++) {
      const at = (first + beat) * clusters + cluster
      const scale = 16 ** Math.min(shifts[beat * clusters + cluster]!, manyShifts)
      const reads = (beat * clusters + cluster) * banks
      const segment = partOf[beat]! * clusters + cluster
      for (let row = 0; row < rows; row++) {
        const weight = values[at * rows + row]!
        if (weight === 0) continue
        const entry = next[row * segmentsPerRow + segment]!++
        column[entry] = read[reads + selects[at * rows + row]!]!
        value[entry] = weight * scale
      }
    }
  }
  const entries = merge(starts, column, value, columns.count)
  let rowEntries = 0
  for (let at = 0; at < rows * segmentsPerRow; at += segmentsPerRow)
    rowEntries = Math.max(rowEntries, entries.starts[at + segmentsPerRow]! - entries.starts[at]!)
  return {
    parts: parts.length,
    keepsLast: defined(parts.at(-1)).keeps,
    keys: keysRead(machine, stream, first, beats),
    columns,
    rowEntries,
    ...entries,
  }
}

/** The key of every column that a bank reads, once each. */
function keysRead({ clusters, banks }: Machine, stream: BeatStream, first: number, beats: number): Uint16Array {
  const seen = new Uint8Array(columnKeys)
  for (let at = first * clusters; at < (first + beats) * clusters; at++) {
    const page = pageOf(stream.flags[at]!)
    for (let i = at * banks; i < (at + 1) * banks; i++) seen[columnKey(page, stream.ids[i]!)] = 1
  }
  return Uint16Array.from(Array.from(seen.keys()).filter((key) => seen[key] === 1))
}

/** The parts of a position's beats; a fault where they break a law. */
function checkedParts(
  { fault }: Execution,
  machine: Machine,
  stream: BeatStream,
  first: number,
  beats: number,
): Part[] {
  for (let beat = 0; beat < beats; beat++) {
    const broken = brokenFlagLaw(stream.flags, first + beat, machine.clusters)
    if (broken !== undefined) throw fault(`beat ${beat}: ${broken.what}`, broken.allowed)
  }
  const parts = partsOf(stream.flags, machine.clusters, first, beats)
  const broken = brokenPartLaw(parts, beats, machine)
  if (broken !== undefined) throw fault(broken.what, broken.allowed)
  return parts
}

/** Shifts after which no bit of any value is left in an accumulator, while doubles stay finite. */
const manyShifts = 200

/** Numbers the columns in order of first use, records which one each bank reads in each beat, and counts the entries of each segment. */
function countEntries(
  machine: Machine,
  stream: BeatStream,
  first: number,
  beats: number,
  partOf: Int32Array,
  parts: number,
): { readonly starts: Int32Array; readonly read: Int32Array; readonly columns: UsedColumns } {
  const { clusters, rows, banks } = machine
  const { values, selects, flags } = stream
  const segments = parts * clusters
  const starts = new Int32Array(rows * segments + 1)
  const columnOf = new Int32Array(clusters * banks * columnKeys).fill(-1)
  const read = new Int32Array(beats * clusters * banks).fill(-1)
  const keys: number[] = []
  const firstBeat: number[] = []
  const lastBeat: number[] = []
  for (let beat = 0; beat < beats; beat++) {
    for (let cluster = 0; cluster < clusters; cluster++) {
      const at = (first + beat) * clusters + cluster
      let segment = partOf[beat]! * clusters + cluster + 1
      // Bit b: a row uses what bank b reads, of which there are at most 32.
      let taken = 0
      for (let entry = at * rows; entry < (at + 1) * rows; entry++, segment += segments) {
        if (values[entry] === 0) continue
        starts[segment]!++
        taken |= 1 << selects[entry]!
      }
      const page = pageOf(flags[at]!)
      for (; taken !== 0; taken &= taken - 1) {
        const bank = 31 - Math.clz32(taken & -taken)
        const key = (cluster * banks + bank) * columnKeys + columnKey(page, stream.ids[at * banks + bank]!)
        let column = columnOf[key]!
        if (column < 0) {
          column = keys.length
          columnOf[key] = column
          keys.push(key)
          firstBeat.push(beat)
          lastBeat.push(beat)
        }
        lastBeat[column] = beat
        read[(beat * clusters + cluster) * banks + bank] = column
      }
    }
  }
  for (let segment = 1; segment < starts.length; segment++) starts[segment]! += starts[segment - 1]!
  const columns: UsedColumns = {
    count: keys.length,
    cluster: Uint8Array.from(keys, (key) => Math.floor(key / (columnKeys * banks))),
    bank: Uint8Array.from(keys, (key) => Math.floor(key / columnKeys) % banks),
    key: Uint16Array.from(keys, (key) => key % columnKeys),
    firstBeat: Int32Array.from(firstBeat),
    lastBeat: Int32Array.from(lastBeat),
  }
  return { starts, read, columns }
}

/** Adds up the terms of one column within each segment. */
function merge(
  starts: Int32Array,
  column: Int32Array,
  value: Float64Array,
  columns: number,
): Pick<GroupPlan, 'starts' | 'column' | 'coefficient' | 'narrow' | 'magnitude' | 'exact'> {
  const segments = starts.length - 1
  const merged = new Int32Array(segments + 1)
  const magnitude = new Float64Array(segments)
  const seenIn = new Int32Array(columns).fill(-1)
  const seenAt = new Int32Array(columns)
  const coefficient = new Int32Array(value.length)
  let kept = 0
  let fits = true
  let narrow = true
  for (let segment = 0; segment < segments; segment++) {
    for (let entry = starts[segment]!; entry < starts[segment + 1]!; entry++) {
      const c = column[entry]!
      const weight = value[entry]!
      if (seenIn[c] === segment) {
        const at = seenAt[c]!
        value[at]! += weight
        coefficient[at]! += weight | 0
        continue
      }
      seenIn[c] = segment
      seenAt[c] = kept
      column[kept] = c
      // One term is a small number times a power of two, so `| 0` takes it modulo 2^32 exactly.
      coefficient[kept] = weight | 0
      value[kept++] = weight
    }
    let sum = 0
    for (let entry = merged[segment]!; entry < kept; entry++) {
      const weight = value[entry]!
      sum += Math.abs(weight)
      if (weight !== coefficient[entry]) fits = false
      if (weight !== (weight << 16) >> 16) narrow = false
    }
    magnitude[segment] = sum
    merged[segment + 1] = kept
  }
  return {
    starts: merged,
    column: column.slice(0, kept),
    coefficient: coefficient.slice(0, kept),
    narrow,
    magnitude,
    exact: fits ? undefined : value.slice(0, kept),
  }
}
