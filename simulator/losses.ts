// Every cycle of every PE: what it multiplied for, or the one reason why it did not. The rows add up to the image exactly.
import { elementAt } from '../base/defined.ts'
import type { InstructionOf } from '../isa/instruction.ts'
import type { SequencedMnemonic } from '../isa/instructions.ts'
import { lanes, processingElements } from '../isa/model/machine.ts'
import { layerTitle } from '../isa/program.ts'
import type { Program } from '../isa/program.ts'
import { positionCycles } from '../isa/timing.ts'
import { positionBeatsOf } from './passes.ts'
import type { Activity, Breakdown, ImageStatistics } from './statistics.ts'

/** Where a PE's cycles go, in the order in which they are taken off. */
export const lossCauses = {
  useful: 'useful MACs',
  surplus:
    'products beyond those that the network needs: a matrix behind an average once a pixel, averages, moved values',
  lanes: 'products in lanes without a pixel of the output',
  rows: 'rows of the last row group that hold no channel',
  imbalance: 'rows, clusters and phases that wait for the longest',
  drain: 'parts shorter than their draining; with a serial post, positions that wait for it',
  schedule: 'beats above the least that rows and clusters need: too few banks, phases shifted over, missed bounds',
  units: 'a bank operation or STORE uses the banks',
  bubble: 'gaps: the layer before has not yet written what is read',
  change: 'another unit writes its last words',
  dram: 'waits for LOADs, LOADWs, LOADTs or a STORE',
  issue: 'dispatch, waits within the compute queue, the first cycles of a unit',
  end: 'the last results drain and go to DRAM',
} as const
export type LossCause = keyof typeof lossCauses
/** PE cycles of each: their sum is PEs × cycles. */
export type Losses = Readonly<Record<LossCause, number>>

export interface LossRow {
  /** a layer, or `(start)` and `(end)` */
  readonly name: string
  readonly cycles: number
  readonly peCycles: Losses
}

/** Why the PEs are idle where no sequencer works. */
const idleCauses: Readonly<Record<Exclude<Activity, SequencedMnemonic>, LossCause>> = {
  gap: 'bubble',
  'unit change': 'change',
  load: 'dram',
  parameter: 'dram',
  store: 'dram',
  start: 'issue',
  dispatch: 'issue',
  compute: 'issue',
  setup: 'issue',
  end: 'end',
}
const causeOf = (activity: Activity): LossCause =>
  activity in idleCauses ? idleCauses[activity as keyof typeof idleCauses] : 'units'

/** The losses of an image: start, layers, end. */
export function imageLosses(program: Program, image: ImageStatistics): LossRow[] {
  const { machine } = program
  const pes = processingElements(machine)
  const passes = positionBeatsOf(program)
  const pixels = pixelsOfComputes(program)
  const layers = program.layers.map((record, index): LossRow => {
    const { cycles, usefulMacs, breakdown } = elementAt(image.layers, index)
    const losses = idle(breakdown, pes)
    const perRow = machine.clusters * lanes(machine)
    let computing = breakdown.COMPUTE
    let products = 0
    for (const { index: at, first, last } of image.perInstruction) {
      const pass = at >= record.first && at < record.end ? passes.get(at) : undefined
      if (pass === undefined) continue
      const taken = last + 1 - first
      const positions = taken / positionCycles(machine, pass.beats)
      const own = positions * perRow
      losses.drain += (taken - positions * pass.beats) * pes
      losses.rows += own * pass.beats * (machine.rows - pass.rows)
      losses.schedule += own * pass.rows * (pass.beats - pass.leastBeats)
      losses.drain += own * pass.rows * (pass.leastBeats - pass.evenBeats)
      const multiplied = positions * lanes(machine) * pass.products
      losses.imbalance += own * pass.rows * pass.evenBeats - multiplied
      const onPixels = pass.products * (pixels.get(at) ?? positions * lanes(machine))
      losses.lanes += multiplied - onPixels
      products += onPixels
      computing -= taken
    }
    losses.useful += usefulMacs
    losses.surplus += products - usefulMacs
    return { name: layerTitle(record), cycles, peCycles: withUnnamed(losses, computing * pes) }
  })
  const edge = (name: string, cycles: number, breakdown: Breakdown): LossRow => ({
    name,
    cycles,
    peCycles: withUnnamed(idle(breakdown, pes), breakdown.COMPUTE * pes),
  })
  return [
    edge('(start)', image.startCycles, image.edges.start),
    ...layers,
    edge('(end)', image.endCycles, image.edges.end),
  ]
}

/** Pixels at which each COMPUTE of an image works, by its index: lanes with a pixel of the map, over all its positions. */
function pixelsOfComputes({ instructions, entry, machine }: Program): Map<number, number> {
  const pixels = new Map<number, number>()
  let layer: InstructionOf<'LAYER'> | undefined
  let range: { firstColumn: number; columns: number } | undefined
  for (let index = entry.infer; index < instructions.length; index++) {
    const each = elementAt(instructions, index)
    if (each.op === 'LAYER') {
      layer = each
      range = undefined
    } else if (each.op === 'COLUMNS') range = each
    else if (each.op === 'COMPUTE' && layer !== undefined) {
      const { patchHeight, patchWidth, validHeight, validWidth } = layer
      const { firstColumn, columns } = range ?? { firstColumn: 0, columns: patchWidth }
      const rows = along(each.firstRow, each.rows, patchHeight, machine.gridHeight, validHeight)
      pixels.set(index, rows * along(firstColumn, columns, patchWidth, machine.gridWidth, validWidth))
    }
  }
  return pixels
}

/** Rows (or columns) of a map in some positions, which wrap at the patch, of all lanes along an axis. */
function along(first: number, count: number, patch: number, lanesAlong: number, valid: number): number {
  let pixels = 0
  for (let i = 0; i < count; i++) {
    const local = (first + i) % patch
    for (let lane = 0; lane < lanesAlong; lane++) if (lane * patch + local < valid) pixels++
  }
  return pixels
}

/** COMPUTEs that the map of layers does not name count as issue. */
const withUnnamed = (losses: Losses, peCycles: number): Losses => ({ ...losses, issue: losses.issue + peCycles })

/** The losses of cycles in which nothing computes. */
function idle(breakdown: Breakdown, pes: number): Record<LossCause, number> {
  const losses = Object.fromEntries(Object.keys(lossCauses).map((cause) => [cause, 0])) as Record<LossCause, number>
  for (const [activity, cycles] of Object.entries(breakdown) as [Activity, number][])
    if (activity !== 'COMPUTE') losses[causeOf(activity)] += cycles * pes
  return losses
}
