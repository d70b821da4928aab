// Gaps: the fewest idle cycles before each COMPUTE such that no bank reads a word before it is written.
import { pageOf, usedBanks, type BeatStream } from '../../isa/weights/beats.ts'
import { columnKey, columnKeys, entryOfKey, tapOfKey } from '../../isa/model/column-keys.ts'
import type { Geometry, Slot } from '../../isa/model/formats.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { beatToReadCycles, laneSumCycles, lastResultCycles, positionCycles, readCycle, resultCycles, sumWriteCycle, writeCycle } from '../../isa/timing.ts' // prettier-ignore
import { rowPlanes } from '../../isa/semantics/post.ts'
import { wordNumber } from '../../isa/semantics/state.ts'
import { columnOfPosition, rowOfPosition, tapOffset, type ColumnRange } from '../../isa/semantics/taps.ts'
import type { Patch } from '../placement/patches.ts'
import type { Release } from '../matching/rematch.ts'
import type { BankOperation } from '../../isa/instruction.ts'
import { instructions } from '../../isa/instructions.ts'
import { fieldRange } from '../../base/bits.ts'
import { DlpError } from '../../base/error.ts'

/** What the timing of a COMPUTE depends on. */
export interface TimedCompute {
  readonly layer: string
  readonly stream: BeatStream
  readonly geometries: readonly Geometry[]
  readonly slots: readonly Slot[]
  readonly tapBits: number
  /** the patch over which the positions run */
  readonly patch: Patch
  /** rows and columns of the patch that are computed; columns absent: all */
  readonly rows: number
  readonly columns?: ColumnRange
  /** where the rows are written: address of the group's first slot; undefined for logits */
  readonly output?: {
    readonly base: number
    readonly planes: number
    readonly planeStride: number
    readonly startBank: number
    /** one requantised sum a row, at position 0, instead of a code at each position */
    readonly laneSum: boolean
  }
}

/** One read of a beat: bank index over all clusters, slot entry and tap. */
interface Read {
  readonly bank: number
  readonly slot: Slot
  readonly tap: number
}

/** The row with which a COMPUTE begins, and its gap in cycles. */
export interface Start {
  readonly firstRow: number
  readonly gap: number
}

/** A position, and the cycle in which its first beat reads. */
interface PendingPosition {
  readonly start: number
  readonly oy: number
  readonly ox: number
}

/** A model of the compute queue that counts cycles as if nothing else stalled it: any other stall only makes reads later. */
export class GapModel {
  readonly #machine: Machine
  /** [clusters × banks × words] cycle in which the word is written */
  readonly #written: Int32Array
  #end = -1
  #lastWrite = -1
  /** idle cycles that the machine itself keeps before the next instruction */
  #least = 0
  /** the last instruction, unless it was a COMPUTE */
  #bankOperation: BankOperation['op'] | undefined

  constructor(machine: Machine) {
    this.#machine = machine
    this.#written = new Int32Array(machine.clusters * machine.banks * machine.featureWords).fill(-1)
  }

  /**
   * Begins a bank operation. In hardware it waits for the last word of an instruction of another kind, and so does an instruction of another
   * kind after it: then no write is pending. Only instructions of the same kind do not wait for one another.
   * @returns whether the instruction before was of the same kind
   */
  beginBankOperation(kind: BankOperation['op']): boolean {
    const follows = this.#bankOperation === kind
    this.#bankOperation = kind
    this.#end = this.#lastWrite
    this.#least = 0
    return follows
  }

  /**
   * Chooses the first row and the gap of a COMPUTE, and begins it.
   * @param firstRows rows with which it may begin
   */
  chooseAndBegin(compute: TimedCompute, firstRows: readonly number[]): Start {
    return this.begin(compute, this.choose(compute, firstRows))
  }

  /** Begins a COMPUTE as chosen, and accounts for its writes. @returns the start, with the idle cycles that the machine keeps anyway in the gap */
  begin(compute: TimedCompute, { firstRow, gap: wait }: Start): Start {
    const { high: most } = fieldRange(instructions.COMPUTE.fields.gap)
    if (wait > most) {
      throw new DlpError({
        what: `it must wait ${wait} cycles for the layer before`,
        where: `layer '${compute.layer}'`,
        allowed: `gaps of at most ${most} cycles`,
      })
    }
    const gap = this.#least + wait
    this.#bankOperation = undefined
    this.#advance(compute, firstRow, this.#earliest + wait)
    return { firstRow, gap }
  }

