// Images one after the other on one machine: init once, then a run for every few of them, memories kept between.
import type { Program } from '../isa/program.ts'
import { simulationOf, Simulator } from './simulate.ts'
import type { SimulatedRun, SimulateOptions, Simulation, TensorBytes } from './simulate.ts'

/** The first run as `simulate` tells of it, and what every run gave. */
export interface ImagesSimulation extends Simulation {
  /** every run of infer, the first included */
  readonly runs: readonly SimulatedRun[]
}

/**
 * Runs init, then `infer` on the inputs of each run. Nothing is reset between: DRAM, feature memory and the hazard check go on.
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
