// dlp simulate: images through a program, on the simulator, on the RTL in Verilator, or on both and compared.

import type { Argv, CommandModule } from 'yargs'
import { DlpError } from '../../base/error.ts'
import { counted } from '../../base/words.ts'
import { imagesPerRun } from '../../isa/program.ts'
import type { Program } from '../../isa/program.ts'
import { simulateTiming } from '../../simulator/simulate.ts'
import type { Simulation } from '../../simulator/simulate.ts'
import { traceJson, traceText } from '../../simulator/trace.ts'
import { checkCount, checkWhole } from '../arguments.ts'
import { classesFor, classesOption } from '../class-names.ts'
import { UsageError } from '../io/errors.ts'
import { readNpy, writeNpy } from '../io/npy.ts'
import { progressOn } from '../io/progress.ts'
import { readFile } from '../io/read-file.ts'
import { writeOutput } from '../io/outputs.ts'
import { paragraphs, print, printJson, remark } from '../output.ts'
import { loadSoundProgram } from '../program-file.ts'
import { refuseDifference, rtlJson, rtlText, simulateRtl } from '../rtl-simulation.ts'
import { powerConstantsOf } from '../power-constants.ts'
import { powerOf, powerText } from '../power-report.ts'
import type { PowerConstants } from '../../simulator/power/constants.ts'
import { lossesJson, lossesText } from '../losses-report.ts'
import { simulateOnAllCores } from '../simulate/on-all-cores.ts'
import { checkRuns, mostImages, outputArray, refuseUnexpected, runInputs } from '../simulation-files.ts'
import { simulationJson, simulationText } from '../simulation-report.ts'

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
    const { program: path, seed, output, codes, clock, trace, json, on, waveform, losses } = words
    if (clock !== undefined && !(clock > 0 && clock < 1e6))
      throw new UsageError(`--clock: ${clock} is not a clock in MHz`)
    if (!Number.isSafeInteger(seed)) throw new UsageError(`--seed: ${seed} is not a whole number`)
    if (words.images !== undefined) checkWhole('--images', words.images, 1, mostImages)
    if (waveform !== undefined && on === 'simulator')
      throw new UsageError('--waveform: only the RTL has one, with --on rtl or --on both')
    if (losses && on === 'rtl')
      throw new UsageError('--losses: only the simulator counts them, with --on simulator or both')
    if (words.workers !== undefined) checkCount('--workers', words.workers)
    if (words.workers !== undefined && on === 'rtl')
      throw new UsageError('--workers: only the simulator has them, with --on simulator or both')
    const constants = await constantsOf(words)
    if (words.timingOnly) return simulateCycles(words, constants)
    const program = await loadSoundProgram(path)
    const classes = await classesFor(program, words.classes)
    const inputs = await runInputs(program, { ...words, program: path })
    const images = inputs.length * imagesPerRun(program)
    const clockMHz = clock ?? program.machine.clockMHz
    const progress = progressOn(process.stderr)
    const onRun = (): void => progress.step()
    const rtl = on === 'simulator' ? undefined : await simulateRtl(program, inputs, { waveform, progress })
    if (on !== 'rtl') progress.stage('simulate', inputs.length)
    const simulation = on === 'rtl' ? undefined : await simulateOnAllCores(program, inputs, { ...words, onRun })
    progress.done()
    const outputs = (simulation ?? rtl!).runs.map((run) => run.outputs)
    if (output !== undefined) await writeOutput(output, writeNpy(outputArray(program, outputs, codes)))
    if (words.expect !== undefined) {
      const expected = readNpy(await readFile(words.expect), words.expect)
      refuseUnexpected(outputArray(program, outputs, codes), expected, words.expect)
    }
    if (trace !== undefined) {
      const text = trace.endsWith('.json') ? traceJson : traceText
      await writeOutput(trace, text(program.instructions, simulation?.infer.timing ?? rtl!.infer))
    }
    if (simulation === undefined) {
      if (json) printJson(rtlJson(program, rtl!, clockMHz, classes))
      else print(rtlText(program, rtl!, clockMHz, classes))
      return
    }
    if (rtl !== undefined) refuseDifference(program, simulation, rtl, path)
    report(program, simulation, images, clockMHz, words, constants, classes)
    if (rtl !== undefined) remark('dlp: the RTL agrees in every cycle of every instruction and in every output')
    refuseFaults(simulation, path)
  },
}

/** Constants of the power estimate by machine. */
type ConstantsOf = (machine: Program['machine']) => PowerConstants

/** The constants of the power estimate, which the RTL has not. */
async function constantsOf({ power, powerConstants, on }: Arguments): Promise<ConstantsOf> {
  const option = power ? '--power' : powerConstants === undefined ? undefined : '--power-constants'
  if (option !== undefined && on === 'rtl')
    throw new UsageError(`${option}: only the simulator estimates it, with --on simulator or both`)
  return powerConstantsOf(powerConstants)
}

/** Cycles do not depend on values. */
async function simulateCycles(words: Arguments, constants: ConstantsOf): Promise<void> {
  const { program: path, input, output, expect, classes, codes, clock, trace, on, workers } = words
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
  const image = simulateTiming(program)
  if (trace !== undefined)
    await writeOutput(trace, (trace.endsWith('.json') ? traceJson : traceText)(program.instructions, image.timing))
  report(program, image, images, clock ?? program.machine.clockMHz, words, constants)
}

function report(
  program: Program,
  image: Parameters<typeof simulationText>[1],
  images: number,
  clockMHz: number,
  { json, losses, power }: Arguments,
  constants: ConstantsOf,
  classes?: readonly string[],
): void {
  const estimate = powerOf(program, image, clockMHz, constants(program.machine))
  if (json)
    printJson({
      ...simulationJson(program, image, images, clockMHz, estimate, classes),
      ...(losses ? { losses: lossesJson(program, image) } : {}),
    })
  else
    print(
      paragraphs(
        simulationText(program, image, images, clockMHz, estimate, classes),
        ...(losses ? [lossesText(program, image)] : []),
        ...(power ? [powerText(estimate)] : []),
      ),
    )
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
function refuseFaults({ hazards, overflows }: Simulation, path: string): void {
  const faults = [
    ...hazards.map(({ text }) => `hazard: ${text}`),
    ...overflows.map(
      ({ kind, index, row, cluster, value }) =>
        `overflow: instruction ${index}, row ${row}${kind === 'cluster' ? `, cluster ${cluster}` : ''}: the ${kind} sum is ${value}`,
    ),
  ]
  if (faults.length === 0) return
  for (const fault of faults.slice(0, mostRemarks)) remark(`dlp: ${fault}`)
  if (faults.length > mostRemarks) remark(`dlp: and ${faults.length - mostRemarks} more`)
  throw new DlpError({
    what: `${counted(hazards.length, 'hazard')} and ${counted(overflows.length, 'overflow')}`,
    where: path,
    allowed: 'none: on the machine its results are not defined',
  })
}
