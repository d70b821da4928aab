// Runs a program on the simulator, on the RTL, or on both and compares them; returns the outputs and the report.

import { elementAt } from '../../base/defined.ts'
import type { Progress } from '../../compiler/progress.ts'
import { imagesPerRun } from '../../isa/program.ts'
import type { Program } from '../../isa/program.ts'
import type { ImagesSimulation } from '../../simulator/images.ts'
import type { PowerConstants } from '../../simulator/power/constants.ts'
import { constantsFor } from '../../simulator/power/device.ts'
import type { TensorBytes } from '../../simulator/simulate.ts'
import type { TracedRun } from '../../simulator/trace.ts'
import type { SimulationReport } from '../reports/simulation-schema.ts'
import { rtlReport, simulatorReport } from '../reports/simulation-report.ts'
import type { OnWarning } from '../warning.ts'
import { simulateOnAllCores } from './on-all-cores.ts'
import { differenceOf, simulateRtl } from './on-rtl.ts'
import type { Codes } from './run-inputs.ts'

export interface SimulateProgramOptions {
  /** what executes the program; the simulator if not given */
  readonly on?: 'simulator' | 'rtl' | 'both'
  /** clock in MHz; the machine's if not given */
  readonly clockMHz?: number | undefined
  /** names of the classes; the program's if not given */
  readonly classes?: readonly string[] | undefined
  /** of the power estimate; those of the machine's device if not given */
  readonly powerConstants?: PowerConstants
  /** include how every cycle of every processing element was spent */
  readonly losses?: boolean
  /** threads that simulate; if not given, one for each core, as long as each saves more time than its start takes */
  readonly workers?: number | undefined
  /** a file for all signals of the RTL */
  readonly waveform?: string | undefined
  readonly progress?: Progress
  /** called with what is built before the RTL runs */
  readonly onNote?: OnWarning
}

export interface ProgramSimulation {
  /** the simulator's, where both run */
  readonly report: SimulationReport
  /** [runs] */
  readonly outputs: readonly TensorBytes[]
  /** the first run, for a trace */
  readonly timing: TracedRun
  /** hazards and overflows, with which the hardware may compute other values; the RTL reports none */
  readonly hazards: readonly string[]
  readonly overflows: readonly string[]
  /** the first cycle or byte in which simulator and RTL differ, where both run and do */
  readonly difference: string | undefined
}

/**
 * Runs `init`, then `infer` on the input codes of each run.
 * @param inputs [runs] at least one
 * @throws MachineFault or DlpError as `Simulator` and `openVerilator` do
 */
export async function simulateProgram(
  program: Program,
  inputs: readonly Codes[],
  options: SimulateProgramOptions = {},
): Promise<ProgramSimulation> {
  const { on = 'simulator', progress, powerConstants = constantsFor(program.machine) } = options
  const reported = { ...options, images: inputs.length * imagesPerRun(program) }
  const rtl = on === 'simulator' ? undefined : await simulateRtl(program, inputs, options)
  if (rtl !== undefined && on === 'rtl') {
    progress?.done()
    const { init, infer, runs } = rtl
    const first = { cycles: infer.cycles, initCycles: init.cycles, outputs: elementAt(runs, 0).outputs }
    return {
      report: rtlReport(program, first, reported),
      outputs: runs.map((run) => run.outputs),
      timing: infer,
      hazards: [],
      overflows: [],
      difference: undefined,
    }
  }
  progress?.stage('simulate', inputs.length)
  const simulation = await simulateOnAllCores(program, inputs, {
    workers: options.workers,
    onRun: () => progress?.step(),
  })
  progress?.done()
  return {
    report: simulatorReport(program, simulation, powerConstants, reported),
    outputs: simulation.runs.map((run) => run.outputs),
    timing: simulation.infer.timing,
    ...faultsOf(simulation),
    difference: rtl === undefined ? undefined : differenceOf(program, simulation, rtl),
  }
}

function faultsOf({ hazards, overflows }: ImagesSimulation): Pick<ProgramSimulation, 'hazards' | 'overflows'> {
  return {
    hazards: hazards.map(({ text }) => text),
    overflows: overflows.map(
      ({ kind, index, row, cluster, value }) =>
        `instruction ${index}, row ${row}${kind === 'cluster' ? `, cluster ${cluster}` : ''}: the ${kind} sum is ${value}`,
    ),
  }
}
