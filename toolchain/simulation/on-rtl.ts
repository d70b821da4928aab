// Runs of a program on the RTL in Verilator, and their first difference from the simulator's.

import { existsSync } from 'node:fs'
import { type Progress, silent } from '../../compiler/progress.ts'
import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import type { Program } from '../../isa/program.ts'
import { openVerilator } from '../../host/verilator.ts'
import type { ProcessorOptions } from '../../host/verilator/processor.ts'
import type { RtlRun } from '../../host/verilator.ts'
import { firstByteDifference, firstCycleDifference } from '../../host/verilator/compare.ts'
import type { ImagesSimulation } from '../../simulator/images.ts'
import type { TensorBytes } from '../../simulator/simulate.ts'
import { temporaryFor, targetOf } from '../files/write-atomically.ts'
import { type OnWarning, ignoreWarning } from '../warning.ts'
import type { Codes } from './run-inputs.ts'

/** A run of infer on the RTL. */
export interface RtlInfer {
  readonly timing: RtlRun
  readonly outputs: TensorBytes
}

/** Init and every run of infer on the RTL. */
export interface RtlSimulation {
  readonly init: RtlRun
  /** the first run */
  readonly infer: RtlRun
  readonly runs: readonly RtlInfer[]
}

export interface RtlOptions {
  /** a file for all signals */
  readonly waveform?: string | undefined
  readonly progress?: Progress
  /** called with what is built first, and with the process that is waited for */
  readonly onNote?: OnWarning
}

/**
 * Runs a program on its machine's RTL.
 * @param inputs [runs] at least one
 * @param waveform a file for all signals, which is complete, or of a failed run ends where it failed
 */
export async function simulateRtl(
  program: Program,
  inputs: readonly Codes[],
  { waveform, progress = silent, onNote = ignoreWarning }: RtlOptions = {},
): Promise<RtlSimulation> {
  const processorOptions = { ...buildProgress(progress), onBuild: onNote }
  if (waveform === undefined) return runRtl(program, inputs, processorOptions, progress)
  const output = await targetOf(waveform)
  if (output.kind === 'stream')
    throw new DlpError({ what: 'cannot be written in parts', where: waveform, allowed: 'a file' })
  const temporary = temporaryFor(output.target)
  try {
    return await runRtl(program, inputs, { ...processorOptions, waveform: temporary.path }, progress)
  } finally {
    if (existsSync(temporary.path)) await temporary.replaceTarget(output.status)
    await temporary.remove()
  }
}

async function runRtl(
  program: Program,
  inputs: readonly Codes[],
  processorOptions: ProcessorOptions,
  progress: Progress,
): Promise<RtlSimulation> {
  const device = await openVerilator(program.machine, processorOptions)
  progress.stage('RTL', inputs.length)
  try {
    const init = await device.load(program)
    const runs: RtlInfer[] = []
    for (const each of inputs) {
      for (const { name } of program.inputs) device.writeInput(name, each[name]!)
      device.start()
      const timing = await device.wait()
      const outputs = Object.fromEntries(program.outputs.map(({ name }) => [name, device.readOutputBytes(name)]))
      runs.push({ timing, outputs })
      progress.step()
    }
    return { init, infer: elementAt(runs, 0).timing, runs }
  } finally {
    await device.close()
  }
}

/** Progress by compiled files, where the RTL must be built first. */
function buildProgress(progress: Progress): Pick<ProcessorOptions, 'onCompiled'> {
  let shown: number | undefined
  return {
    onCompiled: (files, of) => {
      if (of === undefined) return
      if (shown === undefined) progress.stage('build RTL', of)
      progress.step(files - (shown ?? 0))
      shown = files
    },
  }
}

/** The first cycle or byte in which the RTL's runs are not the simulator's; undefined where they agree. */
export function differenceOf(program: Program, simulation: ImagesSimulation, rtl: RtlSimulation): string | undefined {
  const init = firstCycleDifference(program, simulation.init.timing, rtl.init)
  if (init !== undefined) return `init, ${init}`
  for (const [index, { timing, outputs }] of simulation.runs.entries()) {
    const other = elementAt(rtl.runs, index)
    const name = simulation.runs.length === 1 ? 'infer' : `infer, run ${index}`
    const cycle = firstCycleDifference(program, timing, other.timing)
    if (cycle !== undefined) return `${name}, ${cycle}`
    for (const tensor of program.outputs) {
      const byte = firstByteDifference(tensor, outputs[tensor.name]!, other.outputs[tensor.name]!)
      if (byte !== undefined) return `${name}, ${byte}`
    }
  }
  return undefined
}
