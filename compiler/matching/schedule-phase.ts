// Schedules one phase of one row group in one cluster: the bank reads and the assignments of every beat.
import { random } from '../../base/random.ts'
import { demandOf, type Demand } from './demand.ts'
import { Matching } from './matching.ts'
import { initialReads } from './initial-reads.ts'
import { checkProblem, type PhaseProblem, type PhaseSchedule } from './problem.ts'
import { repair } from './repair.ts'
import { asSchedule, oneColumnPerBeat, readsWhenShared } from './tables.ts'
import { firstMatching } from './unmatched.ts'

export interface SearchOptions {
  /** effort of repair (moves × beats) after which no further attempt is started; default 100,000, some 10 milliseconds */
  readonly effort?: number
  /** moves without gain before the first attempt appends a beat; default 400 */
  readonly patience?: number
}

/** Moves without gain after which the first attempt appends a beat, and a search with fixed beats gives up. */
const defaultPatience = 400

/** A schedule that exceeds its lower bound by more than this share is attempted again, within the effort. */
const goodEnough = 0.01

/** Seeds of successive attempts differ by this (2^32 divided by the golden ratio). */
const seedStep = 0x9e3779b9

/**
 * The shortest schedule of the phase that the search finds. The same problem always gets the same schedule.
 * @param demand of the problem, if it is counted already
 * @throws RangeError when the problem is malformed (see `checkProblem`)
 */
export function schedulePhase(
  problem: PhaseProblem,
  options: SearchOptions = {},
  demand: Demand = checkedDemand(problem),
): PhaseSchedule {
  const { effort = 100_000, patience = defaultPatience } = options
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

/**
 * A schedule of exactly so many beats in which some columns are read only late; undefined if the search finds none.
 * @param earliest [columns] the first beat in which a bank may read the column
 */
export function scheduleWithin(
  problem: PhaseProblem,
  earliest: Int32Array<ArrayBuffer>,
  beats: number,
): PhaseSchedule | undefined {
  checkProblem(problem)
  const demand = demandOf(problem, earliest)
  if (demand.lowerBound > beats) return undefined
  const uniform = random(problem.seed)
  const matching = new Matching(demand.rows, initialReads(demand, beats, beats, uniform), beats)
  const budget = { patience: defaultPatience, mostMoves: 8 * defaultPatience, mostBeats: beats }
  const { complete } = repair(demand, matching, firstMatching(demand, matching), uniform, budget)
  return complete ? asSchedule(demand, matching) : undefined
}

/** The demand of a problem, which is checked first. */
export function checkedDemand(problem: PhaseProblem): Demand {
  checkProblem(problem)
  return demandOf(problem)
}
