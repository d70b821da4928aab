// Does a stream of beats compute the rows of a group? Checked against the weights themselves, whoever made the stream.
import type { LinearSource } from '../graph/integer.ts'
import type { LayerColumns } from '../lower/columns.ts'
import { type ColumnTable, type RowEntries, servedRows, type Takes } from '../kernels/row-sums.ts'
import { mostPhases } from '../terms.ts'
import { idsPerPage, pageCount } from '../../isa/model/column-keys.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { type BeatStream, flag, pageOf } from '../../isa/weights/beats.ts'

/** No product weighs more. */
const mostWeight = 16 ** mostPhases

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
    this.same = Int32Array.from(locations, ([place], column) => {
      const bank = 31 - Math.clz32(place!.banks)
      return this.found[this.pageAt(place!.cluster, page[column]!) + bank * idsPerPage + id[column]!]!
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

/** The beats with what each weighs, from the last to the first, as that depends on the shifts behind it; undefined where the parts' laws are broken or a weight leaves its range. */
function takesOf(stream: BeatStream, index: ColumnIndex, machine: Machine): Takes | undefined {
  const partOf = partsOf(stream, machine)
  if (partOf === undefined) return undefined
  const { clusters, rows, banks } = machine
  const { beats, flags } = stream
  const count = beats * clusters
  const pages = new Int32Array(count)
  const weights = new Float64Array(count)
  const cells = new Int32Array(count)
  for (let cluster = 0; cluster < clusters; cluster++) {
    let weight = 1
    for (let beat = beats - 1; beat >= 0; beat--) {
      const at = beat * clusters + cluster
      const flagged = flags[at]!
      if ((flagged & flag.end) !== 0) weight = 1
      pages[at] = index.pageAt(cluster, pageOf(flagged))
      weights[at] = weight
      cells[at] = partOf[beat]! * clusters + cluster
      if ((flagged & flag.shift) !== 0) weight *= 16
      if (weight > mostWeight) return undefined
    }
  }
  const cellCount = beats === 0 ? 0 : (partOf[beats - 1]! + 1) * clusters
  return { ...stream, rows, banks, pages, weights, cells, cellCount }
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

/** [T] the part of each beat; undefined where the parts' laws are broken: clusters end together, the last part alone without `keep`. */
function partsOf({ beats, flags }: BeatStream, { clusters, rows, drainRows }: Machine): Int32Array | undefined {
  const marks = flag.end | flag.keep
  const partOf = new Int32Array(beats)
  let part = 0
  let start = 0
  for (let beat = 0; beat < beats; beat++) {
    partOf[beat] = part
    const own = flags[beat * clusters]! & marks
    for (let cluster = 0; cluster < clusters; cluster++)
      if ((flags[beat * clusters + cluster]! & marks) !== own || flags[beat * clusters + cluster]! > 63)
        return undefined
    const isLast = beat === beats - 1
    if (own === 0 && !isLast) continue
    if (own !== (isLast ? flag.end : marks) || beat + 1 - start < rows / drainRows) return undefined
    part++
    start = beat + 1
  }
  return partOf
}
