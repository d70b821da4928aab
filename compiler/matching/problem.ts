// The scheduling problem of one phase (one cluster, one row group), its solution, and the laws between them.
import { mostBanks } from './slots.ts'

/** The operands of U rows, in columns that B banks can read. */
export interface PhaseProblem {
  /** rows of the group, U (at most 256) */
  readonly rows: number
  /** banks of the cluster, B (at most 32) */
  readonly banks: number
  /** number of columns; they are numbered 0 to columns − 1 */
  readonly columns: number
  /** [columns] bit b: bank b may read the column; several bits: the column has replicas */
  readonly bankMask: Uint32Array
  /** [rows] columns that each row must multiply; a column that occurs k times takes k beats */
  readonly operands: readonly Int32Array[]
  /** the schedule has at least this many beats; more than the lower bound make it easier to find */
  readonly minimumBeats?: number
  readonly seed: number
}

/** Bank reads and assignments: in every beat, the column that each bank reads and the one that each row multiplies. */
export interface PhaseSchedule {
  /** beats, T */
  readonly beats: number
  /** no schedule is shorter (minimumBeats not counted) */
  readonly lowerBound: number
  /** [T × B] column that the bank reads in the beat, or −1 */
  readonly reads: Int32Array
  /** [T × U] column that the row multiplies in the beat, or −1 */
  readonly assignments: Int32Array
  /** [T × U] bank from which the row takes it, or −1 */
  readonly assignedBanks: Int32Array
}

/** Limits of a problem, set by the packed words of the search. */
export const problemLimits = { rows: 256, banks: mostBanks, columns: 1 << 16, operands: 1 << 26 } as const

/** @throws RangeError if a problem is malformed: a fault of the caller, not of a user */
export function checkProblem({ rows, banks, columns, bankMask, operands }: PhaseProblem): void {
  if (!(rows >= 0 && rows <= problemLimits.rows))
    throw new RangeError(`schedule: ${rows} rows; allowed: 0 to ${problemLimits.rows}`)
  if (!(banks >= 1 && banks <= problemLimits.banks))
    throw new RangeError(`schedule: ${banks} banks; allowed: 1 to ${problemLimits.banks}`)
  if (!(columns >= 0 && columns <= problemLimits.columns))
    throw new RangeError(`schedule: ${columns} columns; allowed: 0 to ${problemLimits.columns}`)
  if (bankMask.length !== columns)
    throw new RangeError(`schedule: ${bankMask.length} bank masks for ${columns} columns`)
  if (operands.length !== rows) throw new RangeError(`schedule: operands of ${operands.length} rows; rows: ${rows}`)
  const allowed = banks === 32 ? 0xffffffff : (1 << banks) - 1
  let total = 0
  for (const [row, list] of operands.entries()) {
    total += list.length
    if (total > problemLimits.operands) throw new RangeError(`schedule: more than ${problemLimits.operands} operands`)
    for (const column of list) {
      if (!(column >= 0 && column < columns))
        throw new RangeError(`schedule: row ${row} has an operand of column ${column}; columns: ${columns}`)
      if ((bankMask[column]! & allowed) === 0) throw new RangeError(`schedule: no bank holds column ${column}`)
    }
  }
}

/** The first law that a schedule breaks, in words; undefined if it keeps all. */
export function brokenLaw(problem: PhaseProblem, schedule: PhaseSchedule): string | undefined {
  const { rows, banks, columns, bankMask, operands } = problem
  const { beats, lowerBound, reads, assignments, assignedBanks } = schedule
  if (beats < lowerBound || beats < (problem.minimumBeats ?? 0))
    return `${beats} beats are fewer than the lower bound ${lowerBound}`
  if (
    reads.length !== beats * banks ||
    assignments.length !== beats * rows ||
    assignedBanks.length !== assignments.length
  )
    return 'the tables have the wrong size'
  for (let beat = 0; beat < beats; beat++)
    for (let bank = 0; bank < banks; bank++) {
      const column = reads[beat * banks + bank]!
      if (column < -1 || column >= columns) return `beat ${beat}: bank ${bank} reads column ${column}`
      if (column >= 0 && ((bankMask[column]! >>> bank) & 1) === 0)
        return `beat ${beat}: bank ${bank} does not hold column ${column}`
    }
  const open = new Int32Array(columns)
  for (let row = 0; row < rows; row++) {
    open.fill(0)
    for (const column of operands[row]!) open[column]!++
    for (let beat = 0; beat < beats; beat++) {
      const column = assignments[beat * rows + row]!
      const bank = assignedBanks[beat * rows + row]!
      if (column < 0 !== bank < 0) return `beat ${beat}: row ${row} takes column ${column} from bank ${bank}`
      if (column < 0) continue
      if (bank >= banks || reads[beat * banks + bank] !== column)
        return `beat ${beat}: row ${row} takes column ${column}, which bank ${bank} does not read`
      if (--open[column]! < 0) return `row ${row} multiplies column ${column} more often than it must`
    }
    const missing = open.findIndex((count) => count > 0)
    if (missing >= 0) return `row ${row} has no assignment for column ${missing}`
  }
  return undefined
}
