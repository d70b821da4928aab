// Gaps: the fewest idle cycles before each COMPUTE such that no bank reads a word before its writer has written it.
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

/** A COMPUTE as its timing sees it. */
export interface ComputeTiming {
  readonly layer: string
  readonly stream: BeatStream
  readonly geometries: readonly Geometry[]
  readonly slots: readonly Slot[]
  readonly tapBits: number
  /** patch over which positions run, and the rows of it */
  readonly patch: Patch
  readonly rows: number
  /** of the positions; absent: all */
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

/** The first row of a pass, and the cycles that it waits. */
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

/** Follows the compute queue in cycles counted as if nothing else ever stalled it: any other stall only makes reads later. */
export class GapModel {
  readonly #machine: Machine
  /** [clusters × banks × words] cycle in which the word is written */
  readonly #written: Int32Array
  #end = -1
  #lastWrite = -1
  /** idle cycles that the machine keeps by itself before the next instruction */
  #least = 0
  /** what the last instruction was, unless a COMPUTE */
  #bankOperation: BankOperation['op'] | undefined

  constructor(machine: Machine) {
    this.#machine = machine
    this.#written = new Int32Array(machine.clusters * machine.banks * machine.featureWords).fill(-1)
  }

  /**
   * Bank operations run when another unit before has written its last word, and the next unit waits for theirs: nothing is
   * pending then. Only among themselves they do not wait.
   * @returns whether the instruction before was of the same kind
   */
  settle(kind: BankOperation['op']): boolean {
    const follows = this.#bankOperation === kind
    this.#bankOperation = kind
    this.#end = this.#lastWrite
    this.#least = 0
    return follows
  }

  /**
   * Chooses the first row and the gap of a pass and accounts for its writes.
   * @param firstRows rows at which the pass may start
   */
  place(pass: ComputeTiming, firstRows: readonly number[]): Start {
    return this.begin(pass, this.choose(pass, firstRows))
  }

  /** Begins a pass as chosen for it, and accounts for its writes. @returns how it begins in the queue */
  begin(pass: ComputeTiming, { firstRow, gap: wait }: Start): Start {
    const { high: most } = fieldRange(instructions.COMPUTE.fields.gap)
    if (wait > most) {
      throw new DlpError({
        what: `it must wait ${wait} cycles for the layer before`,
        where: `layer '${pass.layer}'`,
        allowed: `gaps of at most ${most} cycles`,
      })
    }
    const gap = this.#least + wait
    this.#bankOperation = undefined
    this.#advance(pass, firstRow, this.#earliest + wait)
    return { firstRow, gap }
  }

  /** The cycle of the next pass's first beat where it waits for no word. */
  get #earliest(): number {
    return this.#end + 1 + this.#least
  }

  /** The first row from which a pass waits least for words, and the cycles that it waits. */
  choose(pass: ComputeTiming, firstRows: readonly number[]): Start {
    const earliest = this.#earliest
    let best = { firstRow: firstRows[0]!, gap: Number.POSITIVE_INFINITY }
    const reads =
      this.#lastWrite >= earliest + beatToReadCycles
        ? new Array<readonly Read[] | undefined>(pass.stream.beats)
        : undefined
    for (const firstRow of firstRows) {
      const gap = reads === undefined ? 0 : this.#gapOf(pass, firstRow, earliest, reads)
      if (gap < best.gap) best = { firstRow, gap }
      if (gap === 0) break
    }
    return best
  }

  /** The beats of a pass that begin before all words are written. */
  get pendingBeats(): number {
    return Math.max(0, this.#lastWrite + 1 - readCycle(this.#machine, this.#earliest, 0, 0, 0))
  }

  /** The first beats of a pass that see what its banks read, at every position. */
  release(pass: ComputeTiming, firstRow: number): Release {
    const written = this.#written
    const positions = this.#pendingPositions(pass, firstRow, this.#earliest)
    /** [column keys][positions] the addresses of a column, the same in all banks */
    const known = new Array<readonly number[] | undefined>(columnKeys)
    return (cluster, bank, page, id) => {
      const addresses = (known[columnKey(page, id)] ??= positions.map(({ oy, ox }) =>
        addressOf(readOf(pass, bank, page, id), pass, oy, ox),
      ))
      const base = wordNumber(this.#machine, cluster, bank, 0)
      let latest = 0
      for (let position = 0; position < positions.length; position++)
        latest = Math.max(latest, written[base + addresses[position]!]! + 1 - positions[position]!.start)
      return latest
    }
  }

  /** The positions at which a pass from cycle `first` begins to read before all words are written. */
  #pendingPositions(
    { patch, stream, rows, columns: range }: ComputeTiming,
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

  #gapOf(pass: ComputeTiming, firstRow: number, first: number, reads: (readonly Read[] | undefined)[]): number {
    const { stream } = pass
    let gap = 0
    for (const { start, oy, ox } of this.#pendingPositions(pass, firstRow, first))
      for (let beat = 0; beat < stream.beats && start + beat <= this.#lastWrite; beat++) {
        reads[beat] ??= this.#readsOf(pass, beat)
        for (const read of reads[beat]!) {
          const word = this.#written[wordNumber(this.#machine, 0, read.bank, addressOf(read, pass, oy, ox))]!
          gap = Math.max(gap, word + 1 - start - beat)
        }
      }
    return gap
  }

  #readsOf(pass: ComputeTiming, beat: number): Read[] {
    const { stream } = pass
    const { clusters, rows, banks } = this.#machine
    const reads: Read[] = []
    for (let cluster = 0; cluster < clusters; cluster++) {
      const at = beat * clusters + cluster
      const page = pageOf(stream.flags[at]!)
      const used = usedBanks(stream, at, rows)
      for (let bank = 0; bank < banks; bank++)
        if (((used >>> bank) & 1) === 1)
          reads.push(readOf(pass, cluster * banks + bank, page, stream.ids[at * banks + bank]!))
    }
    return reads
  }

  #advance({ stream, patch, rows, columns: range, output }: ComputeTiming, firstRow: number, first: number): void {
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
    const places = Array.from({ length: machine.rows }, (_, row) =>
      rowPlanes(machine, { wide: planes - 1, startBank, planeStride }, base, row),
    )
    const from = isSum ? positions - 1 : Math.max(0, positions - 1 - Math.ceil((toLastWrite + 1) / cycles))
    // What the next pass can still collide with lies in the positions whose writes end last.
    for (let position = from; position < positions; position++) {
      const local = isSum
        ? 0
        : rowOfPosition(position, firstRow, columns, patch.height) * patch.width +
          columnOfPosition(position, firstColumn, columns, patch.width)
      for (const [row, planesOfRow] of places.entries()) {
        const cycle = isSum
          ? sumWriteCycle(machine, this.#end, sums, row)
          : writeCycle(machine, first, stream.beats, position, row)
        for (const { cluster, bank, address } of planesOfRow)
          this.#written[wordNumber(machine, cluster, bank, address + local)] = cycle
      }
    }
  }
}

function readOf({ slots, tapBits }: ComputeTiming, bank: number, page: number, id: number): Read {
  const key = columnKey(page, id)
  return { bank, slot: slots[entryOfKey(key, tapBits)]!, tap: tapOfKey(key, tapBits) }
}

const addressOf = ({ slot, tap }: Read, { geometries }: ComputeTiming, oy: number, ox: number): number =>
  slot.base + tapOffset(geometries[slot.geometry]!, tap, oy, ox)
