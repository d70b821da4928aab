// dlp simulate: images through a program, on the simulator, on the RTL in Verilator, or on both and compared.

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
import { loadSoundProgram } from '../../toolchain/models/program-file.ts'
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
import { note, print, printJson, remark, warn } from '../output.ts'
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

/** At most so many hazards and overflows are printed. */
const mostRemarks = 10

export const simulateCommand: CommandModule<object, Arguments> = {
  command: 'simulate <program>',
  describe: 'Run a program on images, exact to the bit and to the cycle',
  builder: (yargs) => options(yargs) as unknown as Argv<Arguments>,
  handler: async (words) => {
    checkWords(words)
    const { program: path, output, expect, codes, on, waveform, workers, losses } = words
    const constants = await powerConstantsOf(words.powerConstants)
    if (words.timingOnly) return simulateCycles(words, constants)
    const program = await loadSoundProgram(path)
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

/** @throws UsageError for words that cannot be understood, or not together */
function checkWords({ clock, seed, images, waveform, on, losses, workers, power, powerConstants }: Arguments): void {
  if (clock !== undefined && !(clock > 0 && clock < 1e6))
    throw new UsageError(`--clock: ${clock} is not a clock in MHz`)
  if (!Number.isSafeInteger(seed)) throw new UsageError(`--seed: ${seed} is not a whole number`)
  if (images !== undefined) checkWhole('--images', images, 1, mostImages)
  if (waveform !== undefined && on === 'simulator')
    throw new UsageError('--waveform: only the RTL has one, with --on rtl or --on both')
  if (workers !== undefined) checkCount('--workers', workers)
  if (on !== 'rtl') return
  if (losses) throw new UsageError('--losses: only the simulator counts them, with --on simulator or both')
  if (workers !== undefined) throw new UsageError('--workers: only the simulator has them, with --on simulator or both')
  if (power || powerConstants !== undefined)
    throw new UsageError(
      `${power ? '--power' : '--power-constants'}: only the simulator estimates it, with --on simulator or both`,
    )
}

/** Cycles do not depend on values. */
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
    if (value !== undefined) throw new UsageError(`--${name}: with --timing-only there are no values, and no RTL`)
  const program = await loadSoundProgram(path)
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
        '.npy [channels, height, width] or a picture; of several images a folder of pictures, or .npy [count, channels, height, width]; seeded images if not given',
    })
    .option('images', {
      type: 'number',
      describe: 'so many, back to back; all that the input holds, or one run’s, if not given',
    })
    .option('expect', {
      type: 'string',
      describe: 'a .npy file as --output writes it: exit code 1 where an output is not the same',
    })
    .option('seed', {
      type: 'number',
      default: 1,
      describe: 'seed of the first image where there is no input; the next one’s is one more',
    })
    .option('output', {
      alias: 'o',
      type: 'string',
      describe:
        'the .npy file to write: real values as float32, or the codes of a model that gives codes; several images [count, …]',
    })
    .option('codes', {
      type: 'boolean',
      default: false,
      describe:
        'whole numbers of the input are codes; the output is codes (int32); of a model that takes codes, floats of the input are codes',
    })
    .options(classesOption)
    .option('clock', { type: 'number', describe: 'MHz for the latency; the machine’s clock if not given' })
    .option('trace', {
      type: 'string',
      describe: 'file for the issue and retirement of every instruction; JSON if named .json',
    })
    .option('on', {
      choices: ['simulator', 'rtl', 'both'] as const,
      default: 'simulator',
      describe:
        'what runs it; rtl: the hardware’s description in Verilator; both: compared, exit code 1 if they differ',
    })
    .option('timing-only', {
      type: 'boolean',
      default: false,
      describe: 'cycles without values: no input is needed, nothing is checked',
    })
    .option('losses', {
      type: 'boolean',
      default: false,
      describe: 'where every cycle of the PEs went, by layer and cause',
    })
    .option('power', {
      type: 'boolean',
      default: false,
      describe: 'what the estimate of power is made of: counts, constants, watts',
    })
    .option('power-constants', { type: 'string', describe: 'a .json file of constants for it: { "board": 12, … }' })
    .option('workers', { type: 'number', describe: 'threads that simulate, one a core if not given' })
    .option('waveform', { type: 'string', describe: 'FST file for all signals of the RTL' })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' })
}

/** Hazards and overflows mean that the machine itself might compute something else: never a success. */
function refuseFaults({ hazards, overflows }: ProgramSimulation, path: string): void {
  const faults = [...hazards.map((text) => `hazard: ${text}`), ...overflows.map((text) => `overflow: ${text}`)]
  if (faults.length === 0) return
  for (const fault of faults.slice(0, mostRemarks)) remark(`dlp: ${fault}`)
  if (faults.length > mostRemarks) remark(`dlp: and ${faults.length - mostRemarks} more`)
  throw new DlpError({
    what: `${counted(hazards.length, 'hazard')} and ${counted(overflows.length, 'overflow')}`,
    where: path,
    allowed: 'none: on the machine its results are not defined',
  })
}
