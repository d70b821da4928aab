// Which instruction reads and writes which bytes of DRAM in which cycles; ranges instead of words.
import { regions } from '../../isa/instructions.ts'
import type { OnConflict, OnReadFirst } from './tracker.ts'

/** Bytes of a region, by its number. */
export interface ByteRange {
  readonly region: number
  readonly start: number
  readonly end: number
}

/** A range that an instruction reads or writes, and when. */
interface TimedAccess extends ByteRange {
  readonly earliest: number
  readonly latest: number
  readonly index: number
}

interface RangeRead extends ByteRange {
  readonly index: number
}

/** Overlaps of STORE and STOREL with LOAD in DRAM. */
export class DramTracker {
  readonly #onConflict: OnConflict
  readonly #onReadFirst: OnReadFirst
  #reads: TimedAccess[] = []
  #writes: TimedAccess[] = []
  /** what was read before the run wrote it */
  #firstReads: RangeRead[] = []

  constructor(onConflict: OnConflict, onReadFirst: OnReadFirst) {
    this.#onConflict = onConflict
    this.#onReadFirst = onReadFirst
  }

  newRun(): void {
    this.#reads = []
    this.#writes = []
    this.#firstReads = []
  }

  /**
   * An instruction loads weights, parameters or a table. They determine which words a run accesses, so a run that loads them from another region than
   * the constants depends on earlier runs.
   */
  readControl(range: ByteRange, index: number): void {
    if (regions[range.region] !== 'constants' && range.start < range.end) this.#onReadFirst(wordOf(range), index, -1)
  }

  read(range: ByteRange, earliest: number, latest: number, index: number): void {
    for (const write of this.#writes) {
      if (!overlap(write, range) || write.latest < earliest) continue
      const cycles = write.latest + 1 - earliest
      this.#onConflict({
        kind: 'read before write',
        word: wordOf(range),
        index,
        other: write.index,
        cycle: earliest,
        cycles,
      })
    }
    this.#reads.push({ ...range, earliest, latest, index })
    const unwritten = this.#writes.reduce<ByteRange[]>(
      (left, write) => left.flatMap((each) => without(each, write)),
      [range],
    )
    for (const each of unwritten) this.#firstReads.push({ ...each, index })
  }

  write(range: ByteRange, earliest: number, latest: number, index: number): void {
    if (regions[range.region] === 'constants') this.#onReadFirst(wordOf(range), index, -1)
    for (const read of this.#firstReads) if (overlap(read, range)) this.#onReadFirst(wordOf(read), read.index, index)
    for (const read of this.#reads) {
      if (!overlap(read, range) || read.latest <= earliest) continue
      this.#onConflict({
        kind: 'write before read',
        word: wordOf(range),
        index,
        other: read.index,
        cycle: earliest,
        cycles: read.latest - earliest,
      })
    }
    for (const write of this.#writes) {
      if (!overlap(write, range) || write.latest < earliest) continue
      const cycles = write.latest + 1 - earliest
      this.#onConflict({
        kind: 'write before write',
        word: wordOf(range),
        index,
        other: write.index,
        cycle: earliest,
        cycles,
      })
    }
    this.#writes.push({ ...range, earliest, latest, index })
  }
}

/** More bytes than any region has. */
const regionSpan = 2 ** 40
/** Region and first byte of a range as one number. */
const wordOf = ({ region, start }: ByteRange): number => region * regionSpan + start
const overlap = (a: ByteRange, b: ByteRange): boolean => a.region === b.region && a.start < b.end && b.start < a.end

/** The parts of a range that lie outside of another. */
const without = (range: ByteRange, other: ByteRange): ByteRange[] =>
  overlap(range, other)
    ? [
        { ...range, end: other.start },
        { ...range, start: other.end },
      ].filter(({ start, end }) => start < end)
    : [range]

/** A number of `wordOf` as text. */
export const dramLocation = (word: number): string =>
  `${regions[Math.floor(word / regionSpan)]} byte ${word % regionSpan}`
