// Does a stream of beats compute the rows of a group? Checked against the weights themselves, whoever made the stream.
import type { LinearSource } from '../graph/integer.ts'
import type { LayerColumns } from '../lower/columns.ts'
import { mostPhases } from '../lower/terms.ts'
import type { Machine } from '../../isa/machine.ts'
import { type BeatStream, flag, pageOf } from '../../isa/weights/beats.ts'

const pages = 8
const ids = 256

/** No product weighs more. */
const mostWeight = 16 ** mostPhases

/** What the banks of a layer find under their ids: the same for all of its row groups. */
export class ColumnIndex {
  /** [columns] the column itself, or a later one that lies at the same place: what is read for one is read for both */
  readonly same: Int32Array
  /** [clusters × B × pages × ids] a column, or −1 */
  private readonly found: Int32Array
  private readonly machine: Machine
  /** [U × columns] what the rows of a group add up: zeros before a proof, and after one that holds */
  private sums: Float64Array

  constructor({ locations, page, id }: LayerColumns, machine: Machine) {
    this.machine = machine
    this.sums = new Float64Array(machine.rows * id.length)
    this.found = new Int32Array(machine.clusters * machine.banks * pages * ids).fill(-1)
    locations.forEach((places, column) => {
      for (const { cluster, banks } of places)
        for (let bank = 0; bank < machine.banks; bank++)
          if (((banks >>> bank) & 1) === 1)
            this.found[this.placeOf(cluster, bank, page[column]!) + id[column]!] = column
    })
    this.same = Int32Array.from(locations, ([place], column) =>
      this.columnOf(place!.cluster, 31 - Math.clz32(place!.banks), page[column]!, id[column]!),
    )
  }

  /** The column that a bank finds on a page under an id; −1 where there is none. */
  columnOf(cluster: number, bank: number, page: number, id: number): number {
    return this.found[this.placeOf(cluster, bank, page) + id]!
  }

  /** Zeros for the sums of one proof, which gives them back as zeros or not at all. */
  takeSums(): Float64Array {
    const sums = this.sums.length === 0 ? new Float64Array(this.machine.rows * this.same.length) : this.sums
    this.sums = new Float64Array()
    return sums
  }

  returnSums(sums: Float64Array): void {
    this.sums = sums
  }

  private placeOf(cluster: number, bank: number, page: number): number {
    return ((cluster * this.machine.banks + bank) * pages + page) * ids
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
  const partOf = partsOf(stream, machine)
  const totals = partOf === undefined ? undefined : totalsOf(stream, partOf, columns, index, machine)
  if (totals === undefined) return undefined
  const { sums, most, least } = totals
  for (let row = 0; row < machine.rows; row++)
    subtractRow(sources, columns, index, first + row, sums, row * columns.id.length)
  for (let at = 0; at < sums.length; at++) if (sums[at] !== 0) return undefined
  index.returnSums(sums)
  let worst = 0
  for (let cell = 0; cell < most.length; cell++) worst = Math.max(worst, most[cell]!, -least[cell]!)
  const limit = 2 ** (machine.accumulatorBits - 1)
  return worst < limit ? worst / limit : undefined
}

/** What a stream adds up. */
interface Totals {
  /** [U × columns] by what each row multiplies each column */
  readonly sums: Float64Array
  /** [parts × C × U] the largest and the least that a row's sum in a cluster can become */
  readonly most: Float64Array
  readonly least: Float64Array
}

/** From the last beat to the first, as the weight of a beat depends on the shifts behind it; undefined where a value has no column, or where a beat says more than it does. */
function totalsOf(
  stream: BeatStream,
  partOf: Int32Array,
  columns: LayerColumns,
  index: ColumnIndex,
  machine: Machine,
): Totals | undefined {
  const { clusters, rows, banks } = machine
  const { beats, flags, values, selects, ids: idOf } = stream
  const { signed } = columns
  const count = columns.id.length
  const parts = beats === 0 ? 0 : partOf[beats - 1]! + 1
  const sums = index.takeSums()
  const most = new Float64Array(parts * clusters * rows)
  const least = new Float64Array(parts * clusters * rows)
  const weightOf = new Float64Array(clusters).fill(1)
  for (let beat = beats - 1; beat >= 0; beat--) {
    for (let cluster = 0; cluster < clusters; cluster++) {
      const at = beat * clusters + cluster
      const flagged = flags[at]!
      const page = pageOf(flagged)
      const weight = (flagged & flag.end) !== 0 ? 1 : weightOf[cluster]!
      const cells = (partOf[beat]! * clusters + cluster) * rows
      let used = 0
      for (let row = 0; row < rows; row++) {
        const bank = selects[at * rows + row]!
        const value = values[at * rows + row]!
        if (value === 0) {
          if (bank !== 0) return undefined
          continue
        }
        const column = bank < banks ? index.columnOf(cluster, bank, page, idOf[at * banks + bank]!) : -1
        if (column < 0) return undefined
        used |= 1 << bank
        const product = value * weight
        sums[row * count + column]! += product
        const isSigned = signed[column] === 1
        const high = product * (isSigned ? 7 : 15)
        const low = isSigned ? product * -8 : 0
        most[cells + row]! += high > low ? high : low
        least[cells + row]! += high > low ? low : high
      }
      for (let bank = 0; bank < banks; bank++)
        if (((used >>> bank) & 1) === 0 && idOf[at * banks + bank] !== 0) return undefined
      weightOf[cluster] = (flagged & flag.shift) !== 0 ? weight * 16 : weight
      if (weightOf[cluster]! > mostWeight) return undefined
    }
  }
  return { sums, most, least }
}

/** Takes a row's weights off its sums, which begin at `start`. */
function subtractRow(
  sources: readonly LinearSource[],
  columns: LayerColumns,
  { same }: ColumnIndex,
  row: number,
  sums: Float64Array,
  start: number,
): void {
  sources.forEach(({ weights: { rows, rowStart, column: columnOf, value } }, source) => {
    if (row >= rows) return
    const numbers = columns.first[source]!
    const planes = columns.planes[source]!
    for (let entry = rowStart[row]!, end = rowStart[row + 1]!; entry < end; entry++) {
      const column = numbers[columnOf[entry]!]!
      for (let plane = 0; plane < planes; plane++) sums[start + same[column + plane]!]! -= value[entry]! * 16 ** plane
    }
  })
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
