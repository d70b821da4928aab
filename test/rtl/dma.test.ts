// The DMA units and AXI channels in Verilator do what simulator and semantics say: every bit, every cycle.
import { describe, expect, test } from 'vitest'
import { checkMachine, machines } from '../../isa/machine.ts'
import type { Machine } from '../../isa/machine.ts'
import { dmaBench, expectDma, runDma } from './dma-bench.ts'
import { randomTransfers } from './random-transfers.ts'
import { toolIsHere } from './verilator.ts'

/** Words of four data beats; banks that are no power of two; one row drains a cycle; a memory as quick as can be. */
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

describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))('the DMA units in Verilator', () => {
  test.each([
    { machine: machines.tiny, programs: 40 },
    { machine: wide, programs: 15 },
    { machine: narrow, programs: 15 },
  ])('$machine.name: $programs times random transfers, zero differences in bits and cycles', { timeout: buildMs }, ({ machine, programs }) => {
    const bench = dmaBench(checkMachine(machine))
    for (let seed = seedBase; seed < seedBase + programs; seed++) {
      const { cycles, events, memories } = expectDma(randomTransfers(machine, seed))
      const got = runDma(bench, randomTransfers(machine, seed), cycles)
      expect({ seed, events: got.events.filter((line) => !line.startsWith('a')).toSorted() }).toEqual({ seed, events })
      expect({ seed, memories: got.memories }).toEqual({ seed, memories })
    }
  })
})
