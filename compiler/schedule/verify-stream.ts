// Verifies that a stream of beats computes the rows of a group: against the weights themselves, wherever the stream comes from.
import { defined } from '../../base/defined.ts'
import type { LinearSource } from '../graph/integer.ts'
import type { LayerColumns } from '../lower/columns.ts'
import { type ColumnTable, type RowEntries, verifiedRowSums, type WeighedBeats } from '../kernels/row-sums.ts'
import { mostPhases } from '../terms.ts'
import { idsPerPage, pageCount } from '../../isa/model/column-keys.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { type BeatStream, brokenFlagLaw, pageOf } from '../../isa/weights/beats.ts'
import { brokenPartLaw, type Part, partOfBeats, partsOf, shiftsBehind } from '../../isa/weights/parts.ts'

/** The columns that the ids of a layer address in each cluster, page and bank; the same for all of its row groups. */
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
    locations.forEach((list, column) => {
      for (const { cluster, banks: own } of list)
        for (let bank = 0; bank < banks; bank++)
          if (((own >>> bank) & 1) === 1)
            this.found[this.pageAt(cluster, page[column]!) + bank * idsPerPage + id[column]!] = column
    })
    // The column itself, or a later one at the same location: a read of one is a read of both.
    this.same = Int32Array.from(locations, (list, column) => {
      const { cluster, banks: own } = list[0]!
      const bank = 31 - Math.clz32(own)
      return this.found[this.pageAt(cluster, page[column]!) + bank * idsPerPage + id[column]!]!
    })
  }

  /** Index in `found` of the first bank of a page. */
  pageAt(cluster: number, page: number): number {
    return (cluster * pageCount + page) * this.#banks * idsPerPage
  }
}

/**
 * Verifies a group's stream: every row adds up its weights, no more and no less, in parts of at least U/R beats, and no cluster's sum overflows its
 * accumulator.
 * @param first row of the group
 * @returns the largest possible |sum of a cluster| in a part, as a share of the accumulator's range; undefined if the stream is wrong
 */
export function verifyStream(
  stream: BeatStream,
  sources: readonly LinearSource[],
  columns: LayerColumns,
  index: ColumnIndex,
  first: number,
  machine: Machine,
): number | undefined {
  const weighed = weighedBeats(stream, index, machine)
  if (weighed === undefined) return undefined
  const entries = sources.map((source, at) => entriesOf(source, columns, at, first, machine.rows))
  const sums = verifiedRowSums(weighed, index, entries)
  if (sums === undefined || hasUnusedIds(weighed, sums.used)) return undefined
  const { most, least } = sums
  let worst = 0
  for (let cell = 0; cell < most.length; cell++) worst = Math.max(worst, most[cell]!, -least[cell]!)
  const limit = 2 ** (machine.accumulatorBits - 1)
  return worst < limit ? worst / limit : undefined
}

/** The beats, each with its weight by the shifts after it; undefined if a law of parts is broken or a weight is out of range. */
function weighedBeats(stream: BeatStream, index: ColumnIndex, machine: Machine): WeighedBeats | undefined {
  const parts = lawfulParts(stream, machine)
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

/** The entries of the group's rows; rows past the layer's last have none. */
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

/** Whether a bank has an id although no row takes an operand from it: the encoding would not be canonical. */
function hasUnusedIds({ ids, banks }: WeighedBeats, used: Int32Array): boolean {
  for (let at = 0, index = 0; at < used.length; at++)
    for (let bank = 0; bank < banks; bank++, index++)
      if (((used[at]! >>> bank) & 1) === 0 && ids[index] !== 0) return true
  return false
}

/** The parts of a stream, all but the last with `keep`; undefined if a law is broken. */
function lawfulParts({ beats, flags }: BeatStream, machine: Machine): Part[] | undefined {
  for (let beat = 0; beat < beats; beat++)
    if (brokenFlagLaw(flags, beat, machine.clusters) !== undefined) return undefined
  const parts = partsOf(flags, machine.clusters, 0, beats)
  return brokenPartLaw(parts, beats, machine) === undefined && !defined(parts.at(-1)).keeps ? parts : undefined
}
