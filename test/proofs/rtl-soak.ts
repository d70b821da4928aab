// Random programs and compiled random graphs on the RTL of sixteen machines: three of every day, one with a serial post, and twelve random ones.

import fc from 'fast-check'
import { compileGraph } from '../../compiler/backend.ts'
import { missingTools } from '../../host/verilator/build.ts'
import { Processor } from '../../host/verilator/processor.ts'
import { machine as anyMachine } from '../../isa/arbitraries.ts'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import type { ProgramCase } from '../../isa/arbitraries/program.ts'
import { DlpError } from '../../base/error.ts'
import { machines } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { packTensor } from '../../isa/packing.ts'
import { odd, slow, wide } from '../rtl/processor-machines.ts'
import { counterexample } from '../rtl/shrink.ts'
import { randomCodes, randomGraph } from '../support/integer-graphs.ts'
import { report, timed } from './report.ts'

/** Compared in bytes and cycles, on all machines together. */
const programs = 5000
const randomMachines = 12
/** Every so many programs are compiled graphs, and run again with random latencies and pauses of DRAM, where only bytes must hold. */
const compiledEvery = 4
const disturbedEvery = 5
const seed = Number(process.env['DLP_SEED'] ?? 1)

const missing = missingTools()
await report('rtl-soak', missing.length > 0 ? missing.join(', ') : undefined, async (progress) => {
  const under = [
    machines.tiny,
    odd,
    wide,
    ...Array.from({ length: randomMachines }, (_, i) => machineOf(seed * 100 + i)),
    slow,
  ]
  const results: (Soaked & { readonly machine: Machine; readonly seconds: number })[] = []
  for (const [number, machine] of under.entries()) {
    const count = Math.floor(((number + 1) * programs) / under.length) - Math.floor((number * programs) / under.length)
    progress.stage(`machine ${number + 1} of ${under.length}`, count)
    const { result, seconds } = await timed(() => soak(machine, number, count, () => progress.step()))
    results.push({ machine, ...result, seconds })
    if (result.difference !== undefined) break
  }
  const sum = (value: (result: Soaked) => number): number => results.reduce((total, result) => total + value(result), 0)
  const differences = results.flatMap(({ difference }) => difference ?? [])
  const all = sum(({ count }) => count)
  return {
    name: 'rtl-soak',
    holds: differences.length === 0 && all === programs,
    figures: {
      seed,
      programs: all,
      compiled: sum(({ compiled }) => compiled),
      disturbed: sum(({ disturbed }) => disturbed),
      differences: differences.length,
      results,
    },
    lines: [
      `${all} programs on ${results.length} machines, ${sum(({ compiled }) => compiled)} of them compiled graphs: ${differences.length} differences in bytes and cycles`,
      `${sum(({ disturbed }) => disturbed)} of them again with random latencies and pauses of DRAM: the same bytes`,
      ...differences,
    ],
  }
})

interface Soaked {
  readonly count: number
  readonly compiled: number
  readonly disturbed: number
  /** the first, with the seed that brings it back */
  readonly difference: string | undefined
}

async function soak(machine: Machine, number: number, count: number, step: () => void): Promise<Soaked> {
  const calm = await Processor.open(machine, { randomState: seed })
  const disturbed = await Processor.open(machine, { randomLatency: seed, backPressure: seed + 1 })
  const done = { count: 0, compiled: 0, disturbed: 0 }
  let difference: string | undefined
  for (let each = 0; difference === undefined && done.count < count; each++) {
    const program = (seed * 100 + number) * 100_000 + each
    const graph = each % compiledEvery === 0 ? compiled(machine, program) : undefined
    const found = graph ?? randomProgram(machine, program, 1 + (program % 6))
    difference = await counterexample(calm, found)
    if (each % disturbedEvery === 0) {
      difference ??= await counterexample(disturbed, found, 'values')
      done.disturbed++
    }
    if (difference !== undefined) difference = `${JSON.stringify(machine)}, program ${program}: ${difference}`
    if (graph !== undefined) done.compiled++
    done.count++
    step()
  }
  await calm.close()
  await disturbed.close()
  return { ...done, difference }
}

/** A machine that fits the RTL's build time, with room for most programs. */
function machineOf(machineSeed: number): Machine {
  const [found] = fc.sample(anyMachine, { numRuns: 1, seed: machineSeed })
  return { ...found!, name: `random${machineSeed}`, featureWords: 4096, weightBeats: 4096 }
}

/** A compiled random graph; undefined where it does not fit. */
function compiled(machine: Machine, number: number): ProgramCase | undefined {
  const graph = randomGraph(number, { mostChannels: 12, mostSide: 9, mostLayers: 4 })
  try {
    const { program } = compileGraph(graph, { name: graph.name, machine })
    const [input] = program.inputs
    return { program, inputs: { [input!.name]: packTensor(randomCodes(graph.input, number), input!, machine) } }
  } catch (error) {
    if (error instanceof DlpError) return undefined
    throw error
  }
}
