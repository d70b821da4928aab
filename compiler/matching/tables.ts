// The tables of a schedule: made of a complete matching, or directly if there are no more columns than beats.
import type { Demand } from './demand.ts'
import type { Matching } from './matching.ts'
import type { PhaseSchedule } from './problem.ts'
import { bankOf, columnOf, slotOf } from './slots.ts'

/** Number of reads if all rows take a column in the same beats: so many beats always suffice. */
export function readsWhenShared({ leastReads }: Demand): number {
  let reads = 0
  for (const count of leastReads) reads += count
  return reads
}

/** The schedule if there are no more columns than beats, as in dense layers: each column is read once, and all its rows take it then. */
export function oneColumnPerBeat(demand: Demand, beats: number): PhaseSchedule {
  const { rows, banks, columns, bankMask, leastReads, rowsOf, rowsStart } = demand
  const { reads, assignments, assignedBanks } = emptyTables(beats, banks, rows)
  for (let column = 0, beat = 0; column < columns; column++) {
    if (leastReads[column] === 0) continue
    const bank = 31 - Math.clz32(bankMask[column]! & -bankMask[column]!)
    const first = beat
    beat += leastReads[column]!
    for (let t = first; t < beat; t++) reads[t * banks + bank] = column
    for (let i = rowsStart[column]!, t = first; i < rowsStart[column + 1]!; i++) {
      const row = rowsOf[i]!
      t = i > rowsStart[column]! && rowsOf[i - 1] === row ? t + 1 : first
      assignments[t * rows + row] = column
      assignedBanks[t * rows + row] = bank
    }
  }
  return { beats, lowerBound: demand.lowerBound, reads, assignments, assignedBanks }
}

/** A matching as tables; all operands must be matched. */
export function asSchedule({ rows, banks, lowerBound }: Demand, matching: Matching): PhaseSchedule {
  const { beats, assignments: assigned, pitch, reads: table } = matching
  const { reads, assignments, assignedBanks } = emptyTables(beats, banks, rows)
  for (let beat = 0; beat < beats; beat++) {
    for (let bank = 0; bank < banks; bank++) reads[beat * banks + bank] = table.column[slotOf(beat, bank)]!
    for (let row = 0; row < rows; row++) {
      const assignment = assigned[row * pitch + beat]!
      if (assignment < 0) continue
      assignments[beat * rows + row] = columnOf(assignment)
      assignedBanks[beat * rows + row] = bankOf(assignment)
    }
  }
  return { beats, lowerBound, reads, assignments, assignedBanks }
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
