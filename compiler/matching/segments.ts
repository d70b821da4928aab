// Runs of a stream: beats of one cluster that may change places with one another, as problem and back.
import { idsPerPage } from '../../isa/model/column-keys.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { type BeatStream, emptyBeats, flag, pageOf } from '../../isa/weights/beats.ts'
import { partOfBeats, partsOf } from '../../isa/weights/parts.ts'
import { writePhase } from '../../isa/weights/encode.ts'
import type { PhaseProblem, PhaseSchedule } from './problem.ts'

/** Beats of a cluster between two shifts or ends: products of one phase of one part, whose sums commute. */
export interface PhaseSegment {
  readonly cluster: number
  readonly start: number
  readonly end: number
}

/** The pieces of all clusters that begin before beat `before`. */
export function phaseSegmentsOf({ beats, flags }: BeatStream, { clusters }: Machine, before: number): PhaseSegment[] {
  const pieces: PhaseSegment[] = []
  const partOf = partOfBeats(partsOf(flags, clusters, 0, beats), beats)
  for (let cluster = 0; cluster < clusters; cluster++)
    for (let start = 0, end = 1; start < Math.min(before, beats); start = end++) {
      const goesOn = (): boolean =>
        partOf[end] === partOf[start] && (flags[end * clusters + cluster]! & flag.shift) === 0
      while (end < beats && goesOn()) end++
      pieces.push({ cluster, start, end })
    }
  return pieces
}

/** Puts what one place (beat · clusters + cluster) of a stream does into a place of another, which keeps its shift, end and keep. */
export function copyBeat(
  from: BeatStream,
  source: number,
  to: BeatStream,
  target: number,
  { rows, banks }: Machine,
): void {
  const stays = flag.shift | flag.end | flag.keep
  to.values.set(from.values.subarray(source * rows, (source + 1) * rows), target * rows)
  to.selects.set(from.selects.subarray(source * rows, (source + 1) * rows), target * rows)
  to.ids.set(from.ids.subarray(source * banks, (source + 1) * banks), target * banks)
  to.flags[target] = (to.flags[target]! & stays) | (from.flags[source]! & ~stays)
}

/** Beats of a piece on one page, ascending. */
export interface PageSegment {
  readonly cluster: number
  readonly page: number
  readonly beats: readonly number[]
}

/** A piece's runs. */
export function pageSegmentsOf(
  { flags }: BeatStream,
  { clusters }: Machine,
  { cluster, start, end }: PhaseSegment,
): PageSegment[] {
  const runs = new Map<number, number[]>()
  for (let beat = start; beat < end; beat++) {
    const page = pageOf(flags[beat * clusters + cluster]!)
    const own = runs.get(page)
    if (own === undefined) runs.set(page, [beat])
    else own.push(beat)
  }
  return [...runs].map(([page, beats]) => ({ cluster, page, beats }))
}

/** What the rows need in a run, each column in the bank that reads it. */
export interface SegmentOperands {
  readonly problem: PhaseProblem
  /** [columns] */
  readonly bank: readonly number[]
  readonly id: readonly number[]
  /** [rows][needs] */
  readonly values: readonly Int8Array[]
}

/** Reads a run's needs off the stream. */
export function operandsOf(stream: BeatStream, machine: Machine, { cluster, beats }: PageSegment): SegmentOperands {
  const { clusters, rows, banks } = machine
  const numbers = new Int32Array(banks * idsPerPage).fill(-1)
  const bank: number[] = []
  const id: number[] = []
  const needs: number[][] = Array.from({ length: rows }, () => [])
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
      needs[row]!.push(numbers[key]!)
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
      operands: needs.map((list) => Int32Array.from(list)),
      seed: 1,
    },
    bank,
    id,
    values: values.map((list) => Int8Array.from(list)),
  }
}

/** Writes a schedule of a run's needs in the place of the run. */
export function replaceSegment(
  stream: BeatStream,
  machine: Machine,
  run: PageSegment,
  needs: SegmentOperands,
  schedule: PhaseSchedule,
): void {
  const { cluster, page, beats } = run
  const { problem, id, values } = needs
  const ids = new Uint8Array(problem.columns * machine.banks)
  id.forEach((read, column) => ids.fill(read, column * machine.banks, (column + 1) * machine.banks))
  const own = emptyBeats(beats.length, machine)
  writePhase(own, machine, 0, { ...schedule, cluster, page, part: 0, phase: 0, ids, operands: problem.operands, values })
  beats.forEach((beat, at) =>
    copyBeat(own, at * machine.clusters + cluster, stream, beat * machine.clusters + cluster, machine),
  )
}
