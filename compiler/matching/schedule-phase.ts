// Schedules one phase of one row group in one cluster: reads of the banks and takes of the rows for every beat.
import { random } from '../../base/random.ts'
import { demandOf, type Demand } from './demand.ts'
import { Matching } from './matching.ts'
import { initialReads } from './initial-reads.ts'
import type { PhaseProblem, PhaseSchedule } from './problem.ts'
import { checkProblem } from './problem.ts'
import { repair } from './repair.ts'
import { asSchedule, oneColumnPerBeat, readsWhenShared } from './tables.ts'
import { firstMatching } from './unmatched.ts'

export interface SearchOptions {
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
 * @param demand of the problem, where it is known already
 * @throws RangeError when the problem is malformed (see `checkProblem`)
 */
export function schedulePhase(
  problem: PhaseProblem,
  options: SearchOptions = {},
  demand: Demand = checkedDemand(problem),
): PhaseSchedule {
  const { effort = 100_000, patience = 400 } = options
  const beats = Math.max(demand.lowerBound, problem.minimumBeats ?? 0)
  if (readsWhenShared(demand) <= beats) return oneColumnPerBeat(demand, beats)
  let best: Matching | undefined
  let spent = 0
  for (let attempt = 0; best === undefined || (spent < effort && best.beats > beats * (1 + goodEnough)); attempt++) {
    const uniform = random((problem.seed + attempt * seedStep) | 0)
    const matching = new Matching(demand.rows, initialReads(demand, beats, beats + (beats >> 3) + 8, uniform), beats)
    const { complete, moves } = repair(demand, matching, firstMatching(demand, matching), uniform, {
      patience: patience * (attempt + 1),
      mostMoves: (32 * effort) / beats,
      mostBeats: best === undefined ? Infinity : best.beats - 1,
    })
    if (complete) best = matching
    spent += (moves + 1) * beats
  }
  return asSchedule(demand, best)
}

/** The demand of a problem that is sound. */
export function checkedDemand(problem: PhaseProblem): Demand {
  checkProblem(problem)
  return demandOf(problem)
}