  /** The cycle of the next COMPUTE's first beat if it waits for no word. */
  get #earliest(): number {
    return this.#end + 1 + this.#least
  }

  /** The first row with which a COMPUTE waits least for words, and the cycles that it waits. */
  choose(compute: TimedCompute, firstRows: readonly number[]): Start {
    const earliest = this.#earliest
    let best = { firstRow: firstRows[0]!, gap: Number.POSITIVE_INFINITY }
    const reads =
      this.#lastWrite >= earliest + beatToReadCycles
        ? new Array<readonly Read[] | undefined>(compute.stream.beats)
        : undefined
    for (const firstRow of firstRows) {
      const gap = reads === undefined ? 0 : this.#gapOf(compute, firstRow, earliest, reads)
      if (gap < best.gap) best = { firstRow, gap }
      if (gap === 0) break
    }
    return best
  }

  /** Number of the next COMPUTE's first beats that begin before all words are written. */
  get pendingBeats(): number {
    return Math.max(0, this.#lastWrite + 1 - readCycle(this.#machine, this.#earliest, 0, 0, 0))
  }

  /** The releases of a COMPUTE's columns: the first beat in which a bank may read each, at every position. */
  release(compute: TimedCompute, firstRow: number): Release {
    const written = this.#written
    const positions = this.#pendingPositions(compute, firstRow, this.#earliest)
    /** [column keys][positions] addresses of a column, the same in all banks */
    const known = new Array<readonly number[] | undefined>(columnKeys)
    return (cluster, bank, page, id) => {
      const addresses = (known[columnKey(page, id)] ??= positions.map(({ oy, ox }) =>
        addressOf(readOf(compute, bank, page, id), compute, oy, ox),
      ))
      const base = wordNumber(this.#machine, cluster, bank, 0)
      let latest = 0
      for (let position = 0; position < positions.length; position++)
        latest = Math.max(latest, written[base + addresses[position]!]! + 1 - positions[position]!.start)
      return latest
    }
  }

  /** The positions at which a COMPUTE that begins in cycle `first` reads before all words are written. */
  #pendingPositions(
    { patch, stream, rows, columns: range }: TimedCompute,
    firstRow: number,
    first: number,
  ): PendingPosition[] {
    const { firstColumn, columns } = range ?? { firstColumn: 0, columns: patch.width }
    const positions: PendingPosition[] = []
    for (let position = 0; position < rows * columns; position++) {
      const start = readCycle(this.#machine, first, stream.beats, position, 0)
      if (start > this.#lastWrite) break
      positions.push({
        start,
        oy: rowOfPosition(position, firstRow, columns, patch.height),
        ox: columnOfPosition(position, firstColumn, columns, patch.width),
      })
    }
    return positions
  }

  #gapOf(compute: TimedCompute, firstRow: number, first: number, reads: (readonly Read[] | undefined)[]): number {
    const { stream } = compute
    let gap = 0
    for (const { start, oy, ox } of this.#pendingPositions(compute, firstRow, first))
      for (let beat = 0; beat < stream.beats && start + beat <= this.#lastWrite; beat++) {
        reads[beat] ??= this.#readsOf(compute, beat)
        for (const read of reads[beat]!) {
          const word = this.#written[wordNumber(this.#machine, 0, read.bank, addressOf(read, compute, oy, ox))]!
          gap = Math.max(gap, word + 1 - start - beat)
        }
      }
    return gap
  }

  #readsOf(compute: TimedCompute, beat: number): Read[] {
    const { stream } = compute
    const { clusters, rows, banks } = this.#machine
    const reads: Read[] = []
    for (let cluster = 0; cluster < clusters; cluster++) {
      const at = beat * clusters + cluster
      const page = pageOf(stream.flags[at]!)
      const used = usedBanks(stream, at, rows)
      for (let bank = 0; bank < banks; bank++)
        if (((used >>> bank) & 1) === 1)
          reads.push(readOf(compute, cluster * banks + bank, page, stream.ids[at * banks + bank]!))
    }
    return reads
  }

  #advance({ stream, patch, rows, columns: range, output }: TimedCompute, firstRow: number, first: number): void {
    const machine = this.#machine
    const { firstColumn, columns } = range ?? { firstColumn: 0, columns: patch.width }
    const positions = rows * columns
    const cycles = positionCycles(machine, stream.beats)
    this.#end = first + positions * cycles - 1
    const isSum = output?.laneSum === true
    const codes = { laneSum: 0, logits: 0 }
    const sums = { laneSum: isSum ? 1 : 0, logits: 0 }
    const toLastWrite = lastResultCycles(machine, sums)
    this.#least = isSum ? laneSumCycles : 0
    this.#lastWrite =
      writeCycle(machine, first, stream.beats, positions - 1, 0) - resultCycles(machine, codes) + toLastWrite
    if (output === undefined) return
    const { base, planes, planeStride, startBank } = output
    const destinations = Array.from({ length: machine.rows }, (_, row) =>
      rowPlanes(machine, { wide: planes - 1, startBank, planeStride }, base, row),
    )
    const from = isSum ? positions - 1 : Math.max(0, positions - 1 - Math.ceil((toLastWrite + 1) / cycles))
    // Only the positions whose writes end last can conflict with the next COMPUTE.
    for (let position = from; position < positions; position++) {
      const local = isSum
        ? 0
        : rowOfPosition(position, firstRow, columns, patch.height) * patch.width +
          columnOfPosition(position, firstColumn, columns, patch.width)
      for (const [row, planesOfRow] of destinations.entries()) {
        const cycle = isSum
          ? sumWriteCycle(machine, this.#end, sums, row)
          : writeCycle(machine, first, stream.beats, position, row)
        for (const { cluster, bank, address } of planesOfRow)
          this.#written[wordNumber(machine, cluster, bank, address + local)] = cycle
      }
    }
  }
}

function readOf({ slots, tapBits }: TimedCompute, bank: number, page: number, id: number): Read {
  const key = columnKey(page, id)
  return { bank, slot: slots[entryOfKey(key, tapBits)]!, tap: tapOfKey(key, tapBits) }
}

const addressOf = ({ slot, tap }: Read, { geometries }: TimedCompute, oy: number, ox: number): number =>
  slot.base + tapOffset(geometries[slot.geometry]!, tap, oy, ox)
