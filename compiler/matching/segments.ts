// Segments of a stream: beats of one cluster that may be reordered, and their conversion to a scheduling problem and back.
import { idsPerPage } from '../../isa/model/column-keys.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { type BeatStream, emptyBeats, flag, pageOf } from '../../isa/weights/beats.ts'
import { partOfBeats, partsOf } from '../../isa/weights/parts.ts'
import { writePhase } from '../../isa/weights/encode.ts'
import type { PhaseProblem, PhaseSchedule } from './problem.ts'

/** The beats of a cluster between two shifts or ends: products of one phase of one part, whose sum may be added in any order. */
export interface PhaseSegment {
  readonly cluster: number
  readonly start: number
  readonly end: number
}

/** The phase segments of all clusters that begin before beat `before`. */
export function phaseSegmentsOf({ beats, flags }: BeatStream, { clusters }: Machine, before: number): PhaseSegment[] {
  const segments: PhaseSegment[] = []
  const partOf = partOfBeats(partsOf(flags, clusters, 0, beats), beats)
  for (let cluster = 0; cluster < clusters; cluster++)
    for (let start = 0, end = 1; start < Math.min(before, beats); start = end++) {
      const continues = (): boolean =>
        partOf[end] === partOf[start] && (flags[end * clusters + cluster]! & flag.shift) === 0
      while (end < beats && continues()) end++
      segments.push({ cluster, start, end })
    }
  return segments
}

/** Copies what one cluster does in a beat of one stream to a beat of another, which keeps its own shift, end and keep. Indices are beat · clusters + cluster. */
export function copyBeat(
  from: BeatStream,
  source: number,
  to: BeatStream,
  target: number,
  { rows, banks }: Machine,
): void {
  const kept = flag.shift | flag.end | flag.keep
  to.values.set(from.values.subarray(source * rows, (source + 1) * rows), target * rows)
  to.selects.set(from.selects.subarray(source * rows, (source + 1) * rows), target * rows)
  to.ids.set(from.ids.subarray(source * banks, (source + 1) * banks), target * banks)
  to.flags[target] = (to.flags[target]! & kept) | (from.flags[source]! & ~kept)
}

/** The beats of a phase segment on one page, ascending. */
export interface PageSegment {
  readonly cluster: number
  readonly page: number
  readonly beats: readonly number[]
}

/** The page segments of a phase segment. */
export function pageSegmentsOf(
  { flags }: BeatStream,
  { clusters }: Machine,
  { cluster, start, end }: PhaseSegment,
): PageSegment[] {
  const byPage = new Map<number, number[]>()
  for (let beat = start; beat < end; beat++) {
    const page = pageOf(flags[beat * clusters + cluster]!)
    const own = byPage.get(page)
    if (own === undefined) byPage.set(page, [beat])
    else own.push(beat)
  }
  return [...byPage].map(([page, beats]) => ({ cluster, page, beats }))
}

/** The operands of a page segment's rows, each column in the bank that reads it. */
export interface SegmentOperands {
  readonly problem: PhaseProblem
  /** [columns] */
  readonly bank: readonly number[]
  readonly id: readonly number[]
  /** [rows][operands] */
  readonly values: readonly Int8Array[]
}

/** The operands of a page segment, decoded from the stream. */
export function operandsOf(stream: BeatStream, machine: Machine, { cluster, beats }: PageSegment): SegmentOperands {
  const { clusters, rows, banks } = machine
  const numbers = new Int32Array(banks * idsPerPage).fill(-1)
  const bank: number[] = []
  const id: number[] = []
  const operands: number[][] = Array.from({ length: rows }, () => [])
  const values: number[][] = Array.from({ length: rows }, () => [])
  for (const beat of beats) {
    const at = beat * clusters + cluster
    for (let row = 0; row < rows; row++) {
      const value = stream.values[at * rows + row]!
      if (value === 0) continue
      const select = stream.selects[at * rows + row]!
      const read = stream.ids[at * banks + select]!
      const key = select * idsPerPage + read
      if (numbers[key]! < 0) {
        numbers[key] = bank.push(select) - 1
        id.push(read)
      }
      operands[row]!.push(numbers[key]!)
      values[row]!.push(value)
    }
  }
  const bankMask = Uint32Array.from(bank, (each) => (1 << each) >>> 0)
  return {
    problem: {
      rows,
      banks,
      columns: bank.length,
      bankMask,
      operands: operands.map((list) => Int32Array.from(list)),
      seed: 1,
    },
    bank,
    id,
    values: values.map((list) => Int8Array.from(list)),
  }
}

/** Replaces the beats of a page segment by a schedule of the same operands. */
export function replaceSegment(
  stream: BeatStream,
  machine: Machine,
  segment: PageSegment,
  operands: SegmentOperands,
  schedule: PhaseSchedule,
): void {
  const { cluster, page, beats } = segment
  const { problem, id, values } = operands
  const ids = new Uint8Array(problem.columns * machine.banks)
  id.forEach((read, column) => ids.fill(read, column * machine.banks, (column + 1) * machine.banks))
  const own = emptyBeats(beats.length, machine)
  writePhase(own, machine, 0, {
    ...schedule,
    cluster,
    page,
    part: 0,
    phase: 0,
    ids,
    operands: problem.operands,
    values,
  })
  beats.forEach((beat, at) =>
    copyBeat(own, at * machine.clusters + cluster, stream, beat * machine.clusters + cluster, machine),
  )
}
