// The order of a pass's beats: what the pass before writes last is read late. Sums of a phase commute, so that its beats may come in any order.
import type { Machine } from '../../isa/model/machine.ts'
import { type BeatStream, pageOf, usedBanks } from '../../isa/weights/beats.ts'
import { type LateSegment, rematchLateSegments, type Release } from './rematch.ts'
import { copyBeat, type PhaseSegment, phaseSegmentsOf, pageSegmentsOf } from './segments.ts'

/** A pass whose beats may change places. */
export class BeatOrder {
  readonly #stream: BeatStream
  readonly #machine: Machine
  readonly #pieces: readonly PhaseSegment[]
  /** [T × C] banks from which a row takes, a bit each; only in the pieces */
  readonly #used: Uint32Array

  /** @param before the first beat that sees everything: pieces from there on stay as they are */
  constructor(stream: BeatStream, machine: Machine, before: number) {
    const { rows, clusters } = machine
    this.#stream = stream
    this.#machine = machine
    this.#pieces = phaseSegmentsOf(stream, machine, before)
    this.#used = new Uint32Array(stream.beats * clusters)
    for (const { cluster, start, end } of this.#pieces)
      for (let at = start * clusters + cluster; at < end * clusters; at += clusters)
        this.#used[at] = usedBanks(stream, at, rows)
  }

  /** The cycles that the pass waits at least if only whole beats change places. */
  wait(release: Release): number {
    return Math.max(0, ...this.#pieces.map((piece) => waitOf(piece, this.#releases(piece, release))))
  }

  /** The beats in an order in which the pass waits as long as that, or less where single reads change places as well. */
  ordered(release: Release): BeatStream {
    const machine = this.#machine
    const { beats, values, selects, ids, flags } = this.#stream
    const stream = { beats, values: values.slice(), selects: selects.slice(), ids: ids.slice(), flags: flags.slice() }
    const late: LateSegment[] = []
    for (const piece of this.#pieces) {
      const releases = this.#releases(piece, release)
      const place = (beat: number): number => (piece.start + beat) * machine.clusters + piece.cluster
      inOrder(releases).forEach((from, to) => copyBeat(this.#stream, place(from), stream, place(to), machine))
      if (waitOf(piece, releases) > 0) late.push(...lateRuns(stream, machine, piece, releases.sort()))
    }
    rematchLateSegments(stream, machine, late, release)
    return stream
  }

  /** The releases of all reads of the beats that may change places. */
  releasesOfReads(release: Release): Int32Array {
    const { clusters, banks } = this.#machine
    const { ids, flags } = this.#stream
    const releases: number[] = []
    for (const { cluster, start, end } of this.#pieces)
      for (let at = start * clusters + cluster; at < end * clusters; at += clusters)
        for (let bank = 0; bank < banks; bank++)
          if (((this.#used[at]! >>> bank) & 1) === 1)
            releases.push(release(cluster, bank, pageOf(flags[at]!), ids[at * banks + bank]!))
    return Int32Array.from(releases)
  }

  /** [beats of the piece] the first beat that sees all that a beat reads */
  #releases({ cluster, start, end }: PhaseSegment, release: Release): Int32Array {
    const { clusters, banks } = this.#machine
    const { ids, flags } = this.#stream
    const releases = new Int32Array(end - start)
    for (let beat = start; beat < end; beat++) {
      const at = beat * clusters + cluster
      const used = this.#used[at]!
      const page = pageOf(flags[at]!)
      let latest = 0
      for (let bank = 0; bank < banks; bank++)
        if (((used >>> bank) & 1) === 1)
          latest = Math.max(latest, release(cluster, bank, page, ids[at * banks + bank]!))
      releases[beat - start] = latest
    }
    return releases
  }
}

/** Beats in the order of their releases. */
const inOrder = (releases: Int32Array): number[] =>
  Array.from(releases.keys()).sort((a, b) => releases[a]! - releases[b]! || a - b)

/** The cycles that a piece waits at least for its beats: those released last come last. */
const waitOf = ({ start }: PhaseSegment, releases: Int32Array): number =>
  releases.toSorted().reduce((wait, release, beat) => Math.max(wait, release - start - beat), 0)

/** The runs of a piece that wait. @param releases of its beats, in order */
const lateRuns = (stream: BeatStream, machine: Machine, piece: PhaseSegment, releases: Int32Array): LateSegment[] =>
  pageSegmentsOf(stream, machine, piece)
    .map((run) => ({
      run,
      wait: run.beats.reduce((wait, beat) => Math.max(wait, releases[beat - piece.start]! - beat), 0),
    }))
    .filter(({ wait }) => wait > 0)
