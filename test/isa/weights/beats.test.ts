// Beats as bits: packing and unpacking undo each other, and damage is refused.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DlpError } from '../../../base/error.ts'
import { beatBytes, clusterBeatBits, selectBits } from '../../../isa/model/sizes.ts'
import { machines } from '../../../isa/model/machine.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import { random } from '../../../base/random.ts'
import type { BeatStream } from '../../../isa/weights/beats.ts'
import {
  emptyBeats,
  joinBeats,
  packBeats,
  packFlags,
  sliceBeats,
  unpackBeats,
  unpackFlags,
} from '../../../isa/weights/beats.ts'
import { arbitraryMachine } from '../arbitrary-machine.ts'

function randomStream(beats: number, machine: Machine, seed: number): BeatStream {
  const draw = random(seed)
  const stream = emptyBeats(beats, machine)
  stream.values.forEach((_, index) => (stream.values[index] = Math.floor(draw() * 16) - 8))
  stream.selects.forEach((_, index) => (stream.selects[index] = Math.floor(draw() * machine.banks)))
  stream.ids.forEach((_, index) => (stream.ids[index] = Math.floor(draw() * 256)))
  for (let beat = 0; beat < beats; beat++) {
    const end = draw() < 0.3 ? 1 : 0
    const keep = end === 1 && draw() < 0.5 ? 1 : 0
    for (let cluster = 0; cluster < machine.clusters; cluster++)
      stream.flags[beat * machine.clusters + cluster] = packFlags({
        shift: draw() < 0.5 ? 1 : 0,
        end,
        keep,
        page: Math.floor(draw() * 8),
      })
  }
  return stream
}

/** The bit layout word for word: slow, and written from the table alone. */
function bitAt({ values, selects, ids, flags }: BeatStream, machine: Machine, beat: number, bit: number): number {
  const perCluster = clusterBeatBits(machine)
  const at = beat * machine.clusters + Math.floor(bit / perCluster)
  if (at >= (beat + 1) * machine.clusters) return 0
  const own = bit % perCluster
  const width = 4 + selectBits(machine)
  const row = Math.floor(own / width)
  if (row < machine.rows) {
    const inside = own % width
    return inside < 4
      ? ((values[at * machine.rows + row]! & 15) >> inside) & 1
      : (selects[at * machine.rows + row]! >> (inside - 4)) & 1
  }
  const rest = own - machine.rows * width
  const bank = Math.floor(rest / 8)
  return ((bank < machine.banks ? ids[at * machine.banks + bank]! : flags[at]!) >> (rest % 8)) & 1
}

describe('packed beats', () => {
  test('unpack to what was packed', () => {
    fc.assert(
      fc.property(arbitraryMachine, fc.integer({ min: 0, max: 20 }), fc.integer(), (machine, beats, seed) => {
        const stream = randomStream(beats, machine, seed)
        expect(unpackBeats(packBeats(stream, machine), beats, machine)).toEqual(stream)
      }),
    )
  })

  test('hold every bit where the format defines it', () => {
    fc.assert(
      fc.property(arbitraryMachine, fc.integer(), (machine, seed) => {
        const stream = randomStream(3, machine, seed)
        const bytes = packBeats(stream, machine)
        const size = beatBytes(machine)
        for (let beat = 0; beat < 3; beat++)
          for (let bit = 0; bit < size * 8; bit++)
            if (((bytes[beat * size + (bit >> 3)]! >> (bit & 7)) & 1) !== bitAt(stream, machine, beat, bit))
              expect.fail(`beat ${beat}, bit ${bit} of ${size * 8}`)
      }),
      { numRuns: 30 },
    )
  })

  test('have the sizes of the named machines', () => {
    expect(Object.values(machines).map((machine) => [clusterBeatBits(machine), beatBytes(machine)])).toEqual([
      [88, 24],
      [184, 48],
      [648, 384],
    ])
  })

  test('join and slice undo each other', () => {
    const machine = machines.tiny
    const streams = [randomStream(3, machine, 1), randomStream(5, machine, 2)]
    const joined = joinBeats(streams, machine)
    expect(sliceBeats(joined, 0, 3, machine)).toEqual(streams[0])
    expect(sliceBeats(joined, 3, 8, machine)).toEqual(streams[1])
  })

  test('flags pack into one byte and unpack', () => {
    for (let byte = 0; byte < 64; byte++) expect(packFlags(unpackFlags(byte))).toBe(byte)
  })
})

describe('damaged beats are refused', () => {
  const machine: Machine = { ...machines.tiny, banks: 6, clusters: 2, rows: 12 }
  const perCluster = clusterBeatBits(machine)
  const flip = (bit: number, of = packBeats(emptyBeats(1, machine), machine)): Uint8Array => {
    of[bit >> 3]! ^= 1 << (bit & 7)
    return of
  }
  const read = (bytes: Uint8Array) => () => unpackBeats(bytes, 1, machine, 'w')

  test.each([
    ['a reserved flag', [perCluster - 1], 'reserved flag'],
    ['padding', [2 * perCluster], 'above the last cluster'],
    ['the last bit', [beatBytes(machine) * 8 - 1], 'above the last cluster'],
    ['a bank that does not exist', [5, 6], 'selects bank 6'],
    ['an end of one cluster', [perCluster - 7], 'disagree'],
    ['keep without end', [perCluster - 6, 2 * perCluster - 6], 'keep without end'],
  ])('%s', (_, bits, message) => {
    const bytes = bits.reduce((so, bit) => flip(bit, so), packBeats(emptyBeats(1, machine), machine))
    expect(read(bytes)).toThrow(DlpError)
    expect(read(bytes)).toThrow(message)
  })

  test('a length that is not a whole number of beats', () => {
    expect(read(new Uint8Array(5))).toThrow(DlpError)
    expect(() => unpackBeats(new Uint8Array(0), Number.NaN, machine)).toThrow(DlpError)
    expect(() => unpackBeats(new Uint8Array(0), 2 ** 60, machine)).toThrow(DlpError)
  })
})

test('50,000 beats of the card pack and unpack', () => {
  const machine = machines.card
  const stream = randomStream(500, machine, 1)
  const large = joinBeats(new Array<BeatStream>(100).fill(stream), machine)
  const back = unpackBeats(packBeats(large, machine), 50_000, machine)
  expect(back.flags).toEqual(large.flags)
})
