// What the scheduler is asked (one cluster, one row group, one shift phase), what it answers, and the laws between them.
import { mostBanks } from './slots.ts'

/** The needs of U rows for columns that B banks can read. */
export interface PhaseProblem {
  /** Rows of the group, U (at most 256). */
  readonly rows: number
  /** Banks of the cluster, B (at most 32). */
  readonly banks: number
  /** Columns; ids are 0 .. columns − 1. */
  readonly columns: number
  /** [columns] bit b set: bank b may read the column. Several bits: the column is stored in copies. */
  readonly bankMask: Uint32Array
  /** [rows] columns that each row needs; a column that occurs k times needs k beats. */
  readonly operands: readonly Int32Array[]
  /** The schedule has at least this many beats (the drain of the pass before). */
  readonly minimumBeats?: number
  readonly seed: number
}

/** Which column each bank reads, and which of them each row takes, in every beat. */
export interface PhaseSchedule {
  /** Beats, T. */
  readonly beats: number
  /** No schedule is shorter (minimumBeats not counted). */
  readonly lowerBound: number
  /** [T × B] column read by the bank in the beat, or −1. */
  readonly reads: Int32Array
  /** [T × U] column the row uses in the beat, or −1. */
  readonly assignments: Int32Array
  /** [T × U] bank the row takes it from, or −1. */
  readonly assignedBanks: Int32Array
}

/** Limits of a problem: what the packed words of the search hold. */
export const problemLimits = { rows: 256, banks: mostBanks, columns: 1 << 16, needs: 1 << 26 } as const

/** Throws a RangeError when a problem is malformed: a fault of the caller, not of a user. */
export function checkProblem({ rows, banks, columns, bankMask, operands: needs }: PhaseProblem): void {
  if (!(rows >= 0 && rows <= problemLimits.rows))
    throw new RangeError(`schedule: ${rows} rows; allowed: 0 to ${problemLimits.rows}`)
  if (!(banks >= 1 && banks <= problemLimits.banks))
    throw new RangeError(`schedule: ${banks} banks; allowed: 1 to ${problemLimits.banks}`)
  if (!(columns >= 0 && columns <= problemLimits.columns))
    throw new RangeError(`schedule: ${columns} columns; allowed: 0 to ${problemLimits.columns}`)
  if (bankMask.length !== columns)
    throw new RangeError(`schedule: ${bankMask.length} bank masks for ${columns} columns`)
  if (needs.length !== rows) throw new RangeError(`schedule: needs of ${needs.length} rows; rows: ${rows}`)
  const allowed = banks === 32 ? 0xffffffff : (1 << banks) - 1
  let total = 0
  for (const [row, list] of needs.entries()) {
    total += list.length
    if (total > problemLimits.needs) throw new RangeError(`schedule: more than ${problemLimits.needs} needs`)
    for (const column of list) {
      if (!(column >= 0 && column < columns))
        throw new RangeError(`schedule: row ${row} needs column ${column} of ${columns}`)
      if ((bankMask[column]! & allowed) === 0) throw new RangeError(`schedule: no bank holds column ${column}`)
    }
  }
}

/** The first law that a schedule breaks, in words; undefined when it keeps them all. */
export function brokenLaw(problem: PhaseProblem, schedule: PhaseSchedule): string | undefined {
  const { rows, banks, columns, bankMask, operands: needs } = problem
  const { beats, lowerBound: bound, reads, assignments: takes, assignedBanks: bankTaken } = schedule
  if (beats < bound || beats < (problem.minimumBeats ?? 0)) return `${beats} beats are fewer than the bound ${bound}`
  if (reads.length !== beats * banks || takes.length !== beats * rows || bankTaken.length !== takes.length)
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
    for (const column of needs[row]!) open[column]!++
    for (let beat = 0; beat < beats; beat++) {
      const column = takes[beat * rows + row]!
      const bank = bankTaken[beat * rows + row]!
      if (column < 0 !== bank < 0) return `beat ${beat}: row ${row} takes column ${column} from bank ${bank}`
      if (column < 0) continue
      if (bank >= banks || reads[beat * banks + bank] !== column)
        return `beat ${beat}: row ${row} takes column ${column}, which bank ${bank} does not read`
      if (--open[column]! < 0) return `row ${row} takes column ${column} more often than it needs it`
    }
    const missing = open.findIndex((count) => count > 0)
    if (missing >= 0) return `row ${row} never takes column ${missing}`
  }
  return undefined
}
