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
  /** Beats above the bound that need no second try; default: 1 % of the bound, at least one. */
  readonly slack?: number
  /** Tries with other seeds and more patience; default 3. */
  readonly attempts?: number
  /** Fruitless moves of the first try before a beat is appended; default 400. */
  readonly patience?: number
}

/**
 * A schedule of the phase, as short as the search finds: the same problem always gets the same schedule.
 * @throws RangeError when the problem is malformed (see `checkProblem`)
 */
export function schedulePhase(problem: PhaseProblem, options: ScheduleOptions = {}): PhaseSchedule {
  checkProblem(problem)
  const demand = demandOf(problem)
  const beats = Math.max(demand.bound, problem.minimumBeats ?? 0)
  let distinct = 0
  for (const count of demand.leastReads) distinct += count
  if (distinct <= beats) return oneColumnPerBeat(demand, beats)
  const slack = options.slack ?? Math.max(1, Math.floor(demand.bound / 100))
  const attempts = options.attempts ?? 3
  let best: Matching | undefined
  for (let attempt = 0; attempt < attempts; attempt++) {
    const patience = (options.patience ?? 400) * (attempt + 1)
    const matching = search(
      demand,
      beats,
      (problem.seed + attempt * 0x9e3779b9) | 0,
      patience,
      best === undefined ? Infinity : best.beats - 1,
    )
    if (matching !== undefined) best = matching
    if (best!.beats <= beats + slack) break
  }
  return asSchedule(demand, best!)
}

/** One search; undefined when it would need more than `mostBeats`. */
function search(
  demand: Demand,
  beats: number,
  seed: number,
  patience: number,
  mostBeats: number,
): Matching | undefined {
  const uniform = random(seed)
  const reads = placeReads(demand, beats, beats + (beats >> 3) + 8, uniform)
  const matching = new Matching(demand.rows, reads, beats)
  const unmatched = new Unmatched(demand.total)
  matchAll(demand, matching, unmatched)
  return repair(demand, matching, unmatched, uniform, { patience, mostBeats }) < 0 ? undefined : matching
}

/** Matches every need, those with the fewest reads first. */
function matchAll(demand: Demand, matching: Matching, unmatched: Unmatched): void {
  const { count } = matching.reads
  const order: number[] = []
  for (let c = 0; c < demand.columns; c++) if (demand.perColumn[c]! > 0) order.push(c)
  order.sort((a, b) => count[a]! - count[b]! || a - b)
  for (const c of order)
    for (let i = demand.rowsStart[c]!; i < demand.rowsStart[c + 1]!; i++) {
      const row = demand.rowsOf[i]!
      if (!matching.augment(row, c)) unmatched.push(row, c)
    }
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
