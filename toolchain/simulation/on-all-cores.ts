// Runs of a program on all cores, where the first run has proved that they do not depend on each other.

import { availableParallelism } from 'node:os'
import { packTensor } from '../../isa/packing.ts'
import type { Program } from '../../isa/program.ts'
import type { ImagesSimulation } from '../../simulator/images.ts'
import { simulationOf, Simulator } from '../../simulator/simulate.ts'
import type { SimulatedRun } from '../../simulator/simulate.ts'
import type { Codes } from './run-inputs.ts'
import { defined } from '../../base/defined.ts'
import { workerFile } from '../../base/worker-module.ts'
import { runOnAllCores } from '../../base/worker-pool.ts'

/** The results of a run that may differ between runs. */
export type RunResult = Pick<SimulatedRun, 'hazards' | 'overflows' | 'outputs'>

export interface OnAllCores {
  /** threads that simulate, the calling one included; if not given, one for each core, as long as each saves more time than its start takes */
  readonly workers?: number | undefined
  readonly onRun?: () => void
}

/**
 * Runs init, then `infer` on the input codes of each run; the result is that of `simulateImages`. The calling thread does the first run. If that run
 * proves that runs are independent, worker threads, each with a machine of its own, share the remaining runs with it.
 * @param inputs [runs] at least one
 * @throws MachineFault or DlpError as `Simulator` does
 */
export async function simulateOnAllCores(
  program: Program,
  [input, ...others]: readonly Codes[],
  { workers, onRun }: OnAllCores,
): Promise<ImagesSimulation> {
  const start = performance.now()
  const simulator = new Simulator(program)
  const init = simulator.init()
  const first = simulator.infer(packedInputs(program, defined(input)))
  onRun?.()
  const threads = workers ?? worthwhileThreads((performance.now() - start) / 1000, others.length)
  const results = await runOnAllCores<Program, Codes, RunResult>(
    workerFile('toolchain/simulation/worker'),
    program,
    others,
    {
      workers: first.interRunDependence === 'none' ? threads : 1,
      onResult: onRun,
      local: (codes) => runResult(simulator, codes),
    },
  )
  // Cycles do not depend on values.
  const { timing, interRunDependence } = first
  const runs = [first, ...results.map((result): SimulatedRun => ({ ...result, timing, interRunDependence }))]
  return { ...simulationOf(program, init, runs), runs }
}

/** One more run of a machine. */
export function runResult(simulator: Simulator, codes: Codes): RunResult {
  const { hazards, overflows, outputs } = simulator.infer(packedInputs(simulator.program, codes))
  return { hazards, overflows, outputs }
}

/** Seconds from a thread's start until it can simulate: Node and the simulator's modules are loaded. */
const startSeconds = 0.3

/** Time of a later run, as a share of init and the first run, which decode the weights. */
const laterShare = 1 / 4

/** As many threads that each computes at least twice as long as it takes to start. These estimates do not change any result. */
function worthwhileThreads(firstSeconds: number, runs: number): number {
  const worth = (runs * firstSeconds * laterShare) / (2 * (startSeconds + firstSeconds))
  return Math.min(availableParallelism(), 1 + Math.floor(worth))
}

const packedInputs = ({ inputs, machine }: Program, codes: Codes): Record<string, Uint8Array> =>
  Object.fromEntries(inputs.map((tensor) => [tensor.name, packTensor(codes[tensor.name]!, tensor, machine)]))
