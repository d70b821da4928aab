// Repair: local search on the bank reads until every operand is matched. It exchanges single reads and matches the affected rows again. If no move
// helps for long, a beat is appended.
import { bitOf, type Demand, wordOf } from './demand.ts'
import type { Matching } from './matching.ts'
import { problemLimits } from './problem.ts'
import { bankOf, beatOf, slotOf, assignmentOf } from './slots.ts'
import type { Unmatched } from './unmatched.ts'

/** How long to search. */
export interface SearchBudget {
  /** moves without gain after which a beat is appended */
  readonly patience: number
  /** moves after which patience is short */
  readonly mostMoves: number
  /** the search gives up if the schedule would need more beats than this */
  readonly mostBeats: number
}

/** Patience for each further beat once the search has taken many moves. */
const leastPatience = 100

/** Matches all unmatched operands. @returns the moves made, and whether the matching is `complete` or the search gave up */
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

/** Moves for which an exchanged slot stays as it is. */
const tabuMoves = 30

/** Probability that a move that loses one operand is kept. */
const acceptLoss = 0.02

/** The most operands that one move may match. */
const mostGained = 256

/** The state of a search: bank reads and assignments in `matching`, and the operands that are not matched yet. Its loops pack slots and assignments as slots.ts does, but without calls. */
class Search {
  readonly demand: Demand
  readonly matching: Matching
  readonly unmatched: Unmatched
  readonly uniform: () => number
  moves = 0
  /** [beats] stamp: from this beat, moving assignments frees a beat of the row */
  #reaches: Int32Array
  #stamp = 0
  #queue: Int32Array
  /** [columns] stamp: the unmatched operand could get an assignment of this column */
  readonly #reached: Int32Array
  readonly #columnQueue: Int32Array
  #columnsReached = 0
  #banksReached = 0
  /** [slots] the move that last exchanged the read */
  #exchanged: Int32Array
  /** [rows] 1 if the exchange changes assignments of the row */
  readonly #isAffected = new Uint8Array(problemLimits.rows)
  readonly #lostRow = new Int32Array(problemLimits.rows)
  readonly #gainedOperand = new Int32Array(mostGained)

  constructor(demand: Demand, matching: Matching, unmatched: Unmatched, uniform: () => number) {
    this.demand = demand
    this.matching = matching
    this.unmatched = unmatched
    this.uniform = uniform
    this.#reaches = new Int32Array(matching.pitch)
    this.#queue = new Int32Array(matching.pitch)
    this.#reached = new Int32Array(demand.columns)
    this.#columnQueue = new Int32Array(demand.columns)
    this.#exchanged = new Int32Array(slotOf(matching.pitch, 0)).fill(-tabuMoves)
  }

  /**
   * Exchanges one read so that a random unmatched operand may be matched.
   * @returns the change in the number of unmatched operands; a move that would raise it is (mostly) undone and returns 0
   */
  move(): number {
    const { unmatched } = this
    this.moves++
    const pick = Math.floor(this.uniform() * unmatched.length)
    const row = unmatched.row[pick]!
    const beatsReached = this.#backward(row)
    this.#forward(row, unmatched.column[pick]!)
    const slot = this.#leastUsedSlot(beatsReached)
    if (slot < 0) return 0
    const column = this.#scarcest(slot)
    return column < 0 ? 0 : this.#exchange(slot, column, row)
  }

