// The order of a COMPUTE's beats: what the COMPUTE before writes last is read late. Products of a phase may be added in any order, so its beats may come
// in any order.
import type { Machine } from '../../isa/model/machine.ts'
import { type BeatStream, pageOf, usedBanks } from '../../isa/weights/beats.ts'
import { type LateSegment, rematchLateSegments, type Release } from './rematch.ts'
import { copyBeat, type PhaseSegment, phaseSegmentsOf, pageSegmentsOf } from './segments.ts'

/** The beats of a COMPUTE, of which those within a phase segment may be reordered. */
export class BeatOrder {
  readonly #stream: BeatStream
  readonly #machine: Machine
  readonly #segments: readonly PhaseSegment[]
  /** [T × C] banks from which any row takes an operand, a bit each; only within the segments */
  readonly #used: Uint32Array

  /** @param before the first beat at which all words are written: segments from there on stay as they are */
  constructor(stream: BeatStream, machine: Machine, before: number) {
    const { rows, clusters } = machine
    this.#stream = stream
    this.#machine = machine
    this.#segments = phaseSegmentsOf(stream, machine, before)
    this.#used = new Uint32Array(stream.beats * clusters)
    for (const { cluster, start, end } of this.#segments)
      for (let at = start * clusters + cluster; at < end * clusters; at += clusters)
        this.#used[at] = usedBanks(stream, at, rows)
  }

  /** The fewest cycles that the COMPUTE waits if only whole beats are reordered. */
  wait(release: Release): number {
    return Math.max(0, ...this.#segments.map((segment) => waitOf(segment, this.#releases(segment, release))))
  }

  /** The beats in an order with which the COMPUTE waits as long as that, or less if late segments can be scheduled again. */
  ordered(release: Release): BeatStream {
    const machine = this.#machine
    const { beats, values, selects, ids, flags } = this.#stream
    const stream = { beats, values: values.slice(), selects: selects.slice(), ids: ids.slice(), flags: flags.slice() }
    const late: LateSegment[] = []
    for (const segment of this.#segments) {
      const releases = this.#releases(segment, release)
      const indexOf = (beat: number): number => (segment.start + beat) * machine.clusters + segment.cluster
      inOrder(releases).forEach((from, to) => copyBeat(this.#stream, indexOf(from), stream, indexOf(to), machine))
      if (waitOf(segment, releases) > 0) late.push(...lateSegments(stream, machine, segment, releases.sort()))
    }
    rematchLateSegments(stream, machine, late, release)
    return stream
  }

  /** The releases of all reads of the beats that may be reordered. */
  releasesOfReads(release: Release): Int32Array {
    const { clusters, banks } = this.#machine
    const { ids, flags } = this.#stream
    const releases: number[] = []
    for (const { cluster, start, end } of this.#segments)
      for (let at = start * clusters + cluster; at < end * clusters; at += clusters)
        for (let bank = 0; bank < banks; bank++)
          if (((this.#used[at]! >>> bank) & 1) === 1)
            releases.push(release(cluster, bank, pageOf(flags[at]!), ids[at * banks + bank]!))
    return Int32Array.from(releases)
  }

  /** [beats of the segment] the latest release of all that the beat reads */
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

/** Beats in order of their releases. */
const inOrder = (releases: Int32Array): number[] =>
  Array.from(releases.keys()).sort((a, b) => releases[a]! - releases[b]! || a - b)

/** The fewest cycles that a phase segment waits for its beats: with the latest releases last. */
const waitOf = ({ start }: PhaseSegment, releases: Int32Array): number =>
  releases.toSorted().reduce((wait, release, beat) => Math.max(wait, release - start - beat), 0)

/** The page segments of a phase segment that wait. @param releases of its beats, in order */
const lateSegments = (
  stream: BeatStream,
  machine: Machine,
  segment: PhaseSegment,
  releases: Int32Array,
): LateSegment[] =>
  pageSegmentsOf(stream, machine, segment)
    .map((pageSegment) => ({
      segment: pageSegment,
      wait: pageSegment.beats.reduce((wait, beat) => Math.max(wait, releases[beat - segment.start]! - beat), 0),
    }))
    .filter(({ wait }) => wait > 0)
