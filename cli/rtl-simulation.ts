// Images on the RTL in Verilator, and what of them differs from the simulator's.

import { existsSync } from 'node:fs'
import type { Progress } from '../compiler/progress.ts'
import { DlpError } from '../base/error.ts'
import { processingElements } from '../isa/model/machine.ts'
import { imagesPerRun } from '../isa/program.ts'
import type { Program } from '../isa/program.ts'
import { imagesPerSecond } from '../simulator/throughput.ts'
import { openVerilator } from '../host/verilator.ts'
import type { ProcessorOptions } from '../host/verilator/processor.ts'
import type { RtlRun } from '../host/verilator.ts'
import { firstByteDifference, firstCycleDifference } from '../host/verilator/compare.ts'
import type { ImagesSimulation } from '../simulator/images.ts'
import type { TensorBytes } from '../simulator/simulate.ts'
import { silent } from './io/progress.ts'
import { openAside, placeOf } from './io/write-aside.ts'
import { outputFacts, outputsJson } from './outputs-report.ts'
import { type Block, remark } from './output.ts'
import { facts, percent, whole } from './table.ts'

export type Codes = Readonly<Record<string, ArrayLike<number>>>

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

/**
 * Runs a program on its machine's RTL; says so on standard error where that has to be built first.
 * @param inputs [runs] at least one
 * @param waveform a file for all signals, which is in its place whole, or as far as a run that failed has come
 */
export async function simulateRtl(
  program: Program,
  inputs: readonly Codes[],
  { waveform, progress = silent }: { readonly waveform?: string | undefined; readonly progress?: Progress } = {},
): Promise<RtlSimulation> {
  if (waveform === undefined) return runRtl(program, inputs, undefined, progress)
  const place = await placeOf(waveform)
  if (place.kind === 'stream') throw new DlpError({ what: 'cannot be written in parts', where: waveform, allowed: 'a file' }) // prettier-ignore
  const aside = openAside(place.target)
  try {
    return await runRtl(program, inputs, aside.path, progress)
  } finally {
    if (existsSync(aside.path)) await aside.putInPlace(place.status)
    await aside.remove()
  }
}

async function runRtl(
  program: Program,
  inputs: readonly Codes[],
  waveform: string | undefined,
  progress: Progress,
): Promise<RtlSimulation> {
  const device = await openVerilator(program.machine, { waveform, ...buildProgress(progress) })
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
    return { init, infer: runs[0]!.timing, runs }
  } finally {
    await device.close()
  }
}

/** A line before a build, then a bar of the files that are compiled. */
function buildProgress(progress: Progress): Pick<ProcessorOptions, 'onBuild' | 'onCompiled'> {
  let shown: number | undefined
  return {
    onBuild: (text) => remark(`dlp: ${text}`),
    onCompiled: (files, of) => {
      if (of === undefined) return
      if (shown === undefined) progress.stage('build RTL', of)
      progress.step(files - (shown ?? 0))
      shown = files
    },
  }
}

/** Refuses an RTL run that is not the simulator's. @throws DlpError with the first cycle or byte that differs */
export function refuseDifference(
  program: Program,
  simulation: ImagesSimulation,
  rtl: RtlSimulation,
  where: string,
): void {
  const found = differenceOf(program, simulation, rtl)
  if (found === undefined) return
  throw new DlpError({ what: found, where, allowed: 'simulator and RTL agree in every cycle and byte' })
}

function differenceOf(program: Program, simulation: ImagesSimulation, rtl: RtlSimulation): string | undefined {
  const init = firstCycleDifference(program, simulation.init.timing, rtl.init)
  if (init !== undefined) return `init, ${init}`
  for (const [index, { timing, outputs }] of simulation.runs.entries()) {
    const other = rtl.runs[index]!
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

/** Useful MACs of a run, and the PEs that do them. */
const workOf = ({ machine, layers }: Program): { readonly usefulMacs: number; readonly pes: number } => ({
  usefulMacs: layers.reduce((sum, layer) => sum + layer.usefulMacs, 0),
  pes: processingElements(machine),
})

/** What the RTL tells in numbers, under the names that the simulator uses; it does not know why cycles passed. */
export function rtlJson(
  program: Program,
  { init, infer, runs }: RtlSimulation,
  clockMHz: number,
  classes = program.classes,
): object {
  const { machine } = program
  const { usefulMacs, pes } = workOf(program)
  return {
    program: program.name,
    machine: machine.name,
    clockMHz,
    cycles: infer.cycles,
    initCycles: init.cycles,
    latencyMs: infer.cycles / (clockMHz * 1000),
    throughput: {
      images: runs.length * imagesPerRun(program),
      runs: runs.length,
      imagesPerSecond: imagesPerSecond(program, infer.cycles, clockMHz),
    },
    usefulMacs,
    processingElements: pes,
    peEfficiency: { image: usefulMacs / (pes * infer.cycles) },
    outputs: outputsJson(program, runs[0]!.outputs, classes),
  }
}

/** The same for people. */
export function rtlText(
  program: Program,
  { init, infer, runs }: RtlSimulation,
  clockMHz: number,
  classes = program.classes,
): Block {
  const { machine } = program
  const { usefulMacs, pes } = workOf(program)
  const milliseconds = (count: number): string => `${(count / (clockMHz * 1000)).toFixed(4)} ms`
  return facts([
    ['machine', `'${machine.name}' as RTL in Verilator, ${whole(pes)} PEs, ${clockMHz} MHz`],
    [
      'latency',
      `${whole(infer.cycles)} cycles, ${milliseconds(infer.cycles)}; init ${whole(init.cycles)} cycles, ${milliseconds(init.cycles)}`,
    ],
    ['throughput', `${whole(imagesPerSecond(program, infer.cycles, clockMHz))} images/s`],
    ['useful MACs', whole(usefulMacs)],
    ['PE efficiency', `${percent(usefulMacs / (pes * infer.cycles))} over the image`],
    ...outputFacts(program, runs[0]!.outputs, classes),
  ])
}
