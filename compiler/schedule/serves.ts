// Does a stream of beats compute the rows of a group? Checked against the weights themselves, whoever made the stream.
import { defined } from '../../base/defined.ts'
import type { LinearSource } from '../graph/integer.ts'
import type { LayerColumns } from '../lower/columns.ts'
import { type ColumnTable, type RowEntries, servedRows, type Takes } from '../kernels/row-sums.ts'
import { mostPhases } from '../terms.ts'
import { idsPerPage, pageCount } from '../../isa/model/column-keys.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { type BeatStream, brokenFlagLaw, pageOf } from '../../isa/weights/beats.ts'
import { brokenPartLaw, type Part, partOfBeats, partsOf, shiftsBehind } from '../../isa/weights/parts.ts'

/** What the banks of a layer find under their ids: the same for all of its row groups. */
export class ColumnIndex implements ColumnTable {
  readonly same: Int32Array
  /** [clusters × pages × B × ids] a column, or −1 */
  readonly found: Int32Array
  readonly signed: Uint8Array
  readonly #banks: number

  constructor({ locations, page, id, signed }: LayerColumns, { clusters, banks }: Machine) {
    this.#banks = banks
    this.signed = signed
    this.found = new Int32Array(clusters * pageCount * banks * idsPerPage).fill(-1)
    locations.forEach((places, column) => {
      for (const { cluster, banks: own } of places)
        for (let bank = 0; bank < banks; bank++)
          if (((own >>> bank) & 1) === 1)
            this.found[this.pageAt(cluster, page[column]!) + bank * idsPerPage + id[column]!] = column
    })
    // The column itself, or a later one that lies at the same place: what is read for one is read for both.
    this.same = Int32Array.from(locations, (places, column) => {
      const { cluster, banks: own } = places[0]!
      const bank = 31 - Math.clz32(own)
      return this.found[this.pageAt(cluster, page[column]!) + bank * idsPerPage + id[column]!]!
    })
  }

  /** Where the banks of a page begin in `found`. */
  pageAt(cluster: number, page: number): number {
    return (cluster * pageCount + page) * this.#banks * idsPerPage
  }
}

/**
 * The proof of a group's stream: every row adds up its weights, no more and no less, in parts of at least U/R beats, and no cluster leaves
 * its accumulator.
 * @param first row of the group
 * @returns the largest possible |sum of a cluster| in a part, as a share of what its accumulator holds; undefined where the stream fails
 */
export function provenBound(
  stream: BeatStream,
  sources: readonly LinearSource[],
  columns: LayerColumns,
  index: ColumnIndex,
  first: number,
  machine: Machine,
): number | undefined {
  const takes = takesOf(stream, index, machine)
  if (takes === undefined) return undefined
  const entries = sources.map((source, at) => entriesOf(source, columns, at, first, machine.rows))
  const served = servedRows(takes, index, entries)
  if (served === undefined || namesUnused(takes, served.used)) return undefined
  const { most, least } = served
  let worst = 0
  for (let cell = 0; cell < most.length; cell++) worst = Math.max(worst, most[cell]!, -least[cell]!)
  const limit = 2 ** (machine.accumulatorBits - 1)
  return worst < limit ? worst / limit : undefined
}

/** The beats with what each weighs by the shifts behind it; undefined where the parts' laws are broken or a weight leaves its range. */
function takesOf(stream: BeatStream, index: ColumnIndex, machine: Machine): Takes | undefined {
  const parts = soundParts(stream, machine)
  if (parts === undefined) return undefined
  const { clusters, rows, banks } = machine
  const { beats, flags } = stream
  const count = beats * clusters
  const pages = new Int32Array(count)
  const weights = new Float64Array(count)
  const cells = new Int32Array(count)
  const partOf = partOfBeats(parts, beats)
  const shifts = shiftsBehind(flags, clusters, 0, beats)
  for (let beat = 0, at = 0; beat < beats; beat++)
    for (let cluster = 0; cluster < clusters; cluster++, at++) {
      if (shifts[at]! > mostPhases) return undefined
      pages[at] = index.pageAt(cluster, pageOf(flags[at]!))
      weights[at] = 16 ** shifts[at]!
      cells[at] = partOf[beat]! * clusters + cluster
    }
  return { ...stream, rows, banks, pages, weights, cells, cellCount: parts.length * clusters }
}

/** The entries of the group's rows; rows behind the last have none. */
function entriesOf(
  { weights: { rows, rowStart, column, value } }: LinearSource,
  columns: LayerColumns,
  source: number,
  first: number,
  count: number,
): RowEntries {
  const startOf = (row: number): number => rowStart[Math.min(first + row, rows)]!
  const [start, end] = [startOf(0), startOf(count)]
  return {
    rowStart: Int32Array.from({ length: count + 1 }, (_, row) => startOf(row) - start),
    column: column.subarray(start, end),
    value: value.subarray(start, end),
    numbers: columns.first[source]!,
    planes: columns.planes[source]!,
  }
}

/** Whether an id is named from which no row takes anything: a beat would say more than it does. */
function namesUnused({ ids, banks }: Takes, used: Int32Array): boolean {
  for (let at = 0, place = 0; at < used.length; at++)
    for (let bank = 0; bank < banks; bank++, place++)
      if (((used[at]! >>> bank) & 1) === 0 && ids[place] !== 0) return true
  return false
}

/** The parts of a stream, the last alone without `keep`; undefined where a law is broken. */
function soundParts({ beats, flags }: BeatStream, machine: Machine): Part[] | undefined {
  for (let beat = 0; beat < beats; beat++)
    if (brokenFlagLaw(flags, beat, machine.clusters) !== undefined) return undefined
  const parts = partsOf(flags, machine.clusters, 0, beats)
  return brokenPartLaw(parts, beats, machine) === undefined && !defined(parts.at(-1)).keeps ? parts : undefined
}
