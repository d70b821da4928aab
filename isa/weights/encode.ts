// Windowed CSR to beats: the schedules of a row group, one a cluster, part, phase and page, become one stream.
import { flagFields } from '../model/formats.ts'
import type { Machine } from '../model/machine.ts'
import { emptyBeats, flag, packFlags } from './beats.ts'
import type { BeatStream } from './beats.ts'
import { leastPartBeats } from './parts.ts'

/** What one cluster computes in one phase of one part on one slot page: the operands of its rows as CSR, and a schedule of them. */
export interface ScheduledPhase {
  readonly cluster: number
  /** parts of a position, from 0 upward */
  readonly part: number
  /** products of this phase have the weight 16^phase */
  readonly phase: number
  readonly page: number
  /** T beats */
  readonly beats: number
  /** [T × B] bank read: the column that the bank reads in the beat, or −1 */
  readonly reads: Int32Array
  /** [T × U] assignment: the column that the row multiplies in the beat, or −1 */
  readonly assignments: Int32Array
  /** [T × U] the bank from which the row takes it, or −1 */
  readonly assignedBanks: Int32Array
  /** [columns × B] the id under which a bank reads the column on the page */
  readonly ids: Uint8Array
  /** [rows][non-zeros] operands: the columns that the row must multiply; CSR, sliced by row */
  readonly operands: readonly Int32Array[]
  /** [rows][non-zeros] the weight of each operand, −8 to 7; assignments of one column take its weights in this order */
  readonly values: readonly Int8Array[]
}

export interface EncodeOptions {
  /** the last part keeps its sums in PSUM, for a COMPUTE with `accumulate` to follow */
  readonly keepLast?: boolean
}

/**
 * The beats of one row group: parts in order, phases from the highest to the lowest, pages upward. The first beat of each lower phase
 * carries `shift`, and so does one empty beat for each phase that a cluster skips. Clusters end together, padded with empty beats; every
 * part has at least U/R beats. Canonical: a bank from which no row takes an operand has id 0; a row without an operand has value 0 and bank 0.
 * @throws RangeError if a schedule breaks its laws: an error of the caller.
 */
export function encodeGroup(
  phases: readonly ScheduledPhase[],
  machine: Machine,
  options: EncodeOptions = {},
): BeatStream {
  const parts = 1 + phases.reduce((most, { part }) => Math.max(most, part), 0)
  const byCluster = Array.from({ length: parts }, () =>
    Array.from({ length: machine.clusters }, (): ScheduledPhase[] => []),
  )
  for (const scheduled of phases) if (scheduled.beats > 0) phasesOf(byCluster, scheduled).push(scheduled)
  const ordered = byCluster.map((clusters) => clusters.map((own) => own.sort(byPhaseThenPage)))
  const lengths = ordered.map((clusters) => Math.max(leastPartBeats(machine), ...clusters.map(clusterBeats)))
  const stream = emptyBeats(
    lengths.reduce((sum, length) => sum + length, 0),
    machine,
  )
  let first = 0
  for (const [part, clusters] of ordered.entries()) {
    for (const [cluster, own] of clusters.entries()) writeCluster(stream, machine, first, cluster, own)
    first += lengths[part]!
    const last = part < parts - 1 || options.keepLast === true ? flag.end | flag.keep : flag.end
    for (let cluster = 0; cluster < machine.clusters; cluster++)
      stream.flags[(first - 1) * machine.clusters + cluster]! |= last
  }
  return stream
}

/** The beats that `encodeGroup` makes of phases of given lengths, without encoding them. */
export function groupBeats(
  phases: readonly Pick<ScheduledPhase, 'cluster' | 'part' | 'phase' | 'beats'>[],
  machine: Machine,
): number {
  const least = leastPartBeats(machine)
  const parts = 1 + phases.reduce((most, { part }) => Math.max(most, part), 0)
  let sum = 0
  for (let part = 0; part < parts; part++) {
    const lengths = Array.from({ length: machine.clusters }, (_, cluster) =>
      clusterBeats(phases.filter((scheduled) => scheduled.part === part && scheduled.cluster === cluster)),
    )
    sum += Math.max(least, ...lengths)
  }
  return sum
}

