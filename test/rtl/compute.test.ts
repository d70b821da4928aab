// The compute path in Verilator does what semantics and timing say: every bit, every cycle.
import { describe, expect, test } from 'vitest'
import { machines } from '../../isa/machine.ts'
import type { Machine } from '../../isa/machine.ts'
import { computeBench, expectation, runBench, script } from './compute-bench.ts'
import type { Expectation } from './compute-bench.ts'
import { randomProgram } from './random-program.ts'
import { toolIsHere } from './verilator.ts'

/** Three lanes, so one packed pair and a single; banks that are no power of two; two slots a row group; one row drains a cycle. */
const odd: Machine = {
  ...machines.tiny,
  name: 'odd',
  gridHeight: 3,
  gridWidth: 1,
  clusters: 1,
  banks: 6,
  rows: 12,
  drainRows: 1,
  accumulatorBits: 22,
  packedPairs: true,
}

/** Accumulators that wrap; three clusters; three rows drain a cycle. */
const narrow: Machine = {
  ...machines.tiny,
  name: 'narrow',
  gridHeight: 1,
  gridWidth: 2,
  clusters: 3,
  rows: 12,
  drainRows: 3,
  accumulatorBits: 16,
}

const buildMs = 240_000
const seedBase = Number(process.env['DLP_SEED'] ?? 1) * 1_000_000

describe.skipIf(!toolIsHere('verilator', 'clang++', 'make'))('the compute path in Verilator', () => {
  test.each([
    { machine: machines.tiny, programs: 200, options: [] },
    // with the multiplexers as synthesis sees them
    { machine: odd, programs: 30, options: ['-DSYNTHESIS'] },
    { machine: narrow, programs: 30, options: [] },
  ])(
    '$machine.name: $programs random programs, zero differences in bits and cycles',
    { timeout: buildMs },
    ({ machine, programs, options }) => {
      const bench = computeBench(machine, options)
      const scripts: string[] = []
      const expected: (Expectation & { seed: number })[] = []
      let partialSums: Int32Array | undefined
      let logits: Int32Array | undefined
      for (let seed = seedBase; scripts.length < programs; seed++) {
        const program = randomProgram(machine, seed)
        // One bench runs them all: PSUM and logits stay.
        if (partialSums !== undefined) program.state.partialSums.set(partialSums)
        if (logits !== undefined) program.state.logits.set(logits)
        const before = randomProgram(machine, seed)
        const outcome = expectation(program)
        if (machine.packedPairs && outcome.overflows) continue
        partialSums = program.state.partialSums
        logits = program.state.logits
        scripts.push(script(before, outcome.cycles))
        expected.push({ ...outcome, seed })
      }
      const got = runBench(bench, scripts)
      expect(got.length).toBe(programs)
      expected.forEach(({ events, memories, seed }, i) => {
        expect({ seed, events: got[i]!.events }).toEqual({ seed, events })
        expect({ seed, memories: got[i]!.memories }).toEqual({ seed, memories })
      })
    },
  )
})
