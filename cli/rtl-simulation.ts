// One image on the RTL in Verilator, and what of it differs from the simulator's.

import { DlpError } from '../isa/error.ts'
import { processingElements } from '../isa/machine.ts'
import type { Program } from '../isa/program.ts'
import { openVerilator } from '../host/verilator.ts'
import type { RtlRun } from '../host/verilator.ts'
import { firstByteDifference, firstCycleDifference } from '../host/verilator/compare.ts'
import type { Simulation, TensorBytes } from '../simulator/simulate.ts'
import { remark } from './output.ts'
import { facts, percent, whole } from './table.ts'

export type Codes = Readonly<Record<string, ArrayLike<number>>>

/** Init and one image on the RTL. */
export interface RtlSimulation {
  readonly init: RtlRun
  readonly infer: RtlRun
  readonly outputs: TensorBytes
}

/** Runs a program on its machine's RTL; says so on standard error where that has to be built first. */
export async function simulateRtl(program: Program, inputs: Codes, waveform?: string): Promise<RtlSimulation> {
  const device = await openVerilator(program.machine, { waveform, onBuild: (text) => remark(`dlp: ${text}`) })
  try {
    const init = await device.load(program)
    for (const { name } of program.inputs) device.writeInput(name, inputs[name]!)
    device.start()
    const infer = await device.wait()
    const outputs = Object.fromEntries(program.outputs.map(({ name }) => [name, device.readOutputBytes(name)]))
    return { init, infer, outputs }
  } finally {
    await device.close()
  }
}

/** Refuses an RTL run that is not the simulator's. @throws DlpError with the first cycle or byte that differs */
export function refuseDifference(program: Program, simulation: Simulation, rtl: RtlSimulation, where: string): void {
  const found = differenceOf(program, simulation, rtl)
  if (found === undefined) return
  throw new DlpError({ what: found, where, allowed: 'simulator and RTL agree in every cycle and byte' })
}

function differenceOf(program: Program, simulation: Simulation, rtl: RtlSimulation): string | undefined {
  for (const entry of ['init', 'infer'] as const) {
    const found = firstCycleDifference(program, simulation[entry].timing, rtl[entry])
    if (found !== undefined) return `${entry}, ${found}`
  }
  for (const tensor of program.outputs) {
    const found = firstByteDifference(tensor, simulation.outputs[tensor.name]!, rtl.outputs[tensor.name]!)
    if (found !== undefined) return found
  }
  return undefined
}

/** What the RTL tells in numbers, under the names that the simulator uses; it does not know why cycles passed. */
export function rtlJson(program: Program, { init, infer }: RtlSimulation, clockMHz: number): object {
  const { machine, layers } = program
  const usefulMacs = layers.reduce((sum, layer) => sum + layer.usefulMacs, 0)
  const pes = processingElements(machine)
  return {
    program: program.name,
    machine: machine.name,
    clockMHz,
    cycles: infer.cycles,
    initCycles: init.cycles,
    latencyMs: infer.cycles / (clockMHz * 1000),
    usefulMacs,
    processingElements: pes,
    peEfficiency: { image: usefulMacs / (pes * infer.cycles) },
  }
}

/** The same for people. */
export function rtlText(program: Program, { init, infer }: RtlSimulation, clockMHz: number): string {
  const { machine, layers } = program
  const usefulMacs = layers.reduce((sum, layer) => sum + layer.usefulMacs, 0)
  const pes = processingElements(machine)
  const milliseconds = (count: number): string => `${(count / (clockMHz * 1000)).toFixed(4)} ms`
  return facts([
    ['machine', `'${machine.name}' as RTL in Verilator, ${whole(pes)} PEs, ${clockMHz} MHz`],
    [
      'latency',
      `${whole(infer.cycles)} cycles, ${milliseconds(infer.cycles)}; init ${whole(init.cycles)} cycles, ${milliseconds(init.cycles)}`,
    ],
    ['useful MACs', whole(usefulMacs)],
    ['PE efficiency', `${percent(usefulMacs / (pes * infer.cycles))} over the image`],
  ])
}
