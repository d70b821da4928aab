// Repair: serves the needs that the first matching left over, by exchanging single reads and re-matching the rows that used them.
import type { Demand } from './demand.ts'
import type { Matching } from './matching.ts'

/** How long to search. */
export interface RepairOptions {
  /** Moves without gain after which a beat is appended. */
  readonly patience: number
  /** Moves after which patience is short. */
  readonly mostMoves: number
  /** Give up when the schedule would need more beats than this. */
  readonly mostBeats: number
}

/** Moves for which an exchanged slot stays as it is. */
const tabuMoves = 30

/** How often a move that loses one need is kept. */
const acceptLoss = 0.02

/** Moves for each further beat when the search has become long. */
const leastPatience = 100

/** Serves all unmatched needs. Returns the moves made, and whether it was `complete` or gave up. */
export function repair(
  demand: Demand,
  matching: Matching,
  unmatched: Unmatched,
  uniform: () => number,
  { patience: most, mostMoves, mostBeats }: RepairOptions,
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

/** Needs without a beat, as a bag of (row, column). */
export class Unmatched {
  length = 0
  row: Int32Array
  column: Int32Array

  constructor(room: number) {
    this.row = new Int32Array(room)
    this.column = new Int32Array(room)
  }

  push(row: number, column: number): void {
    this.row[this.length] = row
    this.column[this.length++] = column
  }

  remove(index: number): void {
    this.row[index] = this.row[--this.length]!
    this.column[index] = this.column[this.length]!
  }
}

class Search {
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
  readonly #affected = new Int32Array(256)
  readonly #isAffected = new Uint8Array(256)

  constructor(demand: Demand, matching: Matching, unmatched: Unmatched, uniform: () => number) {
    this.demand = demand
    this.matching = matching
    this.unmatched = unmatched
    this.uniform = uniform
    this.#reaches = new Int32Array(matching.pitch)
    this.#queue = new Int32Array(matching.pitch)
    this.#reached = new Int32Array(demand.columns)
    this.#columnQueue = new Int32Array(demand.columns)
    this.#exchanged = new Int32Array(matching.pitch << 5).fill(-tabuMoves)
  }

  /**
   * Exchanges one read so that a random unmatched need may be served. Returns the change in unmatched needs:
   * a move that would make it worse is (mostly) undone and returns 0.
   */
  move(): number {
    const { demand, matching, unmatched, uniform } = this
    this.moves++
    const pick = Math.floor(uniform() * unmatched.length)
    const row = unmatched.row[pick]!
    const beatsReached = this.#backward(row)
    this.#forward(row, unmatched.column[pick]!)
    const slot = this.#leastUsedSlot(beatsReached)
    if (slot < 0) return 0
    const column = this.#scarcest(slot & 31)
    const beat = slot >> 5
    matching.remember()
    const old = matching.replaceRead(slot, column)
    this.#exchanged[slot] = this.moves
    const before = unmatched.length
    let affected = 0
    if (old >= 0 && matching.users[slot]! > 0) {
      const taken = (old << 5) | (slot & 31)
      for (let i = demand.rowsStart[old]!; i < demand.rowsStart[old + 1]!; i++) {
        const user = demand.rowsOf[i]!
        if (matching.entry[user * matching.pitch + beat] !== taken) continue
        matching.release(user, beat)
        this.#affected[affected++] = user
        this.#isAffected[user] = 1
      }
    }
    let lost = 0
    const lostRow = this.#lostRow
    for (let i = 0; i < affected; i++)
      if (!matching.augment(this.#affected[i]!, old)) lostRow[lost++] = this.#affected[i]!
    this.#isAffected[row] = 1
    let gained = 0
    const gainedNeed = this.#gainedNeed
    for (let i = 0; i < before; i++)
      if (gained < 256 && (unmatched.column[i] === column || this.#isAffected[unmatched.row[i]!] === 1))
        if (matching.augment(unmatched.row[i]!, unmatched.column[i]!)) gainedNeed[gained++] = i
    this.#isAffected[row] = 0
    for (let i = 0; i < affected; i++) this.#isAffected[this.#affected[i]!] = 0
    const delta = lost - gained
    if (delta <= 0 || (delta === 1 && uniform() < acceptLoss)) {
      matching.forget()
      for (let i = gained - 1; i >= 0; i--) unmatched.remove(gainedNeed[i]!)
      for (let i = 0; i < lost; i++) unmatched.push(lostRow[i]!, old)
      return delta
    }
    matching.undo()
    matching.replaceRead(slot, old)
    return 0
  }

  readonly #lostRow = new Int32Array(256)
  readonly #gainedNeed = new Int32Array(256)

  /** One beat more: each bank reads the column that most unmatched needs wait for. */
  appendBeat(): void {
    const { demand, matching, unmatched, uniform } = this
    const { reads } = matching
    matching.appendBeat()
    if (this.#reaches.length < matching.pitch) {
      this.#reaches = new Int32Array(matching.pitch)
      this.#queue = new Int32Array(matching.pitch)
      const exchanged = new Int32Array(matching.pitch << 5).fill(-tabuMoves)
      exchanged.set(this.#exchanged)
      this.#exchanged = exchanged
    }
    const waiting = new Float64Array(demand.columns)
    for (let i = 0; i < unmatched.length; i++) waiting[unmatched.column[i]!]! += 1000
    for (let c = 0; c < demand.columns; c++)
      if (demand.perColumn[c]! > 0) waiting[c]! += demand.perColumn[c]! / (reads.count[c]! + 1) + uniform()
    for (let bank = 0; bank < demand.banks; bank++) {
      let best = -1
      for (let c = 0; c < demand.columns; c++)
        if ((demand.bankMask[c]! >>> bank) & 1 && waiting[c]! > 0 && (best < 0 || waiting[c]! > waiting[best]!))
          best = c
      if (best < 0) continue
      matching.replaceRead(((matching.beats - 1) << 5) | bank, best)
      waiting[best] = 0
    }
    for (let i = unmatched.length - 1; i >= 0; i--)
      if (matching.augment(unmatched.row[i]!, unmatched.column[i]!)) unmatched.remove(i)
  }

  /** Queues the beats from which the row reaches a free beat by moving takes; returns how many. */
  #backward(row: number): number {
    const { matching, demand } = this
    const { reads, entry, beats } = matching
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
    const word = row >> 5
    const bit = 1 << (row & 31)
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
        const other = matching.entry[base + (slots[i]! >> 5)]! >> 5
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

  /** The reached column of the bank with the most needs per read. */
  #scarcest(bank: number): number {
    const { demand, matching, uniform } = this
    let best = -1
    let most = -1
    for (let i = 0; i < this.#columnsReached; i++) {
      const column = this.#columnQueue[i]!
      if (((demand.bankMask[column]! >>> bank) & 1) === 0) continue
      const value = (demand.perColumn[column]! / (matching.reads.count[column]! + 0.5)) * (1 + uniform() * 0.5)
      if (value > most) {
        most = value
        best = column
      }
    }
    return best
  }
}
