// A stream of weight beats: unpacked for computing, and packed as in DRAM.
import { DlpError } from '../../base/error.ts'
import { columnIdBits, flagBits, flagFields, weightBits } from '../model/formats.ts'
import { signedNibble } from '../numerics.ts'
import { beatBytes, selectBits } from '../model/sizes.ts'
import type { Flags } from '../model/formats.ts'
import type { Machine } from '../model/machine.ts'

/** T beats of C clusters, each with U entries, B column ids and flags; index order is beat, cluster, row or bank. */
export interface BeatStream {
  /** T */
  readonly beats: number
  /** [T × C × U] −8 to 7 */
  readonly values: Int8Array
  /** [T × C × U] the bank from which the row takes its operand */
  readonly selects: Uint8Array
  /** [T × C × B] column that the bank reads: slot << tapBits | tap */
  readonly ids: Uint8Array
  /** [T × C] shift, end, keep and page as `flagFields` lays them out */
  readonly flags: Uint8Array
}

/** Bits of a packed flags byte. */
export const flag = { shift: 1, end: 2, keep: 4 } as const
const pageLow = flagFields.shift.bits + flagFields.end.bits + flagFields.keep.bits
const usedFlagBits = pageLow + flagFields.page.bits

/** What is wrong, and what is allowed. */
export interface BrokenLaw {
  readonly what: string
  readonly allowed: string
}

/** One flags byte. */
export const packFlags = ({ shift, end, keep, page }: Flags): number =>
  (shift === 0 ? 0 : flag.shift) | (end === 0 ? 0 : flag.end) | (keep === 0 ? 0 : flag.keep) | (page << pageLow)

/** The flags of a byte. */
export const unpackFlags = (byte: number): Flags => ({
  shift: byte & 1,
  end: (byte >> 1) & 1,
  keep: (byte >> 2) & 1,
  page: (byte >> pageLow) & (2 ** flagFields.page.bits - 1),
})

/** The page of a flags byte. */
export const pageOf = (byte: number): number => (byte >> pageLow) & (2 ** flagFields.page.bits - 1)

/** A stream of so many empty beats. */
export function emptyBeats(beats: number, machine: Machine): BeatStream {
  const { clusters, rows, banks } = machine
  return {
    beats,
    values: new Int8Array(beats * clusters * rows),
    selects: new Uint8Array(beats * clusters * rows),
    ids: new Uint8Array(beats * clusters * banks),
    flags: new Uint8Array(beats * clusters),
  }
}

/** The banks from which any row takes an operand at an index (beat · clusters + cluster) of a stream, a bit each. */
export function usedBanks({ values, selects }: BeatStream, at: number, rows: number): number {
  let used = 0
  for (let entry = at * rows; entry < (at + 1) * rows; entry++) if (values[entry] !== 0) used |= 1 << selects[entry]!
  return used
}

/** Streams one after the other. */
export function joinBeats(streams: readonly BeatStream[], machine: Machine): BeatStream {
  const joined = emptyBeats(
    streams.reduce((sum, stream) => sum + stream.beats, 0),
    machine,
  )
  const { clusters, rows, banks } = machine
  let beat = 0
  for (const stream of streams) {
    joined.values.set(stream.values, beat * clusters * rows)
    joined.selects.set(stream.selects, beat * clusters * rows)
    joined.ids.set(stream.ids, beat * clusters * banks)
    joined.flags.set(stream.flags, beat * clusters)
    beat += stream.beats
  }
  return joined
}

/** Beats `first` to `end` of a stream, without copying. */
export function sliceBeats(stream: BeatStream, first: number, end: number, machine: Machine): BeatStream {
  const { clusters, rows, banks } = machine
  return {
    beats: end - first,
    values: stream.values.subarray(first * clusters * rows, end * clusters * rows),
    selects: stream.selects.subarray(first * clusters * rows, end * clusters * rows),
    ids: stream.ids.subarray(first * clusters * banks, end * clusters * banks),
    flags: stream.flags.subarray(first * clusters, end * clusters),
  }
}

/**
 * The bytes of a stream in DRAM: `beatBytes` per beat, cluster 0 lowest, bit by bit contiguous, zeros up to the next AXI beat.
 * @throws RangeError if the stream does not fit the machine: an error of the caller.
 */
