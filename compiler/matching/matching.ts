// The bipartite matching of each row's operands to beats, given the bank reads: augmenting paths by iterative search, with an undo log.
import type { ReadTable } from './reads.ts'
import { bankOf, slotOf } from './slots.ts'

/** The assignments of all rows. Rows are independent once the reads are fixed. Its loops pack slots and assignments as slots.ts does, but without calls. */
export class Matching {
  readonly rows: number
  readonly reads: ReadTable
  /** beats in use */
  beats: number
  /** beats for which there is room: the pitch of a row in `assignments` */
  pitch: number
  /** [rows × pitch] assignment of the row in the beat, column · 32 + bank, or −1 */
  assignments: Int32Array
  /** [pitch × 32] number of rows that use each slot's read */
  users: Int32Array
  /** [rows × pitch] stamp of the search that visited the beat */
  #visited: Int32Array
  #stamp = 0
  /** [rows] stamp of the row's last search */
  readonly #stampOf: Int32Array
  /** [rows] state of the reads in which the row's last search failed: the beats that it visited are still dead ends */
  readonly #failedIn: Int32Array
  #state = 0
  #pathColumn: Int32Array
  #pathNext: Int32Array
  #pathSlot: Int32Array
  #logIndex = new Int32Array(1024)
  #logEntry = new Int32Array(1024)
  #logged = -1

  constructor(rows: number, reads: ReadTable, beats: number) {
    this.rows = rows
    this.reads = reads
    this.beats = beats
    this.pitch = reads.beatCapacity
    this.assignments = new Int32Array(rows * this.pitch).fill(-1)
    this.users = new Int32Array(slotOf(this.pitch, 0))
    this.#visited = new Int32Array(rows * this.pitch)
    this.#stampOf = new Int32Array(rows)
    this.#failedIn = new Int32Array(rows).fill(-1)
    this.#pathColumn = new Int32Array(this.pitch + 2)
    this.#pathNext = new Int32Array(this.pitch + 2)
    this.#pathSlot = new Int32Array(this.pitch + 2)
  }

  /** Matches one more operand of the row, in the column, along an augmenting path that moves other assignments; false if there is none. */
  augment(row: number, column: number): boolean {
    const { start, count, slots } = this.reads
    const assignments = this.assignments
    const visited = this.#visited
    if (this.#failedIn[row] !== this.#state) this.#stampOf[row] = ++this.#stamp
    const stamp = this.#stampOf[row]!
    this.#failedIn[row] = -1
    const pathColumn = this.#pathColumn
    const pathNext = this.#pathNext
    const pathSlot = this.#pathSlot
    const base = row * this.pitch
    const first = this.#freeSlot(base, column)
    if (first >= 0) {
      this.#set(base, first, column)
      return true
    }
    let depth = 0
    pathColumn[0] = column
    pathNext[0] = start[column]!
    for (;;) {
      const c = pathColumn[depth]!
      const end = start[c]! + count[c]!
      let i = pathNext[depth]!
      let deeper = false
      for (; i < end; i++) {
        const slot = slots[i]!
        const beat = slot >> 5
        if (visited[base + beat] === stamp) continue
        visited[base + beat] = stamp
        const other = assignments[base + beat]! >> 5
        const free = this.#freeSlot(base, other)
        if (free >= 0) {
          this.#set(base, free, other)
          this.#set(base, slot, c)
          for (let s = depth - 1; s >= 0; s--) this.#set(base, pathSlot[s]!, pathColumn[s]!)
          return true
        }
        pathNext[depth] = i + 1
        pathSlot[depth] = slot
        depth++
        pathColumn[depth] = other
        pathNext[depth] = start[other]!
        deeper = true
        break
      }
      if (deeper || depth-- > 0) continue
      this.#failedIn[row] = this.#state
      return false
    }
  }

  /** Puts a column (or −1) into a slot of the reads. @returns the column that was there, which no row may still use */
  replaceRead(slot: number, column: number): number {
    this.#state++
    return this.reads.replace(slot, column)
  }

  /** Removes the assignment of a row in a beat. */
  release(row: number, beat: number): void {
    const index = row * this.pitch + beat
    const old = this.assignments[index]!
    if (old < 0) return
    this.#failedIn[row] = -1
    this.#record(index, old)
    this.users[slotOf(beat, bankOf(old))]!--
    this.assignments[index] = -1
  }

  /** Logs changes from here on, until `forget` or `undo`. */
  remember(): void {
    this.#logged = 0
  }

  forget(): void {
    this.#logged = -1
  }

  /** Undoes all changes since `remember`. */
  undo(): void {
    const { pitch, users } = this
    this.#state++
    for (let i = this.#logged - 1; i >= 0; i--) {
      const index = this.#logIndex[i]!
      const old = this.#logEntry[i]!
      const now = this.assignments[index]!
      const beat = index % pitch
      if (now >= 0) users[slotOf(beat, bankOf(now))]!--
      if (old >= 0) users[slotOf(beat, bankOf(old))]!++
      this.assignments[index] = old
    }
    this.#logged = -1
  }

  /** Appends a beat, free in every row. */
  appendBeat(): void {
    if (this.beats === this.pitch) this.#grow(2 * this.pitch)
    this.beats++
    this.#state++
  }

  /** A slot in which the column is read, in a beat in which the row is free; −1 if there is none. */
  #freeSlot(base: number, column: number): number {
    const { start, count, slots } = this.reads
    const assignments = this.assignments
    const from = start[column]!
    const end = from + count[column]!
    for (let i = from; i < end; i++) if (assignments[base + (slots[i]! >> 5)]! < 0) return slots[i]!
    return -1
  }

  #set(base: number, slot: number, column: number): void {
    const index = base + (slot >> 5)
    const old = this.assignments[index]!
    if (this.#logged >= 0) this.#record(index, old)
    if (old >= 0) this.users[(slot & ~31) | (old & 31)]!--
    this.users[slot]!++
    this.assignments[index] = (column << 5) | (slot & 31)
  }

  #record(index: number, old: number): void {
    if (this.#logged < 0) return
    if (this.#logged === this.#logIndex.length) {
      this.#logIndex = doubled(this.#logIndex)
      this.#logEntry = doubled(this.#logEntry)
    }
    this.#logIndex[this.#logged] = index
    this.#logEntry[this.#logged++] = old
  }

  #grow(pitch: number): void {
    const assignments = new Int32Array(this.rows * pitch).fill(-1)
    for (let row = 0; row < this.rows; row++)
      assignments.set(this.assignments.subarray(row * this.pitch, (row + 1) * this.pitch), row * pitch)
    const users = new Int32Array(slotOf(pitch, 0))
    users.set(this.users)
    this.assignments = assignments
    this.users = users
    this.pitch = pitch
    this.reads.growBeats(pitch)
    this.#visited = new Int32Array(this.rows * pitch)
    this.#pathColumn = new Int32Array(pitch + 2)
    this.#pathNext = new Int32Array(pitch + 2)
    this.#pathSlot = new Int32Array(pitch + 2)
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length)
  larger.set(array)
  return larger
}
