// dlp simulate: runs a program on images, on the simulator, on the RTL in Verilator, or on both to compare them.

import type { Argv, CommandModule } from 'yargs'
import { DlpError } from '../../base/error.ts'
import { counted } from '../../base/words.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { imagesPerRun } from '../../isa/program.ts'
import type { Program } from '../../isa/program.ts'
import type { PowerConstants } from '../../simulator/power/constants.ts'
import { simulateTiming } from '../../simulator/simulate.ts'
import { type TracedRun, traceJson, traceText } from '../../simulator/trace.ts'
import { readNpy, writeNpy } from '../../toolchain/files/npy.ts'
import { readFile } from '../../toolchain/files/read-file.ts'
import { classesFor } from '../../toolchain/models/class-names.ts'
import { loadVerifiedProgram } from '../../toolchain/models/program-file.ts'
import { powerConstantsOf } from '../../toolchain/reports/power-constants.ts'
import { simulatorReport } from '../../toolchain/reports/simulation-report.ts'
import type { SimulationReport } from '../../toolchain/reports/simulation-schema.ts'
import { outputArray, refuseUnexpected } from '../../toolchain/simulation/output-array.ts'
import { checkRuns, mostImages, runInputs } from '../../toolchain/simulation/run-inputs.ts'
import { simulateProgram } from '../../toolchain/simulation/simulate-program.ts'
import type { ProgramSimulation } from '../../toolchain/simulation/simulate-program.ts'
import { checkCount, checkWhole, classesOption } from '../arguments.ts'
import { UsageError } from '../io/errors.ts'
import { writeOutput } from '../io/outputs.ts'
import { progressOn } from '../io/progress.ts'
import { note, print, printJson, printMessages, warn } from '../output.ts'
import { simulationText } from '../print/simulation.ts'

interface Arguments {
  readonly program: string
  readonly input?: string
  readonly images?: number
  readonly seed: number
  readonly output?: string
  readonly expect?: string
  readonly codes: boolean
  readonly clock?: number
  readonly classes?: string
  readonly trace?: string
  readonly on: 'simulator' | 'rtl' | 'both'
  readonly waveform?: string
  readonly workers?: number
  readonly losses: boolean
  readonly power: boolean
  readonly powerConstants?: string
  readonly timingOnly: boolean
  readonly json: boolean
}

/** Greatest number of hazards and overflows that are printed. */
const printedFaults = 10

export const simulateCommand: CommandModule<object, Arguments> = {
  command: 'simulate <program>',
  describe: 'Run a program on images, exact to the bit and to the cycle',
  builder: (yargs) => options(yargs) as unknown as Argv<Arguments>,
  handler: async (words) => {
    checkOptions(words)
    const { program: path, output, expect, codes, on, waveform, workers, losses } = words
    const constants = await powerConstantsOf(words.powerConstants)
    if (words.timingOnly) return simulateCycles(words, constants)
    const program = await loadVerifiedProgram(path)
    const classes = await classesFor(program, words.classes)
    const inputs = await runInputs(program, { ...words, program: path, onWarning: warn })
    const found = await simulateProgram(program, inputs, {
      ...{ on, waveform, workers, losses, classes, clockMHz: words.clock },
      powerConstants: constants(program.machine),
      progress: progressOn(process.stderr),
      onNote: note,
    })
    if (output !== undefined) await writeOutput(output, writeNpy(outputArray(program, found.outputs, codes)))
    if (expect !== undefined)
      refuseUnexpected(outputArray(program, found.outputs, codes), readNpy(await readFile(expect), expect), expect)
    await writeTrace(words, program, found.timing)
    if (found.difference !== undefined)
      throw new DlpError({
        what: found.difference,
        where: path,
        allowed: 'simulator and RTL agree in every cycle and byte',
      })
    printReport(found.report, words)
    if (on === 'both') note('the RTL agrees in every cycle of every instruction and in every output')
    refuseFaults(found, path)
  },
}

/** @throws UsageError for options that are invalid, or that exclude each other */
function checkOptions({ clock, seed, images, waveform, on, losses, workers, power, powerConstants }: Arguments): void {
  if (clock !== undefined && !(clock > 0 && clock < 1e6))
    throw new UsageError(`--clock: ${clock} is not a clock in MHz`)
  if (!Number.isSafeInteger(seed)) throw new UsageError(`--seed: ${seed} is not a whole number`)
  if (images !== undefined) checkWhole('--images', images, 1, mostImages)
  if (waveform !== undefined && on === 'simulator')
    throw new UsageError('--waveform: only the RTL writes a waveform; add --on rtl or --on both')
  if (workers !== undefined) checkCount('--workers', workers)
  if (on !== 'rtl') return
  if (losses) throw new UsageError('--losses: only the simulator counts losses; use --on simulator or --on both')
  if (workers !== undefined)
    throw new UsageError('--workers: only the simulator runs in threads; use --on simulator or --on both')
  if (power || powerConstants !== undefined)
    throw new UsageError(
      `${power ? '--power' : '--power-constants'}: only the simulator estimates power; use --on simulator or --on both`,
    )
}

