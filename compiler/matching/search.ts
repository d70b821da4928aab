// The search of repair: exchanges single reads so that needs left over find a beat, and re-matches the rows that used them.
import { bitOf, type Demand, wordOf } from './demand.ts'
import type { Matching } from './matching.ts'
import { problemLimits } from './problem.ts'
import { bankOf, beatOf, slotOf, assignmentOf } from './slots.ts'
import type { Unmatched } from './unmatched.ts'

/** Moves for which an exchanged slot stays as it is. */
const tabuMoves = 30

/** How often a move that loses one need is kept. */
const acceptLoss = 0.02

/** Needs that one move may serve. */
const mostGained = 256

/** The state of a search: the reads and takes in `matching`, and the needs still unmatched. Its loops pack slots and takes as slots.ts says, without calls. */
export class Search {
  readonly demand: Demand
  readonly matching: Matching
  readonly unmatched: Unmatched
  readonly uniform: () => number
  moves = 0
  /** [beats] stamp: the beat reaches a free beat of the row. */
  #reaches: Int32Array
  #stamp = 0
  #queue: Int32Array
  /** [columns] stamp: the unmatched column reaches the column. */
  readonly #reached: Int32Array
  readonly #columnQueue: Int32Array
  #columnsReached = 0
  #banksReached = 0
  /** [slots] the move that last exchanged it. */
  #exchanged: Int32Array
  /** [rows] the exchange changes what the row takes. */
  readonly #isAffected = new Uint8Array(problemLimits.rows)
  readonly #lostRow = new Int32Array(problemLimits.rows)
  readonly #gainedNeed = new Int32Array(mostGained)

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
   * Exchanges one read so that a random unmatched need may be served. Returns the change in unmatched needs:
   * a move that would make it worse is (mostly) undone and returns 0.
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

  /** Reads `column` in the slot instead, to the gain of `row`, if that serves as many needs as before. */
  #exchange(slot: number, column: number, row: number): number {
    const { matching, unmatched, uniform } = this
    matching.remember()
    const old = matching.replaceRead(slot, column)
    this.#exchanged[slot] = this.moves
    const lost = this.#rematchUsers(slot, old)
    this.#isAffected[row] = 1
    const gained = this.#serveMore(column)
    this.#isAffected.fill(0)
    const change = lost - gained
    if (change > 1 || (change === 1 && uniform() >= acceptLoss)) {
      matching.undo()
      matching.replaceRead(slot, old)
      return 0
    }
    matching.forget()
    for (let i = gained - 1; i >= 0; i--) unmatched.remove(this.#gainedNeed[i]!)
    for (let i = 0; i < lost; i++) unmatched.push(this.#lostRow[i]!, old)
    return change
  }

  /** Gives the rows that took the slot's old read another one; returns how many lost it, as `#lostRow`. */
  #rematchUsers(slot: number, old: number): number {
    const { matching, demand } = this
    if (old < 0 || matching.users[slot] === 0) return 0
    const taken = assignmentOf(old, bankOf(slot))
    const beat = beatOf(slot)
    for (let i = demand.rowsStart[old]!; i < demand.rowsStart[old + 1]!; i++) {
      const user = demand.rowsOf[i]!
      if (matching.assignments[user * matching.pitch + beat] !== taken) continue
      matching.release(user, beat)
      this.#isAffected[user] = 1
    }
    let lost = 0
    for (let user = 0; user < demand.rows; user++)
      if (this.#isAffected[user] === 1 && !matching.augment(user, old)) this.#lostRow[lost++] = user
    return lost
  }

  /** Serves what it now can: needs for the column, and needs of the rows affected; returns how many, as `#gainedNeed`. */
  #serveMore(column: number): number {
    const { matching, unmatched } = this
    let gained = 0
    for (let i = 0; i < unmatched.length && gained < mostGained; i++) {
      const row = unmatched.row[i]!
      if (unmatched.column[i] !== column && this.#isAffected[row] === 0) continue
      if (matching.augment(row, unmatched.column[i]!)) this.#gainedNeed[gained++] = i
    }
    return gained
  }

  /** One beat more: each bank reads the column that most unmatched needs wait for. */
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

  /** Queues the beats from which the row reaches a free beat by moving takes; returns how many. */
  #backward(row: number): number {
    const { matching, demand } = this
    const { reads, assignments: entry, beats } = matching
    const { start, count, slots } = reads
    const base = row * matching.pitch
    const stamp = ++this.#stamp
    const queue = this.#queue
    const reaches = this.#reaches
    let tail = 0
    for (let beat = 0; beat < beats; beat++)
      if (entry[base + beat]! < 0) {
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
          if (reaches[beat] === stamp || entry[base + beat]! >> 5 !== column) continue
          reaches[beat] = stamp
          queue[tail++] = beat
        }
      }
    }
    return tail
  }

  /** Collects the columns that the unmatched column could take the place of: one more read of any of them helps. */
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

  /** Among the beats queued, the slot of a bank that could read a reached column whose read is used by the fewest rows. */
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

  /** Of the reached columns that the slot may read, the one with the most needs per read; −1 where there is none. */
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
