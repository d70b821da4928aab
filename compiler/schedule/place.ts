// First guess of the reads: how often each bank reads each column, and in which beats.
import type { Demand } from './demand.ts'
import { bitCount } from './demand.ts'
import { ReadTable, slotOf } from './reads.ts'

/** Reads considered for one slot. */
const window = 12

/** A table of reads for `beats` beats with room for `beatCapacity`. */
export function placeReads(demand: Demand, beats: number, beatCapacity: number, uniform: () => number): ReadTable {
  const { banks, columns } = demand
  const reads = countReads(demand, beats)
  const perColumn = new Int32Array(columns)
  for (let i = 0; i < reads.length; i++) perColumn[i % columns]! += reads[i]!
  const table = new ReadTable(columns, beatCapacity, perColumn)
  const cover = new Cover(demand, beats)
  for (let bank = 0; bank < banks; bank++)
    placeBank(demand, reads.subarray(bank * columns, (bank + 1) * columns), bank, beats, table, cover, uniform)
  return table
}

/**
 * [banks × columns] reads: at least as many as one row needs, the rest where the most rows wait per read.
 * A column in copies starts in the bank with the most room.
 */
export function countReads(demand: Demand, beats: number): Int32Array {
  const { banks, columns, bankMask, perColumn, leastReads } = demand
  const reads = new Int32Array(banks * columns)
  const total = new Int32Array(columns)
  const left = new Int32Array(banks).fill(beats)
  const ofBank: number[][] = Array.from({ length: banks }, () => [])
  const copied: number[] = []
  for (let c = 0; c < columns; c++) {
    if (perColumn[c] === 0) continue
    const mask = bankMask[c]!
    for (let bank = 0; bank < banks; bank++) if ((mask >>> bank) & 1) ofBank[bank]!.push(c)
    if ((mask & (mask - 1)) !== 0) copied.push(c)
    else {
      const bank = 31 - Math.clz32(mask)
      const least = Math.min(leastReads[c]!, left[bank]!)
      reads[bank * columns + c] = total[c] = least
      left[bank]! -= least
    }
  }
  copied.sort((a, b) => bitCount(bankMask[a]!) - bitCount(bankMask[b]!) || a - b)
  for (const c of copied)
    for (let k = 0; k < leastReads[c]!; k++) {
      let best = -1
      for (let bank = 0; bank < banks; bank++)
        if ((bankMask[c]! >>> bank) & 1 && left[bank]! > 0 && (best < 0 || left[bank]! > left[best]!)) best = bank
      if (best < 0) break
      reads[best * columns + c]!++
      total[c]!++
      left[best]!--
    }
  for (let open = true; open;) {
    open = false
    for (let bank = 0; bank < banks; bank++) {
      const own = ofBank[bank]!
      if (left[bank] === 0 || own.length === 0) continue
      let best = 0
      let most = -1
      for (const c of own) {
        const waiting = perColumn[c]! / (total[c]! + 0.5)
        if (waiting > most) {
          most = waiting
          best = c
        }
      }
      reads[bank * columns + best]!++
      total[best]!++
      if (--left[bank]! > 0) open = true
    }
  }
  return reads
}

/** Rows that can take something in each beat, counted up to three. */
class Cover {
  readonly words: number
  readonly once: Int32Array
  readonly twice: Int32Array
  readonly thrice: Int32Array

  constructor({ words }: Demand, beats: number) {
    this.words = words
    this.once = new Int32Array(beats * words)
    this.twice = new Int32Array(beats * words)
    this.thrice = new Int32Array(beats * words)
  }

  /** What a read of these rows is worth in a beat: a first choice far more than a second. */
  gain(rowMask: Int32Array, column: number, beat: number): number {
    let gain = 0
    for (let w = 0; w < this.words; w++) {
      const mask = rowMask[column * this.words + w]!
      const i = beat * this.words + w
      gain +=
        8 * bitCount(mask & ~this.once[i]!) +
        2 * bitCount(mask & this.once[i]! & ~this.twice[i]!) +
        0.5 * bitCount(mask & this.twice[i]! & ~this.thrice[i]!)
    }
    return gain
  }

  add(rowMask: Int32Array, column: number, beat: number): void {
    for (let w = 0; w < this.words; w++) {
      const mask = rowMask[column * this.words + w]!
      const i = beat * this.words + w
      this.thrice[i]! |= mask & this.twice[i]!
      this.twice[i]! |= mask & this.once[i]!
      this.once[i]! |= mask
    }
  }
}

/** A key's minor part: exact, and much faster than a remainder of doubles. */
const columnOf = (key: number): number => key - Math.floor(key / 2 ** 20) * 2 ** 20

/** Spreads a bank's reads evenly over the beats in which they may be, each column from a random phase, then lets each beat choose the next by cover. */
function placeBank(
  demand: Demand,
  reads: Int32Array,
  bank: number,
  beats: number,
  table: ReadTable,
  cover: Cover,
  uniform: () => number,
): void {
  const { perColumn, rowMask, columns, earliest } = demand
  let events = 0
  for (let c = 0; c < columns; c++) events += reads[c]!
  const order = new Float64Array(events)
  for (let c = 0, e = 0; c < columns; c++) {
    const count = reads[c]!
    if (count === 0) continue
    const phase = uniform()
    const first = earliest[c]! / beats
    for (let k = 0; k < count; k++)
      order[e++] = Math.floor((first + (1 - first) * ((k + phase) / count)) * 2 ** 24) * 2 ** 20 + c
  }
  order.sort()
  const pending = new Int32Array(window)
  let waiting = 0
  let next = 0
  let previous = -1
  for (let beat = 0; beat < beats; beat++) {
    while (waiting < window && next < events) pending[waiting++] = columnOf(order[next++]!)
    if (waiting === 0) break
    let best = -1
    let most = -1e9
    for (let i = 0; i < waiting; i++) {
      const c = pending[i]!
      if (earliest[c]! > beat) continue
      const value = cover.gain(rowMask, c, beat) / perColumn[c]! + (window - i) * 0.02 - (c === previous ? 1 : 0)
      if (value > most) {
        most = value
        best = i
      }
    }
    if (best < 0) continue
    const column = (previous = pending[best]!)
    pending.copyWithin(best, best + 1, waiting--)
    table.replace(slotOf(beat, bank), column)
    cover.add(rowMask, column, beat)
  }
}
