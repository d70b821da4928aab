// Storage: every plane of every channel has words of its own, and replicas reach every cluster.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadPeriod, locate, planesOf, type PlacedMap } from '../../../compiler/placement/storage.ts'
import { machine as anyMachine } from '../../../isa/arbitraries.ts'
import { machines, slotChannels, type Machine } from '../../../isa/model/machine.ts'
import { mapOf } from '../lower/sources.ts'

function placed(channels: number, bits: 4 | 8, machine: Machine, startBank: number, repeated: boolean): PlacedMap {
  const map = mapOf('map', [channels, 4, 4], { format: { bits, signed: false } })
  const slots = Math.ceil(channels / slotChannels(machine))
  const period = repeated && slots === 1 ? loadPeriod(channels, machine) : slots * slotChannels(machine)
  return {
    map,
    patch: { height: 1, width: 1 },
    planeStride: 1,
    planes: planesOf(map),
    slots,
    period,
    startBank,
    base: 0,
  }
}

const shape = fc.record({
  machine: anyMachine,
  channels: fc.integer({ min: 1, max: 90 }),
  bits: fc.constantFrom(4, 8),
  startBank: fc.nat(),
  repeated: fc.boolean(),
})

const banksIn = (mask: number): number[] =>
  Array.from({ length: 32 }, (_, bank) => bank).filter((bank) => (mask >>> bank) & 1)

describe('storage', () => {
  test('gives no two (channel, plane) the same cluster, bank and word', () => {
    fc.assert(
      fc.property(shape, ({ machine, channels, bits, startBank, repeated }) => {
        const map = placed(channels, bits as 4 | 8, machine, startBank % machine.banks, repeated)
        const taken = new Set<string>()
        let count = 0
        for (let channel = 0; channel < channels; channel++)
          for (let plane = 0; plane < map.planes; plane++) {
            const { slot, locations } = locate(map, channel, plane, machine)
            expect(slot).toBeLessThan(map.slots)
            for (const { cluster, banks } of locations)
              for (const bank of banksIn(banks)) {
                expect(cluster < machine.clusters && bank < machine.banks).toBe(true)
                taken.add(`${cluster}:${bank}:${slot * map.planes + plane}`)
                count++
              }
          }
        expect(taken.size).toBe(count)
      }),
      { numRuns: 200 },
    )
  })

  test('puts the planes of a channel in different banks of one cluster', () => {
    fc.assert(
      fc.property(shape, ({ machine, channels, startBank }) => {
        const map = placed(channels, 8, machine, startBank % machine.banks, false)
        for (let channel = 0; channel < channels; channel++) {
          const [low, high] = [0, 1].map((plane) => locate(map, channel, plane, machine).locations)
          expect(low).toHaveLength(1)
          expect(high![0]!.cluster).toBe(low![0]!.cluster)
          expect(high![0]!.banks & low![0]!.banks).toBe(0)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('fills a slot with replicas: every storage channel holds some channel, except those that the period leaves empty', () => {
    fc.assert(
      fc.property(shape, ({ machine, channels, startBank }) => {
        fc.pre(channels < slotChannels(machine))
        const map = placed(channels, 4, machine, startBank % machine.banks, true)
        let held = 0
        for (let channel = 0; channel < channels; channel++)
          for (const { banks } of locate(map, channel, 0, machine).locations) held += banksIn(banks).length
        const expected = Array.from({ length: slotChannels(machine) }, (_, q) => q % map.period).filter(
          (channel) => channel < channels,
        )
        expect(held).toBe(expected.length)
      }),
      { numRuns: 100 },
    )
  })
})

describe('the period of a loaded map', () => {
  test('puts every channel into every cluster if a slot has room for that', () => {
    fc.assert(
      fc.property(anyMachine, fc.integer({ min: 1, max: 40 }), (machine, channels) => {
        const period = loadPeriod(channels, machine)
        expect(period).toBeGreaterThanOrEqual(channels)
        // A period that shares no factor with the clusters is found within so many channels.
        if ((channels + machine.clusters - 1) * machine.clusters > slotChannels(machine)) return
        const map = placed(channels, 4, machine, 0, true)
        for (let channel = 0; channel < channels; channel++)
          expect(locate(map, channel, 0, machine).locations).toHaveLength(machine.clusters)
      }),
      { numRuns: 200 },
    )
  })

  test('of 12 channels on 4 clusters is 13: with 12 each channel would stay in one cluster', () => {
    expect(loadPeriod(12, machines.card)).toBe(13)
    const map = placed(12, 8, machines.card, 0, true)
    expect(locate(map, 5, 0, machines.card).locations.map(({ cluster }) => cluster)).toEqual([0, 1, 2, 3])
    expect(locate({ ...map, period: 12 }, 5, 0, machines.card).locations.map(({ cluster }) => cluster)).toEqual([1])
  })
})
