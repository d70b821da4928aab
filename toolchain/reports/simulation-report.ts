// The report of a simulation, from the results of the simulator or the RTL.

import { elementAt } from '../../base/defined.ts'
import { sequencedMnemonics } from '../../isa/instructions.ts'
import { processingElements } from '../../isa/model/machine.ts'
import { imagesPerRun } from '../../isa/program.ts'
import type { LayerRecord, Program } from '../../isa/program.ts'
import { imageLosses, lossCauses } from '../../simulator/losses.ts'
import type { LossCause } from '../../simulator/losses.ts'
import type { PowerConstants } from '../../simulator/power/constants.ts'
import type { Simulation, TensorBytes } from '../../simulator/simulate.ts'
import type { Breakdown, ImageStatistics } from '../../simulator/statistics.ts'
import { imagesPerSecond, throughputOf } from '../../simulator/throughput.ts'
import { outputReports } from './outputs.ts'
import { powerReport } from './power.ts'
import { simulationReportVersion } from './report-version.ts'
import type { RtlReport, SimulatorReport } from './simulation-schema.ts'
import { streamingOf } from './streaming.ts'

/** The results of a simulation: cycles, and values unless only cycles were simulated. */
export type Simulated = ImageStatistics &
  Pick<Simulation, 'initCycles'> &
  Partial<Pick<Simulation, 'hazards' | 'overflows' | 'outputs' | 'infer'>>

export interface ReportOptions {
  /** number of images */
  readonly images: number
  /** the machine's if not given */
  readonly clockMHz?: number | undefined
  /** names of the scores, the program's if not given */
  readonly classes?: readonly string[] | undefined
}

/** Cycles of a run, and of init. */
interface RunCycles {
  readonly cycles: number
  readonly initCycles: number
}

/** The simulator's report. @param losses include how every cycle of every PE was spent */
export function simulatorReport(
  program: Program,
  simulation: Simulated,
  constants: PowerConstants,
  { losses = false, ...options }: ReportOptions & { readonly losses?: boolean },
): SimulatorReport {
  const { clockMHz = program.machine.clockMHz, images, classes = program.classes } = options
  const { convolution, dramBytes, breakdown, efficiency } = simulation
  const runs = images / imagesPerRun(program)
  const streaming = streamingOf(program, simulation)
  const dependence = simulation.infer?.interRunDependence
  const { hazards, overflows } = simulation
  return {
    ...commonOf(program, simulation, clockMHz),
    on: 'simulator',
    throughput: { images, runs, totalCycles: runs * simulation.cycles, ...throughputOf(program, simulation, clockMHz) },
    power: powerReport(program, simulation, clockMHz, constants),
    peEfficiency: { convolution: convolution.efficiency, image: efficiency },
    convolutionCycles: convolution.cycles,
    startCycles: simulation.startCycles,
    endCycles: simulation.endCycles,
    dramBytes: { read: dramBytes.read, written: dramBytes.written },
    work: partOf(breakdown, (name) => workActivities.has(name)),
    ...(streaming === undefined
      ? {}
      : { streamedWeights: { bytes: streaming.bytes, waitCycles: streaming.waitCycles } }),
    stalls: partOf(breakdown, (name) => !workActivities.has(name)),
    ...(hazards === undefined ? {} : { hazards: hazards.length }),
    ...(overflows === undefined ? {} : { overflows: overflows.length }),
    ...(typeof dependence === 'object' ? { carried: dependence.text } : {}),
    ...(simulation.outputs === undefined ? {} : { outputs: outputReports(program, simulation.outputs, classes) }),
    layers: program.layers.map((layer, index) => layerReport(layer, elementAt(simulation.layers, index))),
    ...(losses ? { losses: lossReports(program, simulation) } : {}),
  }
}

/** The RTL's report, with the field names of the simulator's. */
export function rtlReport(
  program: Program,
  run: RunCycles & { readonly outputs: TensorBytes },
  { images, clockMHz = program.machine.clockMHz, classes = program.classes }: ReportOptions,
): RtlReport {
  const common = commonOf(program, run, clockMHz)
  return {
    ...common,
    on: 'rtl',
    throughput: {
      images,
      runs: images / imagesPerRun(program),
      imagesPerSecond: imagesPerSecond(program, run.cycles, clockMHz),
    },
    peEfficiency: { image: common.usefulMacs / (common.processingElements * run.cycles) },
    outputs: outputReports(program, run.outputs, classes),
  }
}

function commonOf(program: Program, { cycles, initCycles }: RunCycles, clockMHz: number) {
  const { machine, layers } = program
  return {
    report: 'simulation',
    version: simulationReportVersion,
    program: program.name,
    machine: machine.name,
    clockMHz,
    cycles,
    initCycles,
    latencyMs: cycles / (clockMHz * 1000),
    usefulMacs: layers.reduce((sum, layer) => sum + layer.usefulMacs, 0),
    processingElements: processingElements(machine),
  } as const
}

/** The activities in which a unit works; the others are stalls. */
const workActivities: ReadonlySet<string> = new Set(sequencedMnemonics)

const partOf = (breakdown: Breakdown, belongs: (name: string, cycles: number) => boolean): Record<string, number> =>
  Object.fromEntries(Object.entries(breakdown).filter(([name, cycles]) => belongs(name, cycles)))

function layerReport(
  layer: LayerRecord,
  measured: ImageStatistics['layers'][number],
): SimulatorReport['layers'][number] {
  const { name, image, kind, shape, weights, nonZeros } = layer
  return {
    name,
    ...(image === undefined ? {} : { image }),
    kind,
    shape,
    weights,
    density: weights === 0 ? 1 : nonZeros / weights,
    cycles: measured.cycles,
    usefulMacs: measured.usefulMacs,
    peEfficiency: measured.efficiency,
    stalls: partOf(measured.breakdown, (cause, cycles) => !workActivities.has(cause) && cycles > 0),
  }
}

const causes = Object.keys(lossCauses) as LossCause[]

/** Cycles of all PEs by cause; those of a row add up to its cycles, the rows to the image. */
function lossReports(program: Program, image: ImageStatistics): SimulatorReport['losses'] {
  const pes = processingElements(program.machine)
  return imageLosses(program, image).map(({ name, cycles, peCycles }) => ({
    name,
    cycles,
    spent: Object.fromEntries(causes.map((cause) => [cause, peCycles[cause] / pes])),
  }))
}
