// Schedules one phase of one row group in one cluster: reads of the banks and takes of the rows for every beat.
import { random } from '../../isa/random.ts'
import type { Demand } from './demand.ts'
import { demandOf } from './demand.ts'
import { Matching } from './matching.ts'
import { placeReads } from './place.ts'
import type { PhaseProblem, PhaseSchedule } from './problem.ts'
import { checkProblem } from './problem.ts'
import { repair, Unmatched } from './repair.ts'

export interface ScheduleOptions {
  /** Work of repair (moves × beats) after which no further try is started; default 100,000, some 10 milliseconds. */
  readonly effort?: number
  /** Fruitless moves of the first try before a beat is appended; default 400. */
  readonly patience?: number
}

/** A schedule that is longer than its bound by more than this is tried again, while the effort lasts. */
const goodEnough = 0.01

/** Seeds of successive tries differ by this (2^32 divided by the golden ratio). */
const seedStep = 0x9e3779b9

/**
 * A schedule of the phase, as short as the search finds: the same problem always gets the same schedule.
 * @throws RangeError when the problem is malformed (see `checkProblem`)
 */
export function schedulePhase(problem: PhaseProblem, options: ScheduleOptions = {}): PhaseSchedule {
  checkProblem(problem)
  const { effort = 100_000, patience = 400 } = options
  const demand = demandOf(problem)
  const beats = Math.max(demand.bound, problem.minimumBeats ?? 0)
  let reads = 0
  for (const count of demand.leastReads) reads += count
  if (reads <= beats) return oneColumnPerBeat(demand, beats)
  let best: Matching | undefined
  let spent = 0
  for (let attempt = 0; best === undefined || (spent < effort && best.beats > beats * (1 + goodEnough)); attempt++) {
    const uniform = random((problem.seed + attempt * seedStep) | 0)
    const matching = new Matching(demand.rows, placeReads(demand, beats, beats + (beats >> 3) + 8, uniform), beats)
    const { complete, moves } = repair(demand, matching, matchAll(demand, matching), uniform, {
      patience: patience * (attempt + 1),
      mostMoves: (32 * effort) / beats,
      mostBeats: best === undefined ? Infinity : best.beats - 1,
    })
    if (complete) best = matching
    spent += (moves + 1) * beats
  }
  return asSchedule(demand, best)
}

/** Matches every need, those with the fewest reads first; returns what is left over. */
function matchAll(demand: Demand, matching: Matching): Unmatched {
  const unmatched = new Unmatched(demand.total)
  const { count } = matching.reads
  const order: number[] = []
  for (let c = 0; c < demand.columns; c++) if (demand.perColumn[c]! > 0) order.push(c)
  order.sort((a, b) => count[a]! - count[b]! || a - b)
  for (const c of order)
    for (let i = demand.rowsStart[c]!; i < demand.rowsStart[c + 1]!; i++) {
      const row = demand.rowsOf[i]!
      if (!matching.augment(row, c)) unmatched.push(row, c)
    }
  return unmatched
}

/** When there are no more columns than beats, each is read once and every row takes it there: dense layers are of this kind. */
function oneColumnPerBeat(demand: Demand, beats: number): PhaseSchedule {
  const { rows, banks, columns, bankMask, leastReads, rowsOf, rowsStart } = demand
  const { reads, takes, bankTaken } = emptyTables(beats, banks, rows)
  for (let column = 0, beat = 0; column < columns; column++) {
    if (leastReads[column] === 0) continue
    const bank = 31 - Math.clz32(bankMask[column]! & -bankMask[column]!)
    const first = beat
    beat += leastReads[column]!
    for (let t = first; t < beat; t++) reads[t * banks + bank] = column
    for (let i = rowsStart[column]!, t = first; i < rowsStart[column + 1]!; i++) {
      const row = rowsOf[i]!
      t = i > rowsStart[column]! && rowsOf[i - 1] === row ? t + 1 : first
      takes[t * rows + row] = column
      bankTaken[t * rows + row] = bank
    }
  }
  return { beats, bound: demand.bound, reads, takes, bankTaken }
}

function asSchedule({ rows, banks, bound }: Demand, matching: Matching): PhaseSchedule {
  const { beats, entry, pitch, reads: table } = matching
  const { reads, takes, bankTaken } = emptyTables(beats, banks, rows)
  for (let beat = 0; beat < beats; beat++) {
    for (let bank = 0; bank < banks; bank++) reads[beat * banks + bank] = table.column[(beat << 5) | bank]!
    for (let row = 0; row < rows; row++) {
      const taken = entry[row * pitch + beat]!
      if (taken < 0) continue
      takes[beat * rows + row] = taken >> 5
      bankTaken[beat * rows + row] = taken & 31
    }
  }
  return { beats, bound, reads, takes, bankTaken }
}

function emptyTables(beats: number, banks: number, rows: number): Pick<PhaseSchedule, 'reads' | 'takes' | 'bankTaken'> {
  return {
    reads: new Int32Array(beats * banks).fill(-1),
    takes: new Int32Array(beats * rows).fill(-1),
    bankTaken: new Int32Array(beats * rows).fill(-1),
  }
}
