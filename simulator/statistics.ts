// How the cycles of a run were spent: activities and stalls, which add up to all cycles; layers; PE efficiency.
import type { SequencedInstruction } from '../isa/instruction.ts'
import { isSequenced } from '../isa/instruction.ts'
import { sequencedMnemonics } from '../isa/instructions.ts'
import { processingElements } from '../isa/model/machine.ts'
import type { LayerRecord, Program } from '../isa/program.ts'
import { causes } from './causes.ts'
import type { Cause } from './causes.ts'
import type { InstructionRecord } from './record.ts'
import type { TimedRun } from './run-timing.ts'

/** What the compute queue does in a cycle: a unit works, or the cause why none does. */
export const activities = [
  ...sequencedMnemonics,
  'start',
  'dispatch',
  'load',
  'parameter',
  'compute',
  'gap',
  'unit change',
  'store',
  'setup',
  'end',
] as const
export type Activity = (typeof activities)[number]
/** Cycles of each activity; they add up to all cycles. */
export type Breakdown = Readonly<Record<Activity, number>>

export interface LayerStatistics {
  readonly name: string
  readonly kind: LayerRecord['kind']
  /** cycles of the layer: from the end of the layer before to its own last beat or read */
  readonly firstCycle: number
  readonly cycles: number
  readonly usefulMacs: number
  /** useful MACs ÷ (PEs × cycles) */
  readonly efficiency: number
  readonly breakdown: Breakdown
}

export interface ImageStatistics {
  /** doorbell to interrupt */
  readonly cycles: number
  /** at the machine's clock */
  readonly milliseconds: number
  readonly perInstruction: readonly InstructionRecord[]
  /** before the first layer's first beat, and after the last layer's last beat; with the layers' cycles they add up to all cycles */
  readonly startCycles: number
  readonly endCycles: number
  /** how these two were spent */
  readonly edges: { readonly start: Breakdown; readonly end: Breakdown }
  readonly layers: readonly LayerStatistics[]
  readonly breakdown: Breakdown
  readonly dramBytes: { readonly read: number; readonly written: number }
  readonly usefulMacs: number
  /** over the whole image */
  readonly efficiency: number
  /** from the first COMPUTE beat to the last retirement of a COMPUTE without laneSum, less bank operations and STORE; 0 cycles where there is no such COMPUTE */
  readonly convolution: { readonly cycles: number; readonly usefulMacs: number; readonly efficiency: number }
}

interface Executed {
  readonly instruction: SequencedInstruction
  readonly record: InstructionRecord
}

/** The statistics of one image. */
export function imageStatistics(program: Program, run: TimedRun): ImageStatistics {
  const executed = executedIn(program, run)
  const codes = activityCodes(run, executed)
  const pes = processingElements(program.machine)
  const { layers, startCycles, endCycles } = layerStatistics(program, run, executed, codes)
  const usefulMacs = layers.reduce((sum, layer) => sum + layer.usefulMacs, 0)
  return {
    cycles: run.cycles,
    milliseconds: run.cycles / (program.machine.clockMHz * 1000),
    perInstruction: run.records,
    startCycles,
    endCycles,
    edges: {
      start: breakdown(codes, 0, startCycles),
      end: breakdown(codes, run.cycles - endCycles, run.cycles),
    },
    layers,
    breakdown: breakdown(codes, 0, run.cycles),
    dramBytes: run.dramBytes,
    usefulMacs,
    efficiency: usefulMacs / (pes * run.cycles),
    convolution: convolutionPhases(program, executed, layers, pes),
  }
}

function executedIn(program: Program, run: TimedRun): Executed[] {
  return run.records.flatMap((record) => {
    const instruction = program.instructions[record.index]!
    return isSequenced(instruction) ? [{ instruction, record }] : []
  })
}

