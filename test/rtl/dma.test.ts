// The DMA units and AXI channels in Verilator agree with simulator and semantics: every bit, every cycle.
import { describe, expect, test } from 'vitest'
import { machines } from '../../isa/model/machine.ts'
import { checkMachine } from '../../isa/model/machine-laws.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { statuses } from '../../isa/status.ts'
import { dmaBench, expectDma, runDma } from './dma-bench.ts'
import type { RandomTransfers } from './random-transfers.ts'
import { randomTransfers } from './random-transfers.ts'
import { toolIsHere } from './verilator.ts'

/** Words of four data beats; a number of banks that is no power of two; one row drains a cycle; the least latency of DRAM. */
const wide: Machine = {
  ...machines.tiny,
  name: 'wide',
  gridHeight: 8,
  gridWidth: 8,
  clusters: 1,
  banks: 6,
  rows: 12,
  drainRows: 1,
  featureWords: 300,
  dramLatencyCycles: 1,
}

/** Data beats of 64 words, more than a slot has; three clusters; parameters of eight rows a beat where three drain a cycle. */
const narrow: Machine = {
  ...machines.tiny,
  name: 'narrow',
  gridHeight: 1,
  gridWidth: 1,
  clusters: 3,
  rows: 12,
  drainRows: 3,
  axiBits: 512,
  outstandingBursts: 2,
  dramLatencyCycles: 5,
}

const buildMs = 240_000
const seedBase = Number(process.env['DLP_SEED'] ?? 1) * 1_000_000

/** Two beats of parameters in three rows; one burst at a time, so that beats pause within a transfer. */
const slow: Machine = {
  ...machines.tiny,
  name: 'slow',
  gridHeight: 3,
  gridWidth: 3,
  clusters: 3,
  banks: 8,
  rows: 24,
  drainRows: 3,
  axiBits: 128,
  outstandingBursts: 1,
  dramLatencyCycles: 2,
}

describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))('the DMA units in Verilator', () => {
  const cases = [
    { machine: machines.tiny, programs: 25 },
    { machine: wide, programs: 10 },
    { machine: narrow, programs: 10 },
    { machine: slow, programs: 15 },
  ]
  test.each(cases)('$machine.name: $programs random sets of transfers, zero differences in bits and cycles', { timeout: buildMs }, ({ machine, programs }) => {
    const bench = dmaBench(checkMachine(machine))
    for (let seed = seedBase; seed < seedBase + programs; seed++) {
      const { cycles, events, memories } = expectDma(randomTransfers(machine, seed))
      const got = runDma(bench, randomTransfers(machine, seed), cycles)
      expect({ seed, events: got.events.filter((line) => !line.startsWith('a')).toSorted() }).toEqual({ seed, events })
      expect({ seed, memories: got.memories }).toEqual({ seed, memories })
    }
  })

  test.each(cases)('$machine.name: the same bits whenever DRAM pauses, and every transfer retires in order', { timeout: buildMs }, ({ machine }) => {
    const bench = dmaBench(machine)
    for (let seed = seedBase; seed < seedBase + 10; seed++) {
      const { cycles, events, memories } = expectDma(randomTransfers(machine, seed))
      const got = runDma(bench, randomTransfers(machine, seed), cycles * 8 + 2000, { pauses: seed })
      const retired = got.events.filter((line) => line.startsWith('r'))
      expect({ seed, retired: retired.length }).toEqual({ seed, retired: events.filter((line) => line.startsWith('r')).length })
      for (const queue of ['0', '1', '2']) {
        const order = retired.map((line) => line.split(' ')).filter((words) => words[1] === queue).map((words) => Number(words[2]))
        expect({ seed, order }).toEqual({ seed, order: order.map((_, i) => i) })
      }
      expect({ seed, memories: got.memories }).toEqual({ seed, memories })
    }
  })

  test('an error of DRAM is reported with the transfer that reads, which completes normally', { timeout: buildMs }, () => {
    const { tiny } = machines
    const common = { wait: 0, signal: 0, region: 0 }
    const map = { ...common, op: 'LOAD', base: 0, positions: 3, planeStride: 0, channels: 4, wide: 0, startBank: 0, pad: 0 } as const
    const transfers = (): RandomTransfers => ({
      ...randomTransfers(tiny, 1),
      queues: { load: [{ instruction: { ...map, address: 0 }, from: 0 }, { instruction: { ...map, address: 9 }, from: 0 }], parameter: [], store: [] },
    }) // prettier-ignore
    // A beat a position: the second LOAD's are 3 to 5.
    const got = runDma(dmaBench(tiny), transfers(), 200, { failing: 4 })
    const errors = got.events.filter((line) => line.startsWith('x')).map((line) => line.split(' ').slice(2))
    expect(errors).toEqual([[String(statuses.axiReadError.code), '1']])
    expect(got.events.filter((line) => line.startsWith('r'))).toHaveLength(2)
  })

  test('a word group outside the feature memory is an address error, and is not written', { timeout: buildMs }, () => {
    const { tiny } = machines
    const common = { wait: 0, signal: 0, region: 0, address: 0 }
    const map = { ...common, op: 'LOAD', base: 511, positions: 2, planeStride: 0, channels: 8, wide: 0, startBank: 0, pad: 0 } as const
    const random = randomTransfers(tiny, 1)
    const got = runDma(dmaBench(tiny), { ...random, queues: { load: [{ instruction: map, from: 0 }], parameter: [], store: [] } }, 200)
    const errors = got.events.filter((line) => line.startsWith('x')).map((line) => line.split(' ').slice(2))
    expect(errors).toEqual([[String(statuses.address.code), '0']])
    expect(got.events.filter((line) => line.startsWith('F'))).toHaveLength(1)
  })
})
