// Runs random programs on the compute path's bench and compares what happens with what should.
import { expect } from 'vitest'
import type { Machine } from '../../isa/model/machine.ts'
import { machines } from '../../isa/model/machine.ts'
import { computeBench, runBench, script } from './compute-bench.ts'
import { expectation } from './expectation.ts'
import type { Expectation } from './expectation.ts'
import { randomProgram } from './random-program.ts'

/** Three lanes, so one packed pair and a single; banks that are no power of two; two slots a row group; one row drains a cycle. */
export const odd: Machine = {
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

/** Time for building a bench. */
export const buildMs = 240_000

const seedBase = Number(process.env['DLP_SEED'] ?? 1) * 1_000_000

/** Expects no difference in bits or cycles over so many random programs; so many of ten instructions are POOLs or MOVEs. */
export function compareRandomPrograms(
  machine: Machine,
  programs: number,
  bankOperationsOfTen: number,
  options: readonly string[] = [],
): void {
  const bench = computeBench(machine, options)
  const scripts: string[] = []
  const expected: (Expectation & { seed: number })[] = []
  let partialSums: Int32Array | undefined
  let logits: Int32Array | undefined
  for (let seed = seedBase; scripts.length < programs; seed++) {
    const program = randomProgram(machine, seed, bankOperationsOfTen)
    // One bench runs them all: PSUM and logits stay.
    if (partialSums !== undefined) program.state.partialSums.set(partialSums)
    if (logits !== undefined) program.state.logits.set(logits)
    const before = randomProgram(machine, seed, bankOperationsOfTen)
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
}