/** Simulates cycles only, which do not depend on values. */
async function simulateCycles(words: Arguments, constants: (machine: Machine) => PowerConstants): Promise<void> {
  const { program: path, input, output, expect, classes, codes, on, workers } = words
  const refused = Object.entries({
    input,
    output,
    expect,
    classes,
    workers,
    codes: codes || undefined,
    on: on === 'simulator' ? undefined : on,
  })
  for (const [name, value] of refused)
    if (value !== undefined)
      throw new UsageError(`--${name}: not with --timing-only, which computes no values and runs no RTL`)
  const program = await loadVerifiedProgram(path)
  const images = words.images ?? imagesPerRun(program)
  checkRuns(program, images, path)
  const found = simulateTiming(program)
  await writeTrace(words, program, found.timing)
  const { clock: clockMHz, losses } = words
  printReport(simulatorReport(program, found, constants(program.machine), { images, clockMHz, losses }), words)
}

async function writeTrace({ trace }: Arguments, { instructions }: Program, run: TracedRun): Promise<void> {
  if (trace === undefined) return
  await writeOutput(trace, (trace.endsWith('.json') ? traceJson : traceText)(instructions, run))
}

function printReport(report: SimulationReport, { json, power }: Arguments): void {
  if (json) printJson(report)
  else print(simulationText(report, power))
}

function options(yargs: Argv): Argv {
  return yargs
    .positional('program', { type: 'string', demandOption: true, describe: 'a .dlp file' })
    .option('input', {
      type: 'string',
      describe:
        'a .npy file [channels, height, width] or a picture; for several images a folder of pictures or a .npy file [count, channels, height, width]; seeded images if not given',
    })
    .option('images', {
      type: 'number',
      describe: 'number of images, back to back; if not given all images of the input, or as many as one run takes',
    })
    .option('expect', {
      type: 'string',
      describe: 'a .npy file of expected outputs, as --output writes it: exit code 1 if an output differs',
    })
    .option('seed', {
      type: 'number',
      default: 1,
      describe: 'seed of the first image if there is no input; it is one greater for each further image',
    })
    .option('output', {
      alias: 'o',
      type: 'string',
      describe:
        'the .npy file to write: real values as float32, or codes if the model’s output are codes; several images as [count, …]',
    })
    .option('codes', {
      type: 'boolean',
      default: false,
      describe:
        'whole numbers in the input are codes, and the output is codes (int32); for a model that takes codes, floats in the input are codes',
    })
    .options(classesOption)
    .option('clock', { type: 'number', describe: 'clock in MHz for all times; the machine’s if not given' })
    .option('trace', {
      type: 'string',
      describe: 'file to write with the issue and retirement of every instruction; JSON if named .json',
    })
    .option('on', {
      choices: ['simulator', 'rtl', 'both'] as const,
      default: 'simulator',
      describe:
        'what executes the program; rtl: the SystemVerilog in Verilator; both: compare them, exit code 1 if they differ',
    })
    .option('timing-only', {
      type: 'boolean',
      default: false,
      describe: 'simulate cycles without values: no input is needed; hazards and overflows are not checked',
    })
    .option('losses', {
      type: 'boolean',
      default: false,
      describe: 'print how every cycle of the PEs was spent, by layer and cause',
    })
    .option('power', {
      type: 'boolean',
      default: false,
      describe: 'print the parts of the power estimate: counts, constants, watts',
    })
    .option('power-constants', {
      type: 'string',
      describe: 'a .json file with constants of the power estimate: { "board": 12, … }',
    })
    .option('workers', {
      type: 'number',
      describe: 'threads that simulate; if not given, one for each core if the runs are long enough',
    })
    .option('waveform', { type: 'string', describe: 'FST file to write with all signals of the RTL' })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' })
}

/** With hazards or overflows the hardware may compute other values, so that the command fails. */
function refuseFaults({ hazards, overflows }: ProgramSimulation, path: string): void {
  const faults = [...hazards.map((text) => `hazard: ${text}`), ...overflows.map((text) => `overflow: ${text}`)]
  if (faults.length === 0) return
  for (const fault of faults.slice(0, printedFaults)) printMessages(`dlp: ${fault}`)
  if (faults.length > printedFaults) printMessages(`dlp: and ${faults.length - printedFaults} more`)
  throw new DlpError({
    what: `${counted(hazards.length, 'hazard')} and ${counted(overflows.length, 'overflow')}`,
    where: path,
    allowed: 'none: with them the results of the hardware are undefined',
  })
}
