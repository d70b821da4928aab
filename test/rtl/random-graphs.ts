// The random graphs of `npm run prove:graphs` on the RTL: the machines that they are dealt to, and one graph's comparison.
import fc from 'fast-check'
import { compileGraph } from '../../compiler/backend.ts'
import { evaluateInteger } from '../../compiler/graph/evaluate-integer.ts'
import type { Processor } from '../../host/verilator/processor.ts'
import { fullMachine } from '../../isa/arbitraries.ts'
import { machines, processingElements } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { packTensor, unpackTensor } from '../../isa/packing.ts'
import type { Program } from '../../isa/program.ts'
import { graphCase, randomCodes } from '../support/integer-graphs.ts'
import { compare } from './processor-comparison.ts'
import { odd, wide } from './processor-machines.ts'
import { counterexample } from './shrink.ts'

/** Room for every graph; memories cost no build time. */
const room = { featureWords: 16384, weightBeats: 16384, parameterGroups: 512, instructionWords: 8192 }

/** Few machines, each built once: seed s runs on machine s mod 6. */
export const graphMachines: readonly Machine[] = [
  ...[machines.tiny, odd, wide, machines.edge].map((machine) => ({ ...machine, ...room, name: `roomy ${machine.name}` })),
  ...drawn(2),
]

export const machineOfGraph = (seed: number): Machine => graphMachines[seed % graphMachines.length]!

/** The graph's program; @throws DlpError where the machine cannot hold it */
export function compiledGraph(seed: number): Program {
  const { graph, weightsIn } = graphCase(seed)
  return compileGraph(graph, { name: graph.name, machine: machineOfGraph(seed), weightsIn }).program
}

/** What differs first between processor, simulator and oracle; undefined where all agree in bytes, cycles and codes. */
export async function graphDifference(
  processor: Processor,
  program: Program,
  seed: number,
): Promise<{ readonly difference: string | undefined; readonly cycles: number }> {
  const { graph } = graphCase(seed)
  const [input, output] = [program.inputs[0]!, program.outputs[0]!]
  const codes = randomCodes(graph.input, seed)
  const found = { program, inputs: { [input.name]: packTensor(codes, input, program.machine) } }
  const { difference, outputs, cycles } = await compare(processor, found)
  if (difference !== undefined) return { difference: (await counterexample(processor, found)) ?? difference, cycles: 0 }
  const { logits, maps } = evaluateInteger(graph, codes)
  const expected = logits ?? maps.get(graph.output)!
  const codesFound = unpackTensor(outputs[output.name]!, output, program.machine)
  const at = codesFound.findIndex((code, index) => code !== expected[index])
  const other = at < 0 ? undefined : `${graph.name}: code ${at} is ${codesFound[at]}, the oracle's ${expected[at]}`
  return { difference: other, cycles: cycles.infer }
}

/** Random machines small enough to be built in a minute. */
function drawn(count: number): Machine[] {
  const small = fullMachine.filter((machine) => processingElements(machine) <= 256)
  return fc.sample(small, { numRuns: count, seed: 7 }).map((machine, at) => ({ ...machine, ...room, name: `drawn${at}` }))
}
