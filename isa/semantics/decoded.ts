// A COMPUTE decoded: its beats as columns and coefficients, and what each column reads.
import type { InstructionOf } from '../instruction.ts'
import type { Slot } from '../model/formats.ts'
import type { Positions, TorusReads } from './taps.ts'

/** A row group's beats, decoded. Segment s = (row · parts + part) · C + cluster has the entries starts[s] to starts[s + 1] − 1. */
export interface GroupPlan {
  readonly parts: number
  /** the last part stays in PSUM */
  readonly keepsLast: boolean
  /** the key of every column that any bank reads in any beat, whether or not a row uses it */
  readonly keys: Uint16Array
  /** what the group uses: cluster, bank and column key of each column that a non-zero weight takes */
  readonly columns: UsedColumns
  /** [U · parts · C + 1] */
  readonly starts: Int32Array
  readonly column: Int32Array
  /** value · 16^(shifts that follow within its part), modulo 2^32; terms of one column merged */
  readonly coefficient: Int32Array
  /** every coefficient fits 16 bits */
  readonly narrow: boolean
  /** the most entries of a row */
  readonly rowEntries: number
  /** [U · parts · C] Σ |coefficient|, exact up to 2^53 */
  readonly magnitude: Float64Array
  /** the exact coefficients where some exceed int32 */
  readonly exact: Float64Array | undefined
}

export interface UsedColumns {
  readonly count: number
  readonly cluster: Uint8Array
  readonly bank: Uint8Array
  readonly key: Uint16Array
  /** first and last beat of a position that reads the column for a non-zero weight */
  readonly firstBeat: Int32Array
  readonly lastBeat: Int32Array
}

/** What one column of a group reads. */
export interface ColumnRead {
  readonly cluster: number
  readonly bank: number
  /** entry of the slot table */
  readonly entry: number
  readonly slot: Slot
  /** shared by all columns of the same geometry and tap */
  readonly reads: TorusReads
}

/** Everything that a COMPUTE reads, decoded: for the semantics, and for the simulator's hazard check. */
export interface ComputeReads {
  readonly layer: InstructionOf<'LAYER'>
  readonly plan: GroupPlan
  readonly positions: Positions
  readonly columns: readonly ColumnRead[]
}
