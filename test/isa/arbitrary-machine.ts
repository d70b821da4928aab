// Random machines that keep every law, as fast-check arbitraries.

import fc from 'fast-check'
import { machines } from '../../isa/model/machine.ts'
import { machineLaws } from '../../isa/model/machine-laws.ts'
import type { Machine } from '../../isa/model/machine.ts'

/** Small machines of every shape: odd grids, banks that are no power of two, clusters whose beats end within a byte. */
export const arbitraryMachine: fc.Arbitrary<Machine> = fc
  .record({
    gridHeight: fc.integer({ min: 1, max: 5 }),
    gridWidth: fc.integer({ min: 1, max: 5 }),
    clusters: fc.integer({ min: 1, max: 3 }),
    halfBanks: fc.integer({ min: 1, max: 6 }),
    rowSlots: fc.integer({ min: 1, max: 3 }),
    axiBits: fc.constantFrom(64, 128, 256, 512),
  })
  .map(({ gridHeight, gridWidth, clusters, halfBanks, rowSlots, axiBits }) => ({
    ...machines.tiny,
    name: 'random',
    gridHeight,
    gridWidth,
    clusters,
    banks: 2 * halfBanks,
    rows: clusters * 2 * halfBanks * rowSlots,
    drainRows: clusters,
    axiBits,
  }))
  .filter((machine) => machineLaws.every((law) => law.holds(machine)))
