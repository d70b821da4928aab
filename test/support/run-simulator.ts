// Runs a compiled program on the simulator with all checks: a hazard or an overflow fails the test.
import { packTensor, unpackTensor } from '../../isa/packing.ts'
import type { Program } from '../../isa/program.ts'
import { simulate, type Simulation } from '../../simulator/simulate.ts'

/** The output codes for one image of input codes [channels, height, width], and the statistics. */
export function runSimulator(
  program: Program,
  codes: ArrayLike<number>,
): { readonly codes: Int32Array; readonly simulation: Simulation } {
  const [input, output] = [program.inputs[0]!, program.outputs[0]!]
  const simulation = simulate(program, { [input.name]: packTensor(codes, input, program.machine) })
  const found = [...simulation.hazards, ...simulation.overflows]
  if (found.length > 0) throw new Error(`${found.length} hazards or overflows, the first: ${JSON.stringify(found[0])}`)
  return { codes: Int32Array.from(unpackTensor(simulation.outputs[output.name]!, output, program.machine)), simulation }
}
