// Who reads and writes which bytes of DRAM in which cycles; ranges instead of words.
import { regions } from '../../isa/instructions.ts'
import type { CarryReport, Report } from './tracker.ts'

/** Bytes of a region, by its number. */
export interface Range {
  readonly region: number
  readonly start: number
  readonly end: number
}

interface Access extends Range {
  readonly earliest: number
  readonly latest: number
  readonly index: number
}

interface OwnRange extends Range {
  readonly index: number
}

/** Overlaps of STORE and STOREL with LOAD in DRAM. */
export class DramTracker {
  readonly #report: Report
  readonly #carries: CarryReport
  #reads: Access[] = []
  #writes: Access[] = []
  /** what was read before the run wrote it */
  #firstReads: OwnRange[] = []

  /** @param carries told of bytes that the run reads before it first writes them */
  constructor(report: Report, carries: CarryReport) {
    this.#report = report
    this.#carries = carries
  }

  newRun(): void {
    this.#reads = []
    this.#writes = []
    this.#firstReads = []
  }

  /** An instruction takes weights, parameters or a table from DRAM, which decide what a run accesses: from the constants, or the run carries. */
  decide(range: Range, index: number): void {
    if (regions[range.region] !== 'constants' && range.start < range.end) this.#carries(place(range), index, -1)
  }

  read(range: Range, earliest: number, latest: number, index: number): void {
    for (const write of this.#writes) {
      if (!overlap(write, range) || write.latest < earliest) continue
      const cycles = write.latest + 1 - earliest
      this.#report({
        kind: 'read before write',
        word: place(range),
        index,
        other: write.index,
        cycle: earliest,
        cycles,
      })
    }
    this.#reads.push({ ...range, earliest, latest, index })
    const own = this.#writes.reduce<Range[]>((left, write) => left.flatMap((each) => without(each, write)), [range])
    for (const each of own) this.#firstReads.push({ ...each, index })
  }

  write(range: Range, earliest: number, latest: number, index: number): void {
    if (regions[range.region] === 'constants') this.#carries(place(range), index, -1)
    for (const read of this.#firstReads) if (overlap(read, range)) this.#carries(place(read), read.index, index)
    for (const read of this.#reads) {
      if (!overlap(read, range) || read.latest <= earliest) continue
      this.#report({
        kind: 'write before read',
        word: place(range),
        index,
        other: read.index,
        cycle: earliest,
        cycles: read.latest - earliest,
      })
    }
    for (const write of this.#writes) {
      if (!overlap(write, range) || write.latest < earliest) continue
      const cycles = write.latest + 1 - earliest
      this.#report({
        kind: 'write before write',
        word: place(range),
        index,
        other: write.index,
        cycle: earliest,
        cycles,
      })
    }
    this.#writes.push({ ...range, earliest, latest, index })
  }
}

const regionSpan = 2 ** 40
const place = ({ region, start }: Range): number => region * regionSpan + start
const overlap = (a: Range, b: Range): boolean => a.region === b.region && a.start < b.end && b.start < a.end

/** What of a range lies outside of another. */
const without = (range: Range, other: Range): Range[] =>
  overlap(range, other)
    ? [
        { ...range, end: other.start },
        { ...range, start: other.end },
      ].filter(({ start, end }) => start < end)
    : [range]

/** A DRAM place as text. */
export const dramPlace = (word: number): string => `${regions[Math.floor(word / regionSpan)]} byte ${word % regionSpan}`