/** [cycles] the activity of each. */
function activityCodes(run: TimedRun, executed: readonly Executed[]): Uint8Array {
  const code = (activity: Activity): number => activities.indexOf(activity)
  const ofCause = causes.map((cause) => code(idleActivity(cause)))
  const codes = new Uint8Array(run.cycles)
  // A beat in cycle c needs an issue in c − 1: the cause that prevented it is the activity of cycle c.
  codes[0] = code('start')
  for (let cycle = 1; cycle < run.cycles; cycle++) codes[cycle] = ofCause[run.causes[cycle - 1]!]!
  for (const { instruction, record } of executed) codes.fill(code(instruction.op), record.first, record.last + 1)
  const end = executed.reduce((last, { record }) => Math.max(last, record.last), -1)
  if (end >= 0) codes.fill(code('end'), end + 1)
  return codes
}

const idleActivity = (cause: Cause): Activity => (cause === 'issue' || cause === 'running' ? 'setup' : cause)

function breakdown(codes: Uint8Array, from: number, to: number): Breakdown {
  const counts = new Array<number>(activities.length).fill(0)
  for (let cycle = from; cycle < to; cycle++) counts[codes[cycle]!]!++
  return Object.fromEntries(activities.map((activity, i) => [activity, counts[i]!])) as Record<Activity, number>
}

function layerStatistics(
  program: Program,
  run: TimedRun,
  executed: readonly Executed[],
  codes: Uint8Array,
): { readonly layers: LayerStatistics[]; readonly startCycles: number; readonly endCycles: number } {
  const pes = processingElements(program.machine)
  const layers: LayerStatistics[] = []
  let startCycles: number | undefined
  let next = 0
  for (const { name, kind, first, end, usefulMacs } of program.layers) {
    const own = executed.filter(({ record }) => record.index >= first && record.index < end)
    if (startCycles === undefined && own.length > 0) {
      startCycles = own[0]!.record.first
      next = startCycles
    }
    const firstCycle = next
    for (const { record } of own) next = Math.max(next, record.last + 1)
    const cycles = next - firstCycle
    const efficiency = cycles === 0 ? 0 : usefulMacs / (pes * cycles)
    layers.push({
      name,
      kind,
      firstCycle,
      cycles,
      usefulMacs,
      efficiency,
      breakdown: breakdown(codes, firstCycle, next),
    })
  }
  return { layers, startCycles: startCycles ?? 0, endCycles: run.cycles - next }
}

function convolutionPhases(
  program: Program,
  executed: readonly Executed[],
  layers: readonly LayerStatistics[],
  pes: number,
): ImageStatistics['convolution'] {
  const computes = executed.filter(({ instruction }) => instruction.op === 'COMPUTE' && instruction.laneSum === 0)
  if (computes.length === 0) return { cycles: 0, usefulMacs: 0, efficiency: 0 }
  // Image by image, since the lane sums of an image's logits lie between its phases and those of the next image of the run.
  const images = new Map<number, Executed[]>()
  for (const compute of computes) {
    const image = imageOf(program, compute.record.index)
    const own = images.get(image)
    if (own === undefined) images.set(image, [compute])
    else own.push(compute)
  }
  const cycles = [...images.values()].reduce((sum, own) => sum + phaseCycles(own, executed), 0)
  const counted = program.layers.map(({ first, end: after }) =>
    computes.some(({ record }) => record.index >= first && record.index < after),
  )
  const usefulMacs = layers.reduce((sum, layer, i) => sum + (counted[i] === true ? layer.usefulMacs : 0), 0)
  return { cycles, usefulMacs, efficiency: usefulMacs / (pes * cycles) }
}

/** The cycles from the first of some COMPUTEs to the retirement of the last, without those of other units. */
function phaseCycles(computes: readonly Executed[], executed: readonly Executed[]): number {
  const start = computes[0]!.record.first
  const end = computes[computes.length - 1]!.record.retire
  const inside = new Uint8Array(end + 1 - start).fill(1)
  for (const { instruction, record } of executed) {
    if (instruction.op === 'COMPUTE') continue
    const last = instruction.op === 'STORE' ? record.last : record.retire
    inside.fill(0, Math.max(0, record.first - start), Math.max(0, last + 1 - start))
  }
  return inside.reduce((sum, each) => sum + each, 0)
}

const imageOf = ({ layers }: Program, index: number): number =>
  layers.find(({ first, end }) => index >= first && index < end)?.image ?? 0
