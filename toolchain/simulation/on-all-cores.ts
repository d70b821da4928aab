// Runs of a program on all cores, where the first one has shown that none depends on another.

import { availableParallelism } from 'node:os'
import { packTensor } from '../../isa/packing.ts'
import type { Program } from '../../isa/program.ts'
import type { ImagesSimulation } from '../../simulator/images.ts'
import { simulationOf, Simulator } from '../../simulator/simulate.ts'
import type { SimulatedRun } from '../../simulator/simulate.ts'
import type { Codes } from './run-inputs.ts'
import { defined } from '../../base/defined.ts'
import { workerFile } from '../../base/worker-module.ts'
import { answerOnAllCores } from '../../base/worker-pool.ts'

/** What a run gives that another one may give differently. */
export type RunAnswer = Pick<SimulatedRun, 'hazards' | 'overflows' | 'outputs'>

export interface OnAllCores {
  /** threads that simulate, this one included; one a core, where they are worth their start, if not given */
  readonly workers?: number | undefined
  readonly onRun?: () => void
}

/**
 * Runs init, then `infer` on the input codes of each run, and gives what `simulateImages` gives. This thread does the first run and goes on;
 * others beside it, each with a machine of its own, take what it has not yet taken, but only where that run has shown that runs carry nothing.
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
  const answers = await answerOnAllCores<Program, Codes, RunAnswer>(
    workerFile('toolchain/simulation/worker'),
    program,
    others,
    {
      workers: first.carried === 'nothing' ? threads : 1,
      onAnswer: onRun,
      here: (codes) => answerOf(simulator, codes),
    },
  )
  // Cycles do not depend on values.
  const { timing, carried } = first
  const runs = [first, ...answers.map((answer): SimulatedRun => ({ ...answer, timing, carried }))]
  return { ...simulationOf(program, init, runs), runs }
}

/** One more run of a machine. */
export function answerOf(simulator: Simulator, codes: Codes): RunAnswer {
  const { hazards, overflows, outputs } = simulator.infer(packedInputs(simulator.program, codes))
  return { hazards, overflows, outputs }
}

/** Seconds from a thread's start to its machine's: Node and the simulator's modules. */
const startSeconds = 0.3

/** What a later run takes of init and the first one together, which decode the weights. */
const laterShare = 1 / 4

/** Threads so that each has at least twice as long to do as it takes to start; the numbers that it counts on change no result. */
function worthwhileThreads(firstSeconds: number, runs: number): number {
  const worth = (runs * firstSeconds * laterShare) / (2 * (startSeconds + firstSeconds))
  return Math.min(availableParallelism(), 1 + Math.floor(worth))
}

const packedInputs = ({ inputs, machine }: Program, codes: Codes): Record<string, Uint8Array> =>
  Object.fromEntries(inputs.map((tensor) => [tensor.name, packTensor(codes[tensor.name]!, tensor, machine)]))
