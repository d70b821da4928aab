// Initial bank reads: how often each bank reads each column, and in which beats.
import type { Demand } from './demand.ts'
import { bitCount } from './demand.ts'
import { ReadTable } from './reads.ts'
import { slotOf } from './slots.ts'
import { ReadChoice, shareReads } from '../kernels/reads.ts'

/** A table of reads for `beats` beats with room for `beatCapacity`. */
export function initialReads(demand: Demand, beats: number, beatCapacity: number, uniform: () => number): ReadTable {
  const { banks, columns } = demand
  const reads = countReads(demand, beats)
  const perColumn = new Int32Array(columns)
  for (let i = 0; i < reads.length; i++) perColumn[i % columns]! += reads[i]!
  const table = new ReadTable(columns, beatCapacity, perColumn)
  const choice = new ReadChoice(demand, beats)
  for (let bank = 0; bank < banks; bank++) {
    const order = spread(demand, reads.subarray(bank * columns, (bank + 1) * columns), beats, uniform)
    const chosen = choice.choose(order)
    for (let beat = 0; beat < beats; beat++) if (chosen[beat]! >= 0) table.replace(slotOf(beat, bank), chosen[beat]!)
  }
  return table
}

/**
 * [banks × columns] number of reads: at least as many as one row has operands, the rest for the columns with the most operands per read.
 * A column with replicas gets each of its least reads in the bank with the most room.
 */
function countReads(demand: Demand, beats: number): Int32Array {
  const { banks, columns, bankMask, perColumn, leastReads } = demand
  const reads = new Int32Array(banks * columns)
  const left = new Int32Array(banks).fill(beats)
  const ofBank: number[][] = Array.from({ length: banks }, () => [])
  const replicated: number[] = []
  for (let c = 0; c < columns; c++) {
    if (perColumn[c] === 0) continue
    const mask = bankMask[c]!
    for (let bank = 0; bank < banks; bank++) if ((mask >>> bank) & 1) ofBank[bank]!.push(c)
    if ((mask & (mask - 1)) !== 0) replicated.push(c)
    else {
      const bank = 31 - Math.clz32(mask)
      const least = Math.min(leastReads[c]!, left[bank]!)
      reads[bank * columns + c] = least
      left[bank]! -= least
    }
  }
  replicated.sort((a, b) => bitCount(bankMask[a]!) - bitCount(bankMask[b]!) || a - b)
  for (const c of replicated)
    for (let k = 0; k < leastReads[c]!; k++) {
      let best = -1
      for (let bank = 0; bank < banks; bank++)
        if ((bankMask[c]! >>> bank) & 1 && left[bank]! > 0 && (best < 0 || left[bank]! > left[best]!)) best = bank
      if (best < 0) break
      reads[best * columns + c]!++
      left[best]!--
    }
  shareReads(demand, reads, left, ofBank)
  return reads
}

/** The minor part of a key: exact, and much faster than a remainder of doubles. */
const columnOf = (key: number): number => key - Math.floor(key / 2 ** 20) * 2 ** 20

/** The reads of a bank in order: each column's are spread evenly over the beats in which it may be read, from a random offset. */
function spread({ columns, earliest }: Demand, reads: Int32Array, beats: number, uniform: () => number): Int32Array {
  const keys = new Float64Array(reads.reduce((sum, count) => sum + count, 0))
  for (let c = 0, e = 0; c < columns; c++) {
    const count = reads[c]!
    if (count === 0) continue
    const offset = uniform()
    const first = earliest[c]! / beats
    for (let k = 0; k < count; k++)
      keys[e++] = Math.floor((first + (1 - first) * ((k + offset) / count)) * 2 ** 24) * 2 ** 20 + c
  }
  return Int32Array.from(keys.sort(), columnOf)
}
