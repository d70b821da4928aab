// Random programs keep the contract: they verify, decode, run without hazard or overflow, and give the same results in program order and in time.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { machine as anyMachine, program as anyProgram } from '../../../isa/arbitraries.ts'
import type { ProgramCase } from '../../../isa/arbitraries/program.ts'
import { randomProgram } from '../../../isa/arbitraries/program.ts'
import { assemble } from '../../../isa/assembly/assemble.ts'
import { print } from '../../../isa/assembly/print.ts'
import { readProgram } from '../../../isa/container/read.ts'
import { verifyProgram } from '../../../isa/container/verify.ts'
import { writeProgram } from '../../../isa/container/write.ts'
import type { Instruction } from '../../../isa/instruction.ts'
import { instructions } from '../../../isa/instructions.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import { machines } from '../../../isa/model/machine.ts'
import { runFunctional } from '../../../simulator/functional.ts'
import { Simulator } from '../../../simulator/simulate.ts'

const cases: fc.Arbitrary<ProgramCase> = fc
  .oneof(fc.constant<Machine>(machines.tiny), anyMachine)
  .chain((machine) => anyProgram(machine))

/** The same program with some instructions changed. */
const changed = ({ program }: ProgramCase, change: (instruction: Instruction) => Instruction) => ({
  ...program,
  instructions: program.instructions.map(change),
})

describe('a random program', () => {
  test('breaks no rule', () => {
    fc.assert(
      fc.property(cases, ({ program }) => {
        expect(verifyProgram(program)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  test('has no hazard, overflow or uninitialised read, in its first image and the next, and gives the results of program order', () => {
    fc.assert(
      fc.property(cases, ({ program, inputs }) => {
        const simulator = new Simulator(program)
        const inProgramOrder = runFunctional(program)
        const runs = [simulator.init(), simulator.infer(inputs), simulator.infer(inputs)]
        expect(runs.flatMap(({ hazards }) => hazards.map(({ text }) => text))).toEqual([])
        expect(runs.flatMap(({ overflows }) => overflows)).toEqual([])
        expect(runs[1]!.outputs).toEqual(inProgramOrder(inputs))
      }),
      { numRuns: 100 },
    )
  })

  test('is restored from its file and from its text', () => {
    fc.assert(
      fc.property(cases, ({ program }) => {
        expect(readProgram(writeProgram(program), 'random.dlp')).toEqual(program)
        expect(assemble(print(program), 'random.dasm')).toEqual(program)
      }),
      { numRuns: 50 },
    )
  })

  test('depends on its seed alone', () => {
    expect(randomProgram(machines.edge, 5, 4)).toEqual(randomProgram(machines.edge, 5, 4))
    expect(randomProgram(machines.edge, 6, 4)).not.toEqual(randomProgram(machines.edge, 5, 4))
  })
})

describe('among a hundred random programs', () => {
  const hundred = Array.from({ length: 100 }, (_, seed) => randomProgram(machines.tiny, seed, 4))
  const all = hundred.flatMap(({ program }) => program.instructions)

  test('every instruction occurs, and every flag of COMPUTE', () => {
    expect(new Set(all.map(({ op }) => op))).toEqual(new Set(Object.keys(instructions)))
    for (const name of ['laneSum', 'accumulate', 'logits'] as const)
      expect(all.some((each) => each.op === 'COMPUTE' && each[name] === 1)).toBe(true)
    for (const op of ['LOAD', 'LAYER', 'POOL', 'MOVE', 'REPATCH', 'STORE'])
      for (const wide of [0, 1])
        expect(all.some((each) => each.op === op && 'wide' in each && each.wide === wide)).toBe(true)
  })

  test('most outputs are neither constant nor saturated', () => {
    const varied = hundred.filter(({ program, inputs }) => {
      const outputs = runFunctional(program)(inputs)
      return Object.values(outputs).some((bytes) => new Set(bytes).size > 8)
    })
    expect(varied.length).toBeGreaterThan(60)
  })

  test('some would have hazards without their gaps, most without their semaphores', () => {
    const hazardous = (change: (instruction: Instruction) => Instruction): number =>
      hundred.filter((each) => {
        const simulator = new Simulator(changed(each, change))
        return simulator.init().hazards.length + simulator.infer(each.inputs).hazards.length > 0
      }).length
    expect(hazardous((each) => ('gap' in each ? { ...each, gap: 0 } : each))).toBeGreaterThan(5)
    expect(hazardous((each) => (each.op === 'Illegal' ? each : { ...each, wait: 0, signal: 0 }))).toBeGreaterThan(50)
  })
})
