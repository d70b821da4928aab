// The tables of a schedule: from a complete matching, or directly where there are no more columns than beats.
import type { Demand } from './demand.ts'
import type { Matching } from './matching.ts'
import type { PhaseSchedule } from './problem.ts'
import { bankOf, columnOf, slotOf } from './slots.ts'

/** Reads that the columns need when every row takes a column where the others do: that many beats always suffice. */
export function readsWhenShared({ leastReads }: Demand): number {
  let reads = 0
  for (const count of leastReads) reads += count
  return reads
}

/** When there are no more columns than beats, each is read once and every row takes it there: dense layers are of this kind. */
export function oneColumnPerBeat(demand: Demand, beats: number): PhaseSchedule {
  const { rows, banks, columns, bankMask, leastReads, rowsOf, rowsStart } = demand
  const { reads, assignments: takes, assignedBanks: bankTaken } = emptyTables(beats, banks, rows)
  for (let column = 0, beat = 0; column < columns; column++) {
    if (leastReads[column] === 0) continue
    const bank = 31 - Math.clz32(bankMask[column]! & -bankMask[column]!)
    const first = beat
    beat += leastReads[column]!
    for (let t = first; t < beat; t++) reads[t * banks + bank] = column
    for (let i = rowsStart[column]!, t = first; i < rowsStart[column + 1]!; i++) {
      const row = rowsOf[i]!
      t = i > rowsStart[column]! && rowsOf[i - 1] === row ? t + 1 : first
      takes[t * rows + row] = column
      bankTaken[t * rows + row] = bank
    }
  }
  return { beats, lowerBound: demand.lowerBound, reads, assignments: takes, assignedBanks: bankTaken }
}

/** What the matching takes, as tables; every need that it was asked for must be served. */
export function asSchedule({ rows, banks, lowerBound: bound }: Demand, matching: Matching): PhaseSchedule {
  const { beats, assignments: entry, pitch, reads: table } = matching
  const { reads, assignments: takes, assignedBanks: bankTaken } = emptyTables(beats, banks, rows)
  for (let beat = 0; beat < beats; beat++) {
    for (let bank = 0; bank < banks; bank++) reads[beat * banks + bank] = table.column[slotOf(beat, bank)]!
    for (let row = 0; row < rows; row++) {
      const taken = entry[row * pitch + beat]!
      if (taken < 0) continue
      takes[beat * rows + row] = columnOf(taken)
      bankTaken[beat * rows + row] = bankOf(taken)
    }
  }
  return { beats, lowerBound: bound, reads, assignments: takes, assignedBanks: bankTaken }
}

function emptyTables(
  beats: number,
  banks: number,
  rows: number,
): Pick<PhaseSchedule, 'reads' | 'assignments' | 'assignedBanks'> {
  return {
    reads: new Int32Array(beats * banks).fill(-1),
    assignments: new Int32Array(beats * rows).fill(-1),
    assignedBanks: new Int32Array(beats * rows).fill(-1),
  }
}
