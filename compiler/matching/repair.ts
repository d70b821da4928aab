// Repair: searches until every need is served, and appends a beat where the search gets stuck.
import type { Demand } from './demand.ts'
import type { Matching } from './matching.ts'
import { Search } from './search.ts'
import type { Unmatched } from './unmatched.ts'

/** How long to search. */
export interface SearchBudget {
  /** Moves without gain after which a beat is appended. */
  readonly patience: number
  /** Moves after which patience is short. */
  readonly mostMoves: number
  /** Give up when the schedule would need more beats than this. */
  readonly mostBeats: number
}

/** Moves for each further beat when the search has become long. */
const leastPatience = 100

/** Serves all unmatched needs. Returns the moves made, and whether it was `complete` or gave up. */
export function repair(
  demand: Demand,
  matching: Matching,
  unmatched: Unmatched,
  uniform: () => number,
  { patience: most, mostMoves, mostBeats }: SearchBudget,
): { complete: boolean; moves: number } {
  const search = new Search(demand, matching, unmatched, uniform)
  let patience = most
  while (unmatched.length > 0) {
    const long = search.moves > mostMoves
    if (patience <= 0) {
      if (matching.beats >= mostBeats) return { complete: false, moves: search.moves }
      search.appendBeat()
      patience = long ? leastPatience : most
    } else if (search.move() < 0 && !long) patience = Math.min(most, patience + most / 4)
    else patience--
  }
  return { complete: true, moves: search.moves }
}
