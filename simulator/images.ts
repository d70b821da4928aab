// Several runs on one machine: init once, then one run after the other; memories are kept between runs.
import type { Program } from '../isa/program.ts'
import { simulationOf, Simulator } from './simulate.ts'
import type { SimulatedRun, SimulateOptions, Simulation, TensorBytes } from './simulate.ts'

/** The result of the first run as `simulate` returns it, and the results of every run. */
export interface ImagesSimulation extends Simulation {
  /** every run of infer, the first included */
  readonly runs: readonly SimulatedRun[]
}

/**
 * Runs init, then `infer` on the inputs of each run. Nothing is reset between runs: DRAM, feature memory and the hazard check keep their state.
 * @param inputs [runs] at least one
 * @throws MachineFault or DlpError as `Simulator` does
 */
export function simulateImages(
  program: Program,
  inputs: Iterable<TensorBytes>,
  options: SimulateOptions & { readonly onRun?: () => void } = {},
): ImagesSimulation {
  const simulator = new Simulator(program, options)
  const init = simulator.init()
  const runs: SimulatedRun[] = []
  for (const each of inputs) {
    runs.push(simulator.infer(each))
    options.onRun?.()
  }
  return { ...simulationOf(program, init, runs), runs }
}
