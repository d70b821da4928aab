// Schedules of exactly so many beats, in which some columns are read late only.
import { random } from '../../base/random.ts'
import { demandOf } from './demand.ts'
import { Matching } from './matching.ts'
import { initialReads } from './initial-reads.ts'
import { checkProblem, type PhaseProblem, type PhaseSchedule } from './problem.ts'
import { repair } from './repair.ts'
import { asSchedule } from './tables.ts'
import { firstMatching } from './unmatched.ts'

/** Moves without gain after which the search gives up. */
const patience = 400

/**
 * A schedule of so many beats, or undefined where the search finds none.
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
  const limits = { patience, mostMoves: 8 * patience, mostBeats: beats }
  const { complete } = repair(demand, matching, firstMatching(demand, matching), uniform, limits)
  return complete ? asSchedule(demand, matching) : undefined
}