export function packBeats(stream: BeatStream, machine: Machine): Uint8Array {
  checkShape(stream, machine)
  const { clusters, rows, banks } = machine
  const { values, selects, ids, flags } = stream
  const size = beatBytes(machine)
  const entryBits = weightBits + selectBits(machine)
  const bytes = new Uint8Array(stream.beats * size)
  let entry = 0
  let id = 0
  for (let beat = 0; beat < stream.beats; beat++) {
    let at = beat * size
    let held = 0
    let word = 0
    for (let cluster = 0; cluster < clusters; cluster++) {
      for (let row = 0; row < rows; row++, entry++) {
        const value = values[entry]!
        const select = selects[entry]!
        if (value !== signedNibble(value & 15) || select >= banks)
          throw new RangeError(`beat ${beat}, cluster ${cluster}, row ${row}: value ${value} of bank ${select}`)
        word |= ((value & 15) | (select << weightBits)) << held
        for (held += entryBits; held >= 8; held -= 8, word >>>= 8) bytes[at++] = word
      }
      for (let bank = 0; bank < banks; bank++, word >>>= 8) {
        word |= ids[id++]! << held
        bytes[at++] = word
      }
      word |= flags[beat * clusters + cluster]! << held
      bytes[at++] = word
      word >>>= 8
    }
    if (held > 0) bytes[at] = word
  }
  return bytes
}

/**
 * Reads a stream from its bytes in DRAM.
 * @param bytes exactly `beats` × `beatBytes`
 * @throws DlpError when a reserved bit is set, a row selects a bank that does not exist, `keep` stands without `end`, or clusters
 * disagree on `end` or `keep`.
 */
export function unpackBeats(bytes: Uint8Array, beats: number, machine: Machine, where = 'weights'): BeatStream {
  const size = beatBytes(machine)
  if (!Number.isSafeInteger(beats) || beats < 0 || bytes.length !== beats * size)
    throw new DlpError({ what: `${bytes.length} bytes`, where, allowed: `${beats} beats of ${size} bytes` })
  const { clusters, rows, banks } = machine
  const bankBits = selectBits(machine)
  const entryBits = weightBits + bankBits
  const entryMask = 2 ** entryBits - 1
  const stream = emptyBeats(beats, machine)
  const { values, selects, ids, flags } = stream
  let entry = 0
  let id = 0
  for (let beat = 0; beat < beats; beat++) {
    let at = beat * size
    let held = 0
    let word = 0
    for (let cluster = 0; cluster < clusters; cluster++) {
      let greatest = 0
      for (let row = 0; row < rows; row++, entry++) {
        for (; held < entryBits; held += 8) word |= bytes[at++]! << held
        const select = (word & entryMask) >> weightBits
        values[entry] = signedNibble(word & 15)
        selects[entry] = select
        if (select > greatest) greatest = select
        word >>>= entryBits
        held -= entryBits
      }
      if (greatest >= banks) refuse(where, beat, `cluster ${cluster} selects bank ${greatest}`, `banks below ${banks}`)
      for (let bank = 0; bank < banks; bank++, word >>>= columnIdBits) {
        word |= bytes[at++]! << held
        ids[id++] = word
      }
      word |= bytes[at++]! << held
      flags[beat * clusters + cluster] = word
      word = (word >>> flagBits) & (2 ** held - 1)
    }
    const broken = brokenFlagLaw(flags, beat, clusters)
    if (broken !== undefined) refuse(where, beat, broken.what, broken.allowed)
    for (; at < (beat + 1) * size; at++) word |= bytes[at]!
    if (word !== 0) refuse(where, beat, 'a bit above the last cluster is set', 'zeros')
  }
  return stream
}

/**
 * The first law that the flags of a beat break; undefined where they keep all.
 * @param flags [beats × clusters]
 */
export function brokenFlagLaw(flags: ArrayLike<number>, beat: number, clusters: number): BrokenLaw | undefined {
  const first = flags[beat * clusters]!
  for (let cluster = 0; cluster < clusters; cluster++) {
    const own = flags[beat * clusters + cluster]!
    if (own >> usedFlagBits !== 0) return { what: `cluster ${cluster} sets a reserved flag`, allowed: 'zeros' }
    if ((own & flag.keep) !== 0 && (own & flag.end) === 0)
      return { what: `cluster ${cluster} has keep without end`, allowed: 'keep only with end' }
    if (((own ^ first) & (flag.end | flag.keep)) !== 0)
      return { what: `clusters 0 and ${cluster} disagree on end or keep`, allowed: 'the same in all clusters' }
  }
  return undefined
}

function refuse(where: string, beat: number, what: string, allowed: string): never {
  throw new DlpError({ what, where: `${where}, beat ${beat}`, allowed })
}

function checkShape({ beats, values, selects, ids, flags }: BeatStream, machine: Machine): void {
  const perCluster = beats * machine.clusters
  if (
    values.length !== perCluster * machine.rows ||
    selects.length !== values.length ||
    ids.length !== perCluster * machine.banks ||
    flags.length !== perCluster
  )
    throw new RangeError(`a stream of ${beats} beats does not fit machine '${machine.name}'`)
}
