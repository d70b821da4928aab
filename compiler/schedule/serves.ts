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

  constructor({ locations, page, id }: LayerColumns, machine: Machine) {
    this.machine = machine
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
  const entries = entriesByRow(stream, index, machine)
  const partOf = partsOf(stream, machine)
  if (entries === undefined || partOf === undefined) return undefined
  const { clusters, rows } = machine
  const { beats, flags } = stream
  const { values, taken } = entries
  const parts = partOf.length === 0 ? 0 : partOf[partOf.length - 1]! + 1
  const count = columns.id.length
  const sums = new Float64Array(count)
  const { signed } = columns
  const most = new Float64Array(clusters * parts)
  const least = new Float64Array(clusters * parts)
  let worst = 0
  for (let row = 0, start = 0; row < rows; row++, start += beats * clusters) {
    most.fill(0)
    least.fill(0)
    for (let cluster = 0; cluster < clusters; cluster++) {
      let weight = 1
      for (let beat = beats - 1; beat >= 0; beat--) {
        const at = beat * clusters + cluster
        const flagged = flags[at]!
        if ((flagged & flag.end) !== 0) weight = 1
        const value = values[start + at]!
        if (value !== 0) {
          const column = taken[start + at]!
          const product = value * weight
          sums[column]! += product
          const isSigned = signed[column] === 1
          const high = product * (isSigned ? 7 : 15)
          const low = isSigned ? product * -8 : 0
          const cell = partOf[beat]! * clusters + cluster
          most[cell]! += high > low ? high : low
          least[cell]! += high > low ? low : high
        }
        if ((flagged & flag.shift) !== 0) weight *= 16
        if (weight > mostWeight) return undefined
      }
    }
    for (let cell = 0; cell < most.length; cell++) worst = Math.max(worst, most[cell]!, -least[cell]!)
    if (!subtractRow(sources, columns, index, first + row, sums)) return undefined
  }
  const limit = 2 ** (machine.accumulatorBits - 1)
  return worst < limit ? worst / limit : undefined
}

/** Takes a row's weights off the sums; whether nothing is left. */
function subtractRow(
  sources: readonly LinearSource[],
  columns: LayerColumns,
  { same }: ColumnIndex,
  row: number,
  sums: Float64Array,
): boolean {
  sources.forEach(({ weights }, source) => {
    if (row >= weights.rows) return
    const numbers = columns.first[source]!
    const planes = columns.planes[source]!
    for (let entry = weights.rowStart[row]!; entry < weights.rowStart[row + 1]!; entry++) {
      const column = numbers[weights.column[entry]!]!
      for (let plane = 0; plane < planes; plane++) sums[same[column + plane]!]! -= weights.value[entry]! * 16 ** plane
    }
  })
  for (let column = 0; column < sums.length; column++) if (sums[column] !== 0) return false
  return true
}

/** [U × T × C] what each row multiplies, and the columns that it takes. */
interface Entries {
  readonly values: Int8Array
  readonly taken: Uint16Array
}

/** A stream row by row; undefined where a value has no column, or where a beat says more than it does. */
function entriesByRow(stream: BeatStream, index: ColumnIndex, machine: Machine): Entries | undefined {
  const { clusters, rows, banks } = machine
  const { beats, selects, flags } = stream
  const values = new Int8Array(stream.values.length)
  const taken = new Uint16Array(stream.values.length)
  const pitch = beats * clusters
  const found = new Int32Array(banks)
  for (let at = 0; at < beats * clusters; at++) {
    const page = pageOf(flags[at]!)
    let used = 0
    for (let bank = 0; bank < banks; bank++)
      found[bank] = index.columnOf(at % clusters, bank, page, stream.ids[at * banks + bank]!)
    for (let row = 0, to = at; row < rows; row++, to += pitch) {
      const bank = selects[at * rows + row]!
      const value = stream.values[at * rows + row]!
      if (value === 0) {
        if (bank !== 0) return undefined
        continue
      }
      if (bank >= banks || found[bank]! < 0) return undefined
      values[to] = value
      taken[to] = found[bank]!
      used |= 1 << bank
    }
    for (let bank = 0; bank < banks; bank++)
      if (((used >>> bank) & 1) === 0 && stream.ids[at * banks + bank] !== 0) return undefined
  }
  return { values, taken }
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
