// The first matching, and the operands that it leaves unmatched.
import type { Demand } from './demand.ts'
import type { Matching } from './matching.ts'

/** Matches all operands, those of columns with the fewest reads first. @returns the operands that found no beat */
export function firstMatching(demand: Demand, matching: Matching): Unmatched {
  const unmatched = new Unmatched(demand.total)
  const { count } = matching.reads
  const order: number[] = []
  for (let c = 0; c < demand.columns; c++) if (demand.perColumn[c]! > 0) order.push(c)
  order.sort((a, b) => count[a]! - count[b]! || a - b)
  for (const c of order)
    for (let i = demand.rowsStart[c]!; i < demand.rowsStart[c + 1]!; i++) {
      const row = demand.rowsOf[i]!
      if (!matching.augment(row, c)) unmatched.push(row, c)
    }
  return unmatched
}

/** Operands without a beat, as a bag of (row, column). */
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
