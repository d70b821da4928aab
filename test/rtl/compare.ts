// Runs random programs on the compute path's bench and compares events and memories with the expectation.
import { expect } from 'vitest'
import type { Machine } from '../../isa/model/machine.ts'
import { machines } from '../../isa/model/machine.ts'
import { computeBench, runBench, script } from './compute-bench.ts'
import { expectation } from './expectation.ts'
import type { Expectation } from './expectation.ts'
import { randomProgram } from './random-program.ts'

/** Three lanes: one packed pair and a single lane; a number of banks that is no power of two; two slots a row group; one row drains a cycle. */
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

/** Time limit of building a bench. */
export const buildMs = 240_000

const seedBase = Number(process.env['DLP_SEED'] ?? 1) * 1_000_000

/** Expects no difference in bits or cycles over random programs. @param bankOpsOfTen of ten instructions, those that are bank operations */
export function compareRandomPrograms(
  machine: Machine,
  programs: number,
  bankOpsOfTen: number,
  options: readonly string[] = [],
): void {
  const bench = computeBench(machine, options)
  const scripts: string[] = []
  const expected: (Expectation & { seed: number })[] = []
  let partialSums: Int32Array | undefined
  let logits: Int32Array | undefined
  for (let seed = seedBase; scripts.length < programs; seed++) {
    const program = randomProgram(machine, seed, bankOpsOfTen)
    // One bench runs them all: PSUM and logits keep their contents.
    if (partialSums !== undefined) program.state.partialSums.set(partialSums)
    if (logits !== undefined) program.state.logits.set(logits)
    const before = randomProgram(machine, seed, bankOpsOfTen)
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
