// The table of bank reads: the column that each bank reads in each beat, and inversely the slots in which each column is read.
import { slotOf } from './slots.ts'

/** Columns by slot and slots by column, kept consistent. */
export class ReadTable {
  readonly columns: number
  /** beats for which `column` has room */
  beatCapacity: number
  /** [beatCapacity × 32] column read in the slot, or −1 */
  column: Int32Array
  /** slots of each column: `slots[start[c] .. start[c] + count[c] − 1]` */
  slots: Int32Array
  readonly start: Int32Array
  readonly count: Int32Array
  readonly #room: Int32Array
  #used: number

  constructor(columns: number, beatCapacity: number, expectedReads: ArrayLike<number>) {
    this.columns = columns
    this.beatCapacity = beatCapacity
    this.column = new Int32Array(slotOf(beatCapacity, 0)).fill(-1)
    this.start = new Int32Array(columns)
    this.count = new Int32Array(columns)
    this.#room = new Int32Array(columns)
    let used = 0
    for (let c = 0; c < columns; c++) {
      this.start[c] = used
      this.#room[c] = expectedReads[c]! === 0 ? 0 : expectedReads[c]! + 4
      used += this.#room[c]!
    }
    this.#used = used
    this.slots = new Int32Array(used + (used >> 1) + 64)
  }

  /** Puts a column (or −1) into a slot. @returns the column that was there */
  replace(slot: number, column: number): number {
    const old = this.column[slot]!
    if (old === column) return old
    if (old >= 0) this.#remove(old, slot)
    this.column[slot] = column
    if (column >= 0) this.#add(column, slot)
    return old
  }

  /** Makes room for more beats. */
  growBeats(beats: number): void {
    if (beats <= this.beatCapacity) return
    const column = new Int32Array(slotOf(beats, 0)).fill(-1)
    column.set(this.column)
    this.column = column
    this.beatCapacity = beats
  }

  #remove(column: number, slot: number): void {
    const start = this.start[column]!
    const last = start + --this.count[column]!
    for (let i = start; i < last; i++)
      if (this.slots[i] === slot) {
        this.slots[i] = this.slots[last]!
        return
      }
  }

  #add(column: number, slot: number): void {
    const count = this.count[column]!
    if (count === this.#room[column]!) this.#move(column)
    this.slots[this.start[column]! + count] = slot
    this.count[column] = count + 1
  }

  /** Moves a full list to the end, with twice the room. */
  #move(column: number): void {
    const room = 2 * this.#room[column]! + 4
    if (this.#used + room > this.slots.length) {
      const slots = new Int32Array(2 * this.slots.length + room)
      slots.set(this.slots)
      this.slots = slots
    }
    const from = this.start[column]!
    this.slots.copyWithin(this.#used, from, from + this.count[column]!)
    this.start[column] = this.#used
    this.#room[column] = room
    this.#used += room
  }
}
