// A worker thread of simulations: runs init on a machine of its own, then any runs that it receives, in any order.

import type { Program } from '../../isa/program.ts'
import { Simulator } from '../../simulator/simulate.ts'
import type { Codes } from './run-inputs.ts'
import { serveJobs } from '../../base/worker-pool.ts'
import { type RunResult, runResult } from './on-all-cores.ts'

await serveJobs<Program, Codes, RunResult>((program) => {
  const simulator = new Simulator(program)
  simulator.init()
  return (codes) => runResult(simulator, codes)
})
