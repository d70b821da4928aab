// The estimate is activity times constants: it adds up, scales, and takes the user's figures; its bounds contain it.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { fullMachine } from '../../../isa/arbitraries.ts'
import { machines } from '../../../isa/model/machine.ts'
import type { ActivityCounts } from '../../../simulator/power/activity.ts'
import { givenConstants, powerConstants } from '../../../simulator/power/constants.ts'
import type { PowerConstant, PowerConstants } from '../../../simulator/power/constants.ts'
import { constantsFor, deviceShare } from '../../../simulator/power/device.ts'
import { estimatePower } from '../../../simulator/power/estimate.ts'
import { horowitz, multiply, nodeScale, onCard } from '../../../simulator/power/published.ts'

const activity: ActivityCounts = {
  products: 4e8, choices: 5e8, columns: 2e6, featureReadBits: 4e8, featureWriteBits: 1e7, torusBits: 4e8, weightReadBits: 9e7, clusterSums: 1e7,
  partialSumBits: 8e7, codes: 2.5e6, laneSums: 5e4, parameterBits: 1e6, dramBits: 1.6e6, peCycles: 5.2e8, idlePeCycles: 2e7, seconds: 1.5e-4,
} // prettier-ignore

const constantsWith = (values: object): PowerConstants => ({ ...powerConstants, ...givenConstants(values, 'p.json') })

describe('an estimate', () => {
  const estimate = estimatePower(activity, powerConstants)

  test('adds up to its watts, its joules and its shares', () => {
    const sum = (of: (each: (typeof estimate.breakdown)[number]) => number): number =>
      estimate.breakdown.reduce((total, each) => total + of(each), 0)
    expect(sum(({ watts }) => watts)).toBeCloseTo(estimate.watts, 9)
    expect(sum(({ share }) => share)).toBeCloseTo(1, 12)
    expect(estimate.joules).toBeCloseTo(estimate.watts * activity.seconds, 12)
    expect(estimate.breakdown.map(({ name }) => name)).toEqual(Object.keys(powerConstants))
    expect(estimate.lowWatts).toBeLessThan(estimate.watts)
    expect(estimate.highWatts).toBeGreaterThan(estimate.watts)
  })

  test('is count × pJ ÷ seconds for each activity', () => {
    const of = (name: string): number => estimate.breakdown.find((each) => each.name === name)!.watts
    expect(of('product')).toBeCloseTo((4e8 * powerConstants.product.value * 1e-12) / 1.5e-4, 9)
    expect(of('board')).toBe(powerConstants.board.value)
    const offChip = of('dram') + of('board') + of('regulators')
    expect(of('regulators')).toBeCloseTo((estimate.watts - offChip) * powerConstants.regulators.value, 9)
  })

  test('follows the user’s figures, which are their own bounds', () => {
    const names = Object.keys(powerConstants)
    const none = constantsWith(Object.fromEntries(names.map((name) => [name, 0])))
    const idle = estimatePower(activity, none)
    expect([idle.watts, idle.lowWatts, idle.highWatts, idle.joules]).toEqual([0, 0, 0, 0])
    const one = estimatePower(activity, constantsWith({ board: powerConstants.board.value + 5 }))
    expect(one.watts).toBeCloseTo(estimate.watts + 5, 9)
  })
})

describe('constants', () => {
  test('lie within their bounds, with a unit, an activity and a source', () => {
    for (const [name, constant] of Object.entries<PowerConstant>(powerConstants)) {
      expect(constant.low, name).toBeLessThan(constant.value)
      expect(constant.value, name).toBeLessThan(constant.high)
      expect(constant.source.length, name).toBeGreaterThan(5)
      if (constant.unit === 'W') expect(constant.per).toBe('seconds')
      if (constant.per !== 'chip') expect(activity).toHaveProperty(constant.per)
    }
  })

  test('that are derived are the published figures, scaled to two digits', () => {
    expect(nodeScale).toBeCloseTo(0.32, 2)
    // Partial products explain both of the published multiplications.
    expect(multiply(8, 8) / horowitz.multiply8).toBeCloseTo(1, 1)
    expect(onCard(1, 'logic')).toBe(4.4)
    expect(onCard(1, 'hardBlocks')).toBe(2.3)
    const { product, featureRead, weightRead, clusterSum, code, laneSum, dram } = powerConstants
    expect([product, featureRead, weightRead, clusterSum, code, laneSum, dram].map(({ value }) => value)).toEqual([
      1.8, 0.7, 1.4, 0.89, 8.2, 0.44, 20,
    ])
  })

  test('of the card are the card’s, those of smaller machines smaller', () => {
    const { tiny, edge, card } = machines
    expect(constantsFor(card)).toEqual(powerConstants)
    const watts = [tiny, edge, card]
      .map((machine) => constantsFor(machine))
      .map(({ static: leakage, board }) => leakage.value + board.value)
    expect(watts).toEqual([expect.closeTo(2.1, 1), expect.closeTo(6.5, 1), 24])
  })

  test('grow with PEs and with memories, stay within their bounds, and never fall below a small board', () => {
    fc.assert(
      fc.property(fullMachine, (machine) => {
        const { static: leakage, board } = constantsFor(machine)
        for (const { low, value, high, source } of [leakage, board]) {
          expect(low).toBeLessThan(value)
          expect(value).toBeLessThan(high)
          expect(source).toContain(deviceShare(machine) === 1 ? '' : 'a device of')
        }
        expect(board.low).toBeGreaterThanOrEqual(1)
        for (const more of [{ rows: 64 * machine.rows }, { featureWords: 1e9 }, { weightBeats: 1e9 }])
          expect(deviceShare({ ...machine, ...more })).toBeGreaterThan(deviceShare(machine))
      }),
    )
  })

  test.each([
    [[1], 'p.json: is not a JSON object'],
    ['x', 'p.json: is not a JSON object'],
    [{ heat: 1 }, "p.json: no constant 'heat'; allowed: product, "],
    [{ board: -1 }, "p.json: 'board' is -1; allowed: 0 to 1000000, in W"],
    [{ product: '2' }, `p.json: 'product' is "2"; allowed: 0 to 1000000, in pJ`],
    [{ product: null }, "p.json: 'product' is null"],
  ])('that are wrong are refused: %j', (values, message) => {
    expect(() => givenConstants(values, 'p.json')).toThrow(message)
  })
})
