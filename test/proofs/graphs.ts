// Proves on thousands of random graphs over the whole list of lowered layers, on random machines, that simulator = oracle.

import fc from 'fast-check'
import { elements } from '../../base/defined.ts'
import { compileGraph } from '../../compiler/backend.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import { fullMachine } from '../../isa/arbitraries.ts'
import { DlpError } from '../../base/error.ts'
import { machines, type Machine } from '../../isa/model/machine.ts'
import { graphCase, randomCodes } from '../support/integer-graphs.ts'
import { runSimulator } from '../support/run-simulator.ts'
import { report } from './report.ts'

const graphs = 2000
const firstSeed = 1

await report('graphs', undefined, async (progress) => {
  const failures: { seed: number; machine: Machine; message: string }[] = []
  const counts: Record<string, number> = {}
  const refused: { seed: number; message: string }[] = []
  let cycles = 0
  progress.stage('graphs', graphs)
  for (let seed = firstSeed; seed < firstSeed + graphs; seed++) {
    const machine = machineOf(seed)
    const { graph, weightsIn } = graphCase(seed)
    const codes = randomCodes(graph.input, seed)
    let stage: 'compile' | 'run' = 'compile'
    try {
      const { logits, maps } = evaluateInteger(graph, codes)
      const { program } = compileGraph(graph, { name: graph.name, machine, weightsIn })
      stage = 'run'
      const { codes: found, simulation } = runSimulator(program, codes)
      const expected = Int32Array.from(logits ?? maps.get(graph.output)!)
      if (found.some((code, at) => code !== expected[at])) throw new Error('another result than the oracle')
      cycles += simulation.cycles
      for (const { kind } of program.layers) counts[kind] = (counts[kind] ?? 0) + 1
      counts[weightsIn] = (counts[weightsIn] ?? 0) + 1
    } catch (error) {
      // A graph that the machine cannot hold is refused in a sentence; a program that was made must run.
      const message = error instanceof Error ? error.message : String(error)
      if (error instanceof DlpError && stage === 'compile') refused.push({ seed, message })
      else failures.push({ seed, machine, message })
    }
    progress.step()
  }
  await Promise.resolve()
  return {
    name: 'graphs',
    holds: failures.length === 0 && refused.length < graphs / 50,
    figures: { graphs, firstSeed, refused, failures, layers: counts, cycles },
    lines: [
      `${graphs} random graphs on the named machines and random ones: ${failures.length} differ, ${refused.length} refused, ${cycles} cycles`,
      ...Object.entries(counts).map(([kind, count]) => `  ${kind.padEnd(12)} ${count}`),
      ...refused.slice(0, 10).map(({ seed, message }) => `  seed ${seed}: ${message}`),
      ...failures.slice(0, 5).map(({ seed, message }) => `  seed ${seed}: ${message}`),
    ],
  }
})

/** The named machines in turn, between random ones, all with room for the graphs. */
function machineOf(seed: number): Machine {
  const named = [machines.tiny, machines.edge, machines.card]
  const [random] = elements(fc.sample(fullMachine, { seed, numRuns: 1 }), 1)
  const machine = seed % 2 === 0 ? random : named[((seed - 1) / 2) % named.length]!
  return { ...machine, featureWords: 65536, weightBeats: 65536, parameterGroups: 1024, instructionWords: 16384 }
}