  /** Reads `column` in the slot instead, for an operand of `row`, if that leaves no more operands unmatched. */
  #exchange(slot: number, column: number, row: number): number {
    const { matching, unmatched, uniform } = this
    matching.remember()
    const old = matching.replaceRead(slot, column)
    this.#exchanged[slot] = this.moves
    const lost = this.#rematchUsers(slot, old)
    this.#isAffected[row] = 1
    const gained = this.#augmentMore(column)
    this.#isAffected.fill(0)
    const change = lost - gained
    if (change > 1 || (change === 1 && uniform() >= acceptLoss)) {
      matching.undo()
      matching.replaceRead(slot, old)
      return 0
    }
    matching.forget()
    for (let i = gained - 1; i >= 0; i--) unmatched.remove(this.#gainedOperand[i]!)
    for (let i = 0; i < lost; i++) unmatched.push(this.#lostRow[i]!, old)
    return change
  }

  /** Matches the users of the slot's old read to other reads. @returns how many lost their operand, listed in `#lostRow` */
  #rematchUsers(slot: number, old: number): number {
    const { matching, demand } = this
    if (old < 0 || matching.users[slot] === 0) return 0
    const assignment = assignmentOf(old, bankOf(slot))
    const beat = beatOf(slot)
    for (let i = demand.rowsStart[old]!; i < demand.rowsStart[old + 1]!; i++) {
      const user = demand.rowsOf[i]!
      if (matching.assignments[user * matching.pitch + beat] !== assignment) continue
      matching.release(user, beat)
      this.#isAffected[user] = 1
    }
    let lost = 0
    for (let user = 0; user < demand.rows; user++)
      if (this.#isAffected[user] === 1 && !matching.augment(user, old)) this.#lostRow[lost++] = user
    return lost
  }

  /** Matches more operands: those of the column, and those of affected rows. @returns how many, listed in `#gainedOperand` */
  #augmentMore(column: number): number {
    const { matching, unmatched } = this
    let gained = 0
    for (let i = 0; i < unmatched.length && gained < mostGained; i++) {
      const row = unmatched.row[i]!
      if (unmatched.column[i] !== column && this.#isAffected[row] === 0) continue
      if (matching.augment(row, unmatched.column[i]!)) this.#gainedOperand[gained++] = i
    }
    return gained
  }

  /** Appends a beat. In it, each bank reads the column with the most unmatched operands. */
  appendBeat(): void {
    const { demand, matching, unmatched, uniform } = this
    const { reads } = matching
    matching.appendBeat()
    if (this.#reaches.length < matching.pitch) {
      this.#reaches = new Int32Array(matching.pitch)
      this.#queue = new Int32Array(matching.pitch)
      const exchanged = new Int32Array(slotOf(matching.pitch, 0)).fill(-tabuMoves)
      exchanged.set(this.#exchanged)
      this.#exchanged = exchanged
    }
    const waiting = new Float64Array(demand.columns)
    for (let i = 0; i < unmatched.length; i++) waiting[unmatched.column[i]!]! += 1e6
    for (let c = 0; c < demand.columns; c++)
      if (demand.perColumn[c]! > 0) waiting[c]! += demand.perColumn[c]! / (reads.count[c]! + 1) + uniform()
    for (let bank = 0; bank < demand.banks; bank++) {
      let best = -1
      for (let c = 0; c < demand.columns; c++)
        if ((demand.bankMask[c]! >>> bank) & 1 && waiting[c]! > 0 && (best < 0 || waiting[c]! > waiting[best]!))
          best = c
      if (best < 0) continue
      matching.replaceRead(slotOf(matching.beats - 1, bank), best)
      waiting[best] = 0
    }
    for (let i = unmatched.length - 1; i >= 0; i--)
      if (matching.augment(unmatched.row[i]!, unmatched.column[i]!)) unmatched.remove(i)
  }

  /** Backward search: queues the beats of the row that become free if assignments move along an alternating path. @returns how many */
  #backward(row: number): number {
    const { matching, demand } = this
    const { reads, assignments, beats } = matching
    const { start, count, slots } = reads
    const base = row * matching.pitch
    const stamp = ++this.#stamp
    const queue = this.#queue
    const reaches = this.#reaches
    let tail = 0
    for (let beat = 0; beat < beats; beat++)
      if (assignments[base + beat]! < 0) {
        reaches[beat] = stamp
        queue[tail++] = beat
      }
    const word = wordOf(row)
    const bit = bitOf(row)
    for (let head = 0; head < tail; head++) {
      const slot = queue[head]! << 5
      for (let bank = 0; bank < demand.banks; bank++) {
        const column = reads.column[slot | bank]!
        if (column < 0 || (demand.rowMask[column * demand.words + word]! & bit) === 0) continue
        const end = start[column]! + count[column]!
        for (let i = start[column]!; i < end; i++) {
          const beat = slots[i]! >> 5
          if (reaches[beat] === stamp || assignments[base + beat]! >> 5 !== column) continue
          reaches[beat] = stamp
          queue[tail++] = beat
        }
      }
    }
    return tail
  }

  /** Forward search: collects the columns whose assignments the unmatched operand could take over; one more read of any of them helps. */
  #forward(row: number, column: number): void {
    const { matching, demand } = this
    const { start, count, slots } = matching.reads
    const base = row * matching.pitch
    const stamp = this.#stamp
    const queue = this.#columnQueue
    const reached = this.#reached
    queue[0] = column
    reached[column] = stamp
    let tail = 1
    let banks = demand.bankMask[column]!
    for (let head = 0; head < tail; head++) {
      const c = queue[head]!
      const end = start[c]! + count[c]!
      for (let i = start[c]!; i < end; i++) {
        const other = matching.assignments[base + (slots[i]! >> 5)]! >> 5
        if (other < 0 || reached[other] === stamp) continue
        reached[other] = stamp
        banks |= demand.bankMask[other]!
        queue[tail++] = other
      }
    }
    this.#columnsReached = tail
    this.#banksReached = banks
  }

  /** Of the slots in queued beats and in banks that hold a reached column, the one whose read has the fewest users; −1 if there is none. */
  #leastUsedSlot(beats: number): number {
    const { matching, demand, uniform, moves } = this
    const { reads, users } = matching
    let best = -1
    let least = 1e9
    for (let i = 0; i < beats; i++) {
      const beat = this.#queue[i]!
      for (let bank = 0; bank < demand.banks; bank++) {
        if (((this.#banksReached >>> bank) & 1) === 0) continue
        const slot = (beat << 5) | bank
        if (users[slot]! >= least || moves - this.#exchanged[slot]! < tabuMoves) continue
        const old = reads.column[slot]!
        if (old >= 0 && reads.count[old]! <= demand.leastReads[old]!) continue
        const cost = users[slot]! + uniform()
        if (cost < least) {
          least = cost
          best = slot
        }
      }
    }
    return best
  }

  /** Of the reached columns that the slot may read, the one with the most operands per read; −1 if there is none. */
  #scarcest(slot: number): number {
    const { demand, matching, uniform } = this
    const bank = bankOf(slot)
    const beat = beatOf(slot)
    let best = -1
    let most = -1
    for (let i = 0; i < this.#columnsReached; i++) {
      const column = this.#columnQueue[i]!
      if (((demand.bankMask[column]! >>> bank) & 1) === 0 || demand.earliest[column]! > beat) continue
      const value = (demand.perColumn[column]! / (matching.reads.count[column]! + 0.5)) * (1 + uniform() * 0.5)
      if (value > most) {
        most = value
        best = column
      }
    }
    return best
  }
}