/** The beats of one cluster in one part: those of its phases, and an empty one for each phase that it skips. */
export function clusterBeats(phases: readonly Pick<ScheduledPhase, 'phase' | 'beats'>[]): number {
  const used = phases.filter(({ beats }) => beats > 0)
  if (used.length === 0) return 0
  const distinct = new Set(used.map(({ phase }) => phase))
  return used.reduce((sum, { beats }) => sum + beats, 0) + Math.max(...distinct) + 1 - distinct.size
}

const byPhaseThenPage = (a: ScheduledPhase, b: ScheduledPhase): number => b.phase - a.phase || a.page - b.page

function phasesOf(byCluster: readonly (readonly ScheduledPhase[][])[], scheduled: ScheduledPhase): ScheduledPhase[] {
  const own = byCluster[scheduled.part]?.[scheduled.cluster]
  const fits = scheduled.phase >= 0 && scheduled.page >= 0 && scheduled.page < 2 ** flagFields.page.bits
  if (own === undefined || !fits)
    throw new RangeError(
      `a phase of part ${scheduled.part}, cluster ${scheduled.cluster}, phase ${scheduled.phase}, page ${scheduled.page}`,
    )
  return own
}

/** Beats of one cluster's phases, sorted, with one empty beat a skipped phase. */
function writeCluster(
  stream: BeatStream,
  machine: Machine,
  first: number,
  cluster: number,
  phases: readonly ScheduledPhase[],
): void {
  let beat = first
  let phase = phases[0]?.phase ?? 0
  for (const scheduled of phases) {
    // One beat with shift for each lower phase down to this one; its own first beat is the last of them.
    for (; phase > scheduled.phase; phase--) {
      stream.flags[beat * machine.clusters + cluster]! |= flag.shift
      if (phase > scheduled.phase + 1) beat++
    }
    writePhase(stream, machine, beat, scheduled)
    beat += scheduled.beats
  }
  for (; phase > 0; phase--) stream.flags[beat++ * machine.clusters + cluster]! |= flag.shift
}

/** Writes a phase's beats into the stream, from beat `first` on. @throws RangeError as `encodeGroup` */
export function writePhase(stream: BeatStream, machine: Machine, first: number, scheduled: ScheduledPhase): void {
  const { clusters, rows, banks } = machine
  const { cluster, beats, reads, assignments, assignedBanks, ids, page } = scheduled
  const columns = ids.length / banks
  if (
    reads.length !== beats * banks ||
    assignments.length !== beats * rows ||
    assignedBanks.length !== assignments.length
  )
    throw new RangeError(
      `tables of ${reads.length}, ${assignments.length} and ${assignedBanks.length} for ${beats} beats`,
    )
  const flags = packFlags({ shift: 0, end: 0, keep: 0, page })
  for (let beat = 0; beat < beats; beat++) stream.flags[(first + beat) * clusters + cluster]! |= flags
  const next = new Int32Array(columns).fill(-1)
  for (let row = 0; row < rows; row++) {
    const operands = scheduled.operands[row] ?? new Int32Array()
    const values = scheduled.values[row] ?? new Int8Array()
    // A list for each column of its operands, built backwards so that the first operand comes first.
    const after = new Int32Array(operands.length)
    for (let operand = operands.length - 1; operand >= 0; operand--) {
      after[operand] = next[operands[operand]!]!
      next[operands[operand]!] = operand
    }
    let open = operands.length
    for (let beat = 0; beat < beats; beat++) {
      const column = assignments[beat * rows + row]!
      if (column < 0) continue
      const bank = assignedBanks[beat * rows + row]!
      const operand = next[column] ?? -1
      if (operand < 0 || reads[beat * banks + bank] !== column)
        throw new RangeError(`beat ${beat}: row ${row} takes column ${column} from bank ${bank}`)
      next[column] = after[operand]!
      open--
      const value = values[operand]!
      if (value === 0) continue
      const at = (first + beat) * clusters + cluster
      stream.values[at * rows + row] = value
      stream.selects[at * rows + row] = bank
      stream.ids[at * banks + bank] = ids[column * banks + bank]!
    }
    if (open > 0) throw new RangeError(`row ${row} lacks ${open} of its ${operands.length} columns`)
  }
}
