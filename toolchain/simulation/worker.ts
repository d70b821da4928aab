// A worker thread of simulations: a machine of its own after init, and the runs that it is given, whichever and in whatever order.

import type { Program } from '../../isa/program.ts'
import { Simulator } from '../../simulator/simulate.ts'
import type { Codes } from './run-inputs.ts'
import { serveJobs } from '../../base/worker-pool.ts'
import { answerOf, type RunAnswer } from './on-all-cores.ts'

await serveJobs<Program, Codes, RunAnswer>((program) => {
  const simulator = new Simulator(program)
  simulator.init()
  return (codes) => answerOf(simulator, codes)
})
