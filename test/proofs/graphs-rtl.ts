// Proves on 300 of the random graphs of `prove:graphs` that RTL = simulator in bytes and cycles, and RTL = oracle in codes.

import { missingTools } from '../../host/verilator/build.ts'
import { Processor } from '../../host/verilator/processor.ts'
import { DlpError } from '../../base/error.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { compiledGraph, graphDifference, graphMachines, machineOfGraph } from '../rtl/random-graphs.ts'
import { report } from './report.ts'

const graphs = 300
const firstSeed = 1

const missing = missingTools()
await report('graphs-rtl', missing.length > 0 ? missing.join(', ') : undefined, async (progress) => {
  const { programs, refused } = firstThatFit()
  const results: { machine: Machine; count: number; instructions: number; cycles: number }[] = []
  const failures: { seed: number; difference: string }[] = []
  const layers: Record<string, number> = {}
  for (const machine of graphMachines) {
    const own = programs.filter(({ seed }) => machineOfGraph(seed) === machine)
    progress.stage(machine.name, own.length)
    const processor = await Processor.open(machine, { randomState: firstSeed })
    const result = { machine, count: own.length, instructions: 0, cycles: 0 }
    for (const { seed, program } of own) {
      const { difference, cycles } = await graphDifference(processor, program, seed)
      if (difference !== undefined) failures.push({ seed, difference })
      result.cycles += cycles
      result.instructions += program.instructions.length
      for (const { kind } of program.layers) layers[kind] = (layers[kind] ?? 0) + 1
      progress.step()
    }
    await processor.close()
    results.push(result)
  }
  return {
    name: 'graphs-rtl',
    holds: failures.length === 0 && programs.length === graphs && refused.length < graphs / 50,
    figures: { graphs: programs.length, firstSeed, refused, failures, layers, results },
    lines: [
      `${programs.length} random graphs on the RTL of ${graphMachines.length} machines: ${failures.length} differ from simulator or oracle, ${refused.length} refused`,
      ...results.map(
        ({ machine, count, instructions, cycles }) =>
          `  ${machine.name.padEnd(12)} ${count} graphs, ${instructions} instructions, ${cycles} cycles`,
      ),
      ...Object.entries(layers).map(([kind, count]) => `  ${kind.padEnd(12)} ${count}`),
      ...refused.map(({ seed, message }) => `  seed ${seed}: ${message}`),
      ...failures.slice(0, 3).map(({ seed, difference }) => `  seed ${seed}: ${difference}`),
    ],
  }
})

/** The first graphs that their machines can hold, compiled; the others with the sentence that refuses them. */
function firstThatFit() {
  const programs: { seed: number; program: Program }[] = []
  const refused: { seed: number; message: string }[] = []
  for (let seed = firstSeed; programs.length < graphs && seed < firstSeed + 2 * graphs; seed++) {
    try {
      programs.push({ seed, program: compiledGraph(seed) })
    } catch (error) {
      if (!(error instanceof DlpError)) throw error
      refused.push({ seed, message: error.message })
    }
  }
  return { programs, refused }
}
