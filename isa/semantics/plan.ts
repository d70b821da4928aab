// A row group's beats decoded once: for each row, part and cluster a list of columns and coefficients.
import { counted } from '../../base/words.ts'
import type { InstructionOf } from '../instruction.ts'
import { columnKey, columnKeys } from '../model/column-keys.ts'
import type { Machine } from '../model/machine.ts'
import { postIsSerial } from '../timing.ts'
import { flag, pageOf } from '../weights/beats.ts'
import type { BeatStream } from '../weights/beats.ts'
import type { Columns, GroupPlan } from './decoded.ts'
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
  const parts = partsOf(execution, machine, stream, first, beats)
  const shifts = shiftsThatFollow(machine, stream, first, beats)
  const { starts, read, columns } = countEntries(machine, stream, first, beats, parts.of, parts.count)
  const next = starts.slice(0, -1)
  const total = starts[starts.length - 1]!
  const column = new Int32Array(total)
  const value = new Float64Array(total)
  const segmentsPerRow = parts.count * clusters
  for (let beat = 0; beat < beats; beat++) {
    for (let cluster = 0; cluster < clusters; cluster++) {
      const at = (first + beat) * clusters + cluster
      const scale = 16 ** Math.min(shifts[beat * clusters + cluster]!, manyShifts)
      const reads = (beat * clusters + cluster) * banks
      const segment = parts.of[beat]! * clusters + cluster
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
    parts: parts.count,
    keepsLast: parts.keepsLast,
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

/** Part of each beat; the laws of `end` and `keep`. */
function partsOf(
  execution: Execution,
  machine: Machine,
  stream: BeatStream,
  first: number,
  beats: number,
): { readonly of: Int32Array; readonly count: number; readonly keepsLast: boolean } {
  const least = machine.rows / machine.drainRows
  const of = new Int32Array(beats)
  let part = 0
  let start = 0
  let keepsLast = false
  for (let beat = 0; beat < beats; beat++) {
    of[beat] = part
    const flags = stream.flags[(first + beat) * machine.clusters]!
    for (let cluster = 1; cluster < machine.clusters; cluster++) {
      const other = stream.flags[(first + beat) * machine.clusters + cluster]!
      if (((other ^ flags) & (flag.end | flag.keep)) !== 0) {
        throw execution.fault(
          `beat ${beat}: clusters 0 and ${cluster} disagree on end or keep`,
          'the same in all clusters',
        )
      }
    }
    if ((flags & flag.end) === 0) continue
    if (beat + 1 - start < least) {
      throw execution.fault(`part ${part} has ${beat + 1 - start} beats`, `at least rows ÷ drainRows = ${least}`)
    }
    keepsLast = (flags & flag.keep) !== 0
    if (!keepsLast && beat < beats - 1) {
      throw execution.fault(
        `beat ${beat} of ${beats} ends the position without keep`,
        'only the last part of a position ends without keep',
      )
    }
    part++
    start = beat + 1
  }
  if (postIsSerial(machine) && (part > 1 || keepsLast))
    throw execution.fault(
      `beats in ${counted(part, 'part')}${keepsLast ? ', the last with keep' : ''}`,
      'one part without keep: the machine has no partial sums',
    )
  if (start !== beats) throw execution.fault('the last beat has no end flag', 'end on the last beat of a position')
  return { of, count: part, keepsLast }
}

/** [beats × C] shifts of later beats of the same part. */
function shiftsThatFollow(machine: Machine, stream: BeatStream, first: number, beats: number): Int32Array {
  const { clusters } = machine
  const follow = new Int32Array(beats * clusters)
  for (let cluster = 0; cluster < clusters; cluster++) {
    let shifts = 0
    for (let beat = beats - 1; beat >= 0; beat--) {
      const flags = stream.flags[(first + beat) * clusters + cluster]!
      if ((flags & flag.end) !== 0) shifts = 0
      follow[beat * clusters + cluster] = shifts
      if ((flags & flag.shift) !== 0) shifts++
    }
  }
  return follow
}

/** Shifts that move every value out of any accumulator, yet leave doubles finite. */
const manyShifts = 200

/** Numbers the columns in order of first use, notes which each bank reads in each beat, and counts the entries of each segment. */
function countEntries(
  machine: Machine,
  stream: BeatStream,
  first: number,
  beats: number,
  partOf: Int32Array,
  parts: number,
): { readonly starts: Int32Array; readonly read: Int32Array; readonly columns: Columns } {
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
      // Bit b: a row takes something from bank b, of which there are at most 32.
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
  const columns: Columns = {
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
