// The cache of schedules: the beats of a layer's row groups, with the figures that reports state.
import { elements } from '../../base/defined.ts'
import { cached, type CompileCache, digestOfWeights, keyOf, lookUp, store } from '../cache.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { type BeatStream, emptyBeats } from '../../isa/weights/beats.ts'
import type { Location } from '../placement/storage.ts'
import type { GroupSchedule } from './group.ts'
import type { LayerJob } from './layer.ts'
import { ColumnIndex, verifyStream } from './verify-stream.ts'

/**
 * The schedules of a job's row groups, if the cache has them. They are verified against the weights, so a damaged entry costs only time.
 */
export function knownGroups(cache: CompileCache, job: LayerJob): readonly GroupSchedule[] | undefined {
  return lookUp(cache, keyOfJob(job), (content) => readGroups(content, job))
}

/** Stores them for later compilations. */
export function storeGroups(cache: CompileCache, job: LayerJob, groups: readonly GroupSchedule[]): void {
  store(cache, keyOfJob(job), writeGroups(groups))
}

/** A stream whose beats are to be ordered, and all that the order depends on. */
export interface OrderJob {
  readonly stream: BeatStream
  readonly machine: Machine
  /** releases of all reads of the beats that may be reordered */
  readonly releases: Int32Array
  /** only phase segments that begin before this beat are reordered */
  readonly before: number
  /** whether a stream computes what this one does */
  readonly isSame: (stream: BeatStream) => boolean
}

/** The stream in its new order, from the cache or made and stored; a cached one is verified. */
export function orderedStream(cache: CompileCache, job: OrderJob, make: () => BeatStream): BeatStream {
  const { stream: given, machine, releases, before, isSame } = job
  const { values, selects, ids, flags } = given
  const key = keyOf('order of beats', JSON.stringify({ machine, before }), values, selects, ids, flags, releases)
  const read = (content: Uint8Array): BeatStream | undefined => {
    const found = streamAt(content, 0, given.beats, machine)
    return found?.end === content.length && isSame(found.stream) ? found.stream : undefined
  }
  return cached(cache, key, { make, read, write: bytesOf })
}

function keyOfJob({ sources, columns, machine, seed, groups }: LayerJob): string {
  const { first, planes, page, id, signed, locations } = columns
  // The taps of a channel share their locations, so each list is written once, with the list's number for every column.
  const lists = new Map<readonly Location[], number>()
  const own = Uint32Array.from(locations, (list) => {
    const known = lists.get(list)
    if (known !== undefined) return known
    const number = lists.size
    lists.set(list, number)
    return number
  })
  const locationFacts = [...lists.keys()].flatMap((list) => [
    list.length,
    ...list.flatMap(({ cluster, banks }) => [cluster, banks]),
  ])
  const facts = JSON.stringify({
    machine,
    seed,
    groups,
    planes,
    weights: sources.map(({ weights }) => digestOfWeights(weights)),
  })
  return keyOf('schedules of a layer', facts, ...first, page, id, signed, own, Uint32Array.from(locationFacts))
}

/** Numbers of each group before the beats: beats, their lower bound, and phases. */
const factsPerGroup = 3

function writeGroups(groups: readonly GroupSchedule[]): Uint8Array {
  const facts = Int32Array.from(
    groups.flatMap(({ stream, boundBeats, phaseCount }) => [stream.beats, boundBeats, phaseCount]),
  )
  return Buffer.concat([new Uint8Array(facts.buffer), ...groups.map(({ stream }) => bytesOf(stream))])
}

/** The arrays of a stream, one after the other. */
function bytesOf({ values, selects, ids, flags }: BeatStream): Uint8Array {
  return Buffer.concat(
    [values, selects, ids, flags].map(({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer, byteOffset, byteLength),
    ),
  )
}

/** A stream of so many beats, and where it ends; undefined if the content is too short. */
function streamAt(
  content: Uint8Array,
  first: number,
  beats: number,
  machine: Machine,
): { stream: BeatStream; end: number } | undefined {
  const stream = emptyBeats(beats, machine)
  let end = first
  for (const part of [stream.values, stream.selects, stream.ids, stream.flags]) {
    if (end + part.length > content.length) return undefined
    part.set(content.subarray(end, end + part.length))
    end += part.length
  }
  return { stream, end }
}

/** The groups, if each of them computes its rows. */
function readGroups(content: Uint8Array, job: LayerJob): readonly GroupSchedule[] | undefined {
  const { sources, columns, machine, groups: count } = job
  let at = count * factsPerGroup * Int32Array.BYTES_PER_ELEMENT
  if (content.length < at) return undefined
  const facts = new Int32Array(content.slice(0, at).buffer)
  const index = new ColumnIndex(columns, machine)
  const groups: GroupSchedule[] = []
  for (let group = 0; group < count; group++) {
    const [beats, boundBeats, phaseCount] = elements(
      facts.subarray(group * factsPerGroup, (group + 1) * factsPerGroup),
      3,
    )
    if (!isCount(beats, content.length) || !isCount(boundBeats, beats) || !isCount(phaseCount, beats)) return undefined
    const read = streamAt(content, at, beats, machine)
    if (read === undefined) return undefined
    const { stream } = read
    at = read.end
    const overflowBound = verifyStream(stream, sources, columns, index, group * machine.rows, machine)
    if (overflowBound === undefined) return undefined
    groups.push({ stream, boundBeats, phaseCount, overflowBound, reused: false })
  }
  return at === content.length ? groups : undefined
}

const isCount = (value: number, most: number): boolean => value >= 0 && value <= most
