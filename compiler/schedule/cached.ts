// The row groups of a layer as a cache keeps them: their beats, and what a report says of them.
import { cached, type CompileCache, digestOfWeights, keyOf } from '../cache.ts'
import type { LinearSource } from '../graph/integer.ts'
import type { LayerColumns } from '../lower/columns.ts'
import type { Machine } from '../../isa/machine.ts'
import { emptyBeats } from '../../isa/weights/beats.ts'
import type { GroupSchedule } from './group.ts'
import { ColumnIndex, provenBound } from './serves.ts'

/** All on which the schedules of a layer depend. */
export interface ScheduledRows {
  readonly sources: readonly LinearSource[]
  readonly columns: LayerColumns
  readonly machine: Machine
  /** of the first row group */
  readonly seed: number
  readonly groups: number
}

/**
 * The schedules of a layer's row groups, out of the cache or made and stored. What comes out of the cache is proven against the weights:
 * a damaged entry costs time and nothing else.
 */
export function cachedGroups(
  cache: CompileCache,
  rows: ScheduledRows,
  make: () => readonly GroupSchedule[],
): { readonly value: readonly GroupSchedule[]; readonly found: boolean } {
  return cached(cache, keyOfRows(rows), { read: (content) => readGroups(content, rows), make, write: writeGroups })
}

function keyOfRows({ sources, columns, machine, seed, groups }: ScheduledRows): string {
  const { first, planes, page, id, signed, locations } = columns
  const places = locations.flatMap((list) => [list.length, ...list.flatMap(({ cluster, banks }) => [cluster, banks])])
  const facts = JSON.stringify({ machine, seed, groups, planes, weights: sources.map(({ weights }) => digestOfWeights(weights)) }) // prettier-ignore
  return keyOf('schedules of a layer', facts, ...first, page, id, signed, Uint32Array.from(places))
}

/** Numbers before the beats: of each group its beats, their bound and its phases. */
const factsPerGroup = 3

function writeGroups(groups: readonly GroupSchedule[]): Uint8Array {
  const facts = groups.flatMap(({ stream, boundBeats, phases }) => [stream.beats, boundBeats, phases])
  const streams = groups.flatMap(({ stream: { values, selects, ids, flags } }) => [values, selects, ids, flags])
  return Buffer.concat([Int32Array.from(facts), ...streams].map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))) // prettier-ignore
}

/** The groups, if every one of them serves its rows. */
function readGroups(content: Uint8Array, rows: ScheduledRows): readonly GroupSchedule[] | undefined {
  const { sources, columns, machine, groups: count } = rows
  let at = count * factsPerGroup * Int32Array.BYTES_PER_ELEMENT
  if (content.length < at) return undefined
  const facts = new Int32Array(content.slice(0, at).buffer)
  const index = new ColumnIndex(columns, machine)
  const groups: GroupSchedule[] = []
  for (let group = 0; group < count; group++) {
    const [beats, boundBeats, phases] = facts.subarray(group * factsPerGroup, (group + 1) * factsPerGroup)
    if (!isCount(beats!, content.length) || !isCount(boundBeats!, beats!) || !isCount(phases!, beats!)) return undefined
    const stream = emptyBeats(beats!, machine)
    for (const part of [stream.values, stream.selects, stream.ids, stream.flags]) {
      if (at + part.length > content.length) return undefined
      part.set(content.subarray(at, at + part.length))
      at += part.length
    }
    const overflowBound = provenBound(stream, sources, columns, index, group * machine.rows, machine)
    if (overflowBound === undefined) return undefined
    groups.push({ stream, boundBeats: boundBeats!, phases: phases!, overflowBound, reused: false })
  }
  return at === content.length ? groups : undefined
}

const isCount = (value: number, most: number): boolean => value >= 0 && value <= most
