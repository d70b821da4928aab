// Windowed CSR to beats: the schedules of a row group, one a cluster, part, phase and page, become one stream.
import { flagFields } from '../model/formats.ts'
import type { Machine } from '../model/machine.ts'
import { emptyBeats, flag, packFlags } from './beats.ts'
import type { BeatStream } from './beats.ts'
import { leastPartBeats } from './parts.ts'

/** What one cluster does in one phase of one part on one slot page: the CSR needs of its rows and the schedule that serves them. */
export interface PhaseRun {
  readonly cluster: number
  /** parts of a position, from 0 upward */
  readonly part: number
  /** products of this run weigh 16^phase */
  readonly phase: number
  readonly page: number
  /** T beats */
  readonly beats: number
  /** [T × B] column read by the bank in the beat, or −1 */
  readonly reads: Int32Array
  /** [T × U] column the row uses in the beat, or −1 */
  readonly assignments: Int32Array
  /** [T × U] bank the row takes it from, or −1 */
  readonly assignedBanks: Int32Array
  /** [columns × B] the id under which a bank finds the column on the page */
  readonly ids: Uint8Array
  /** [rows][non-zeros] columns that the row needs: CSR, sliced by row */
  readonly operands: readonly Int32Array[]
  /** [rows][non-zeros] the value of each need, −8 to 7; uses of one column take its values in this order */
  readonly values: readonly Int8Array[]
}

export interface EncodeOptions {
  /** the last part keeps its sums in PSUM, for a COMPUTE with `accumulate` to follow */
  readonly keepLast?: boolean
}

/**
 * The beats of one row group: parts in order, phases from the highest to the lowest, pages upward. The first beat of each lower phase
 * carries `shift`, and so does one empty beat for each phase that a cluster skips. Clusters end together, padded with empty beats; every
 * part has at least U/R beats. Canonical: what no row takes from has id 0, what takes nothing has value 0 and bank 0.
 * @throws RangeError when a run breaks the laws of schedules: a fault of the caller.
 */
export function encodeGroup(runs: readonly PhaseRun[], machine: Machine, options: EncodeOptions = {}): BeatStream {
  const parts = 1 + runs.reduce((most, { part }) => Math.max(most, part), 0)
  const pieces = Array.from({ length: parts }, () => Array.from({ length: machine.clusters }, (): PhaseRun[] => []))
  for (const run of runs) if (run.beats > 0) clusterRuns(pieces, run).push(run)
  const ordered = pieces.map((clusters) => clusters.map((own) => own.sort(byPhaseThenPage)))
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

/** The beats that `encodeGroup` makes of runs whose lengths are given, without encoding them. */
export function groupBeats(
  runs: readonly Pick<PhaseRun, 'cluster' | 'part' | 'phase' | 'beats'>[],
  machine: Machine,
): number {
  const least = leastPartBeats(machine)
  const parts = 1 + runs.reduce((most, { part }) => Math.max(most, part), 0)
  let sum = 0
  for (let part = 0; part < parts; part++) {
    const lengths = Array.from({ length: machine.clusters }, (_, cluster) =>
      clusterBeats(runs.filter((run) => run.part === part && run.cluster === cluster)),
    )
    sum += Math.max(least, ...lengths)
  }
  return sum
}

/** The beats of one cluster's runs of one part: theirs, and an empty one for each phase that it skips. */
export function clusterBeats(runs: readonly Pick<PhaseRun, 'phase' | 'beats'>[]): number {
  const used = runs.filter(({ beats }) => beats > 0)
  if (used.length === 0) return 0
  const phases = new Set(used.map(({ phase }) => phase))
  return used.reduce((sum, { beats }) => sum + beats, 0) + Math.max(...phases) + 1 - phases.size
}

const byPhaseThenPage = (a: PhaseRun, b: PhaseRun): number => b.phase - a.phase || a.page - b.page

function clusterRuns(pieces: readonly (readonly PhaseRun[][])[], run: PhaseRun): PhaseRun[] {
  const own = pieces[run.part]?.[run.cluster]
  const fits = run.phase >= 0 && run.page >= 0 && run.page < 2 ** flagFields.page.bits
  if (own === undefined || !fits)
    throw new RangeError(`a run of part ${run.part}, cluster ${run.cluster}, phase ${run.phase}, page ${run.page}`)
  return own
}

/** Beats of one cluster's runs, sorted, with one empty beat a skipped phase. */
function writeCluster(
  stream: BeatStream,
  machine: Machine,
  first: number,
  cluster: number,
  runs: readonly PhaseRun[],
): void {
  let beat = first
  let phase = runs[0]?.phase ?? 0
  for (const run of runs) {
    // One beat with shift for each phase down to the run's own; its own first beat is the last of them.
    for (; phase > run.phase; phase--) {
      stream.flags[beat * machine.clusters + cluster]! |= flag.shift
      if (phase > run.phase + 1) beat++
    }
    writeRun(stream, machine, beat, run)
    beat += run.beats
  }
  for (; phase > 0; phase--) stream.flags[beat++ * machine.clusters + cluster]! |= flag.shift
}

/** Writes a run's beats into the stream, from beat `first` on. @throws RangeError as `encodeGroup` */
export function writeRun(stream: BeatStream, machine: Machine, first: number, run: PhaseRun): void {
  const { clusters, rows, banks } = machine
  const { cluster, beats, reads, assignments: takes, assignedBanks: bankTaken, ids, page } = run
  const columns = ids.length / banks
  if (reads.length !== beats * banks || takes.length !== beats * rows || bankTaken.length !== takes.length)
    throw new RangeError(`tables of ${reads.length}, ${takes.length} and ${bankTaken.length} for ${beats} beats`)
  const flags = packFlags({ shift: 0, end: 0, keep: 0, page })
  for (let beat = 0; beat < beats; beat++) stream.flags[(first + beat) * clusters + cluster]! |= flags
  const next = new Int32Array(columns).fill(-1)
  for (let row = 0; row < rows; row++) {
    const needs = run.operands[row] ?? new Int32Array()
    const values = run.values[row] ?? new Int8Array()
    // A list per column of its needs, built backwards so that the first need comes first.
    const after = new Int32Array(needs.length)
    for (let need = needs.length - 1; need >= 0; need--) {
      after[need] = next[needs[need]!]!
      next[needs[need]!] = need
    }
    let open = needs.length
    for (let beat = 0; beat < beats; beat++) {
      const column = takes[beat * rows + row]!
      if (column < 0) continue
      const bank = bankTaken[beat * rows + row]!
      const need = next[column] ?? -1
      if (need < 0 || reads[beat * banks + bank] !== column)
        throw new RangeError(`beat ${beat}: row ${row} takes column ${column} from bank ${bank}`)
      next[column] = after[need]!
      open--
      const value = values[need]!
      if (value === 0) continue
      const at = (first + beat) * clusters + cluster
      stream.values[at * rows + row] = value
      stream.selects[at * rows + row] = bank
      stream.ids[at * banks + bank] = ids[column * banks + bank]!
    }
    if (open > 0) throw new RangeError(`row ${row} lacks ${open} of its ${needs.length} columns`)
  }
}
