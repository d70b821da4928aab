// What an image's cycles were spent on: activities and stalls that add up, layers, PE efficiency.
import type { SequencedInstruction } from '../isa/instruction.ts'
import { isSequenced } from '../isa/instruction.ts'
import { sequencedMnemonics } from '../isa/instructions.ts'
import { processingElements } from '../isa/model/machine.ts'
import type { LayerRecord, Program } from '../isa/program.ts'
import { causes } from './causes.ts'
import type { Cause } from './causes.ts'
import type { InstructionRecord } from './record.ts'
import type { TimedRun } from './run-timing.ts'

/** What the compute queue does in a cycle: a unit at work, or why none is. */
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
/** Cycles of each; their sum is the whole. */
export type Breakdown = Readonly<Record<Activity, number>>

export interface LayerStatistics {
  readonly name: string
  readonly kind: LayerRecord['kind']
  /** cycles that belong to the layer: from the end of the one before to its own last beat or read */
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
  /** before the first layer's first beat, and after the last layer's last: with the layers' cycles they make the whole */
  readonly startCycles: number
  readonly endCycles: number
  /** what these two were spent on */
  readonly edges: { readonly start: Breakdown; readonly end: Breakdown }
  readonly layers: readonly LayerStatistics[]
  readonly breakdown: Breakdown
  readonly dramBytes: { readonly read: number; readonly written: number }
  readonly usefulMacs: number
  /** over the whole image */
  readonly efficiency: number
  /** first COMPUTE beat to the last drain without laneSum, without bank operations and STORE; 0 cycles where there is none */
  readonly convolution: { readonly cycles: number; readonly usefulMacs: number; readonly efficiency: number }
}

interface Work {
  readonly worker: SequencedInstruction
  readonly record: InstructionRecord
}

/** The statistics of one image. */
export function imageStatistics(program: Program, run: TimedRun): ImageStatistics {
  const work = workOf(program, run)
  const codes = activityCodes(run, work)
  const pes = processingElements(program.machine)
  const { layers, startCycles, endCycles } = layerStatistics(program, run, work, codes)
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
    convolution: convolutionPhases(program, work, layers, pes),
  }
}

function workOf(program: Program, run: TimedRun): Work[] {
  return run.records.flatMap((record) => {
    const worker = program.instructions[record.index]!
    return isSequenced(worker) ? [{ worker, record }] : []
  })
}

/** [cycles] an activity each. */
function activityCodes(run: TimedRun, work: readonly Work[]): Uint8Array {
  const code = (activity: Activity): number => activities.indexOf(activity)
  const ofCause = causes.map((cause) => code(idleActivity(cause)))
  const codes = new Uint8Array(run.cycles)
  // A beat in cycle c needs an issue in c − 1: what prevented that is what the cycle was spent on.
  codes[0] = code('start')
  for (let cycle = 1; cycle < run.cycles; cycle++) codes[cycle] = ofCause[run.causes[cycle - 1]!]!
  for (const { worker, record } of work) codes.fill(code(worker.op), record.first, record.last + 1)
  const end = work.reduce((last, { record }) => Math.max(last, record.last), -1)
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
  work: readonly Work[],
  codes: Uint8Array,
): { readonly layers: LayerStatistics[]; readonly startCycles: number; readonly endCycles: number } {
  const pes = processingElements(program.machine)
  const layers: LayerStatistics[] = []
  let startCycles: number | undefined
  let next = 0
  for (const { name, kind, first, end, usefulMacs } of program.layers) {
    const own = work.filter(({ record }) => record.index >= first && record.index < end)
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
  work: readonly Work[],
  layers: readonly LayerStatistics[],
  pes: number,
): ImageStatistics['convolution'] {
  const passes = work.filter(({ worker }) => worker.op === 'COMPUTE' && worker.laneSum === 0)
  if (passes.length === 0) return { cycles: 0, usefulMacs: 0, efficiency: 0 }
  // Between the phases of two images of a run lie the lane sums of the first one's logits.
  const images = new Map<number, Work[]>()
  for (const pass of passes) {
    const image = imageOf(program, pass.record.index)
    const own = images.get(image)
    if (own === undefined) images.set(image, [pass])
    else own.push(pass)
  }
  const cycles = [...images.values()].reduce((sum, own) => sum + phaseCycles(own, work), 0)
  const counted = program.layers.map(({ first, end: after }) =>
    passes.some(({ record }) => record.index >= first && record.index < after),
  )
  const usefulMacs = layers.reduce((sum, layer, i) => sum + (counted[i] === true ? layer.usefulMacs : 0), 0)
  return { cycles, usefulMacs, efficiency: usefulMacs / (pes * cycles) }
}

/** The cycles from the first of some passes to the last one's end, without those of other units. */
function phaseCycles(passes: readonly Work[], work: readonly Work[]): number {
  const start = passes[0]!.record.first
  const end = passes[passes.length - 1]!.record.retire
  const inside = new Uint8Array(end + 1 - start).fill(1)
  for (const { worker, record } of work) {
    if (worker.op === 'COMPUTE') continue
    const last = worker.op === 'STORE' ? record.last : record.retire
    inside.fill(0, Math.max(0, record.first - start), Math.max(0, last + 1 - start))
  }
  return inside.reduce((sum, each) => sum + each, 0)
}

const imageOf = ({ layers }: Program, index: number): number =>
  layers.find(({ first, end }) => index >= first && index < end)?.image ?? 0
