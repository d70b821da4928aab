// Schedule-aware magnitude pruning: keeps the most important weights that fit the beats, so that all beats are used.
import { random } from '../../base/random.ts'
import { demandOf } from './demand.ts'
import { Matching } from './matching.ts'
import { initialReads } from './initial-reads.ts'
import type { PhaseSchedule } from './problem.ts'
import { checkProblem } from './problem.ts'
import { repair } from './repair.ts'
import { asSchedule, oneColumnPerBeat, readsWhenShared } from './tables.ts'
import { firstMatching } from './unmatched.ts'

/** The weights of one row group in one cluster and phase. */
export interface PruneProblem {
  readonly rows: number
  readonly banks: number
  readonly columns: number
  /** [columns] banks that hold the column, as in PhaseProblem */
  readonly bankMask: Uint32Array
  /** [rows × columns] importance of the weight; ≤ 0 or NaN: there is none; Infinity: kept before all others */
  readonly importance: Float32Array
  /** most weights kept in each row, which is the number of beats */
  readonly keep: number
  readonly seed: number
}

export interface Pruned {
  /** [rows] columns kept, ascending */
  readonly kept: readonly Int32Array[]
  /** a schedule of them in `keep` beats, or in fewer if no row has so many weights */
  readonly schedule: PhaseSchedule
}

/** Moves without gain after which the reads stay as they are. */
const patience = 400
const mostMoves = 10_000

/**
 * Keeps up to `keep` weights a row. The reads are repaired for the most important weights of each row. Then each row keeps weights in order of falling
 * importance, each if an augmenting path exists. The sets of weights that a row can match to given reads form a transversal matroid, so that no other
 * choice has more importance.
 * @throws RangeError when sizes do not agree
 */
export function pruneScheduled(problem: PruneProblem): Pruned {
  const { rows, banks, columns, bankMask, importance, keep, seed } = problem
  if (importance.length !== rows * columns)
    throw new RangeError(`prune: ${importance.length} importances for ${rows} rows of ${columns} columns`)
  if (!(keep >= 0)) throw new RangeError(`prune: keep is ${keep}; allowed: 0 or more`)
  const ranked = Array.from({ length: rows }, (_, row) => rank(importance.subarray(row * columns, (row + 1) * columns)))
  const free = { rows, banks, columns, bankMask, operands: ranked.map((order) => order.slice(0, keep)), seed }
  checkProblem(free)
  const demand = demandOf(free)
  const beats = Math.max(0, ...free.operands.map((list) => list.length))
  if (readsWhenShared(demand) <= beats)
    return { kept: free.operands.map(ascending), schedule: oneColumnPerBeat(demand, beats) }
  const uniform = random(seed)
  const reads = initialReads(demand, beats, beats, uniform)
  const trial = new Matching(rows, reads, beats)
  repair(demand, trial, firstMatching(demand, trial), uniform, { patience, mostMoves, mostBeats: beats })
  const matching = new Matching(rows, reads, beats)
  const kept = ranked.map((order, row) => {
    const taken: number[] = []
    for (const column of order) {
      if (taken.length === keep) break
      if (matching.augment(row, column)) taken.push(column)
    }
    return ascending(Int32Array.from(taken))
  })
  return {
    kept,
    schedule: asSchedule({ ...demand, lowerBound: Math.max(...kept.map((list) => list.length)) }, matching),
  }
}

/** A key is the importance's bits times this, plus a minor part that falls with the column. */
const minor = 2 ** 20

/** Available columns by falling importance, equal ones in ascending order. */
function rank(importance: Float32Array): Int32Array {
  const bits = new Uint32Array(importance.buffer, importance.byteOffset, importance.length)
  const keys = new Float64Array(importance.length)
  let count = 0
  // Positive floats order as their bits do.
  for (let c = 0; c < bits.length; c++) if (importance[c]! > 0) keys[count++] = bits[c]! * minor + (minor - 1 - c)
  const sorted = keys.subarray(0, count).sort()
  const order = new Int32Array(count)
  for (let at = 0; at < count; at++) {
    const key = sorted[count - 1 - at]!
    // Exact, and much faster than a remainder of doubles.
    order[at] = minor - 1 - (key - Math.floor(key / minor) * minor)
  }
  return order
}

function ascending(list: Int32Array): Int32Array {
  return list.slice().sort()
}
