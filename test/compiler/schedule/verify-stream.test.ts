// A stream of beats is verified if it computes its rows, and only then.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { layColumns, type LayerColumns } from '../../../compiler/lower/columns.ts'
import { orThrow } from '../../../compiler/refusal.ts'
import type { LinearSource } from '../../../compiler/graph/integer.ts'
import { loadPeriod, type PlacedMap } from '../../../compiler/placement/storage.ts'
import { lowerGroup } from '../../../compiler/lower/rows.ts'
import { scheduleGroup } from '../../../compiler/schedule/group.ts'
import { ColumnIndex, verifyStream } from '../../../compiler/schedule/verify-stream.ts'
import { machines, slotChannels } from '../../../isa/model/machine.ts'
import { random } from '../../../base/random.ts'
import type { BeatStream } from '../../../isa/weights/beats.ts'

const machine = machines.tiny

/** A map of so many channels, 4 or 8 bits a code, with replicas if it fits one slot. */
function placed(channels: number, bits: 4 | 8, signed: boolean): PlacedMap {
  const map = { name: 'map', channels, height: 4, width: 4, format: { bits, signed }, zeroPoint: 0, scale: 1 }
  const patch = { height: 2, width: 2 }
  const slots = Math.ceil(channels / slotChannels(machine))
  const period = slots > 1 ? slots * slotChannels(machine) : loadPeriod(channels, machine)
  return { map, patch, planeStride: 4, planes: bits / 4, slots, period, startBank: 1, base: 0 }
}

interface Case {
  readonly sources: readonly LinearSource[]
  readonly columns: LayerColumns
  readonly index: ColumnIndex
  readonly stream: BeatStream
  readonly overflowBound: number
}

function caseOf(seed: number, bits: 4 | 8, signed: boolean, channels: number, greatest: number): Case {
  const uniform = random(seed)
  const [rows, taps] = [machine.rows, 9]
  const list = Array.from({ length: rows }, () =>
    Array.from({ length: channels * taps }, (_, column) => column).filter(() => uniform() < 0.3),
  )
  const value = list.flat().map(() => Math.floor(uniform() * 2 * greatest) - greatest || 1)
  const rowStart = Int32Array.from([0, ...list.map((_, row) => list.slice(0, row + 1).flat().length)])
  const weights = {
    rows,
    columns: channels * taps,
    rowStart,
    column: Int32Array.from(list.flat()),
    value: Int32Array.from(value),
  }
  const shape = { kernel: [3, 3], stride: [1, 1], pads: [1, 1], dilation: [1, 1] } as const
  const sources: LinearSource[] = [{ map: 'map', role: 'main', ...shape, weights }]
  const maps = new Map([['map', placed(channels, bits, signed)]])
  const columns = orThrow(layColumns('layer', sources, maps, machine))
  const { stream, overflowBound } = scheduleGroup(
    orThrow(lowerGroup('layer', sources, columns, 0, machine)),
    machine,
    1,
  )
  return { sources, columns, index: new ColumnIndex(columns, machine), stream, overflowBound }
}

const drawnCase = fc
  .tuple(
    fc.integer(),
    fc.constantFrom(4 as const, 8 as const),
    fc.boolean(),
    fc.integer({ min: 1, max: 16 }),
    fc.constantFrom(7, 119),
  )
  .map((facts) => caseOf(...facts))

const proofOf = ({ sources, columns, index, stream }: Case): number | undefined =>
  verifyStream(stream, sources, columns, index, 0, machine)

test('a stream of the scheduler is verified, with the same bound that lowering proves', () => {
  fc.assert(
    fc.property(drawnCase, (made) => {
      expect(proofOf(made)).toBe(made.overflowBound)
    }),
    { numRuns: 60 },
  )
})

test('a changed value, bank or id, and a changed end are found', () => {
  const change = fc.record({
    part: fc.constantFrom('values', 'selects', 'ids', 'flags' as const),
    at: fc.nat(),
    by: fc.integer({ min: 1, max: 7 }),
  })
  fc.assert(
    fc.property(drawnCase, change, (made, { part, at, by }) => {
      const { values, selects, ids, flags } = made.stream
      const copy = {
        beats: made.stream.beats,
        values: values.slice(),
        selects: selects.slice(),
        ids: ids.slice(),
        flags: flags.slice(),
      }
      const own = copy[part]
      // Of the flags only `end`, since the page has no effect if no row takes an operand.
      own[at % own.length]! ^= part === 'flags' ? 2 : by
      expect(proofOf({ ...made, stream: copy })).toBeUndefined()
    }),
    { numRuns: 200 },
  )
})
