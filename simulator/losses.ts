// Every cycle of every PE: a useful product, or the one reason why not. The rows add up to the cycles of the image exactly.
import { elementAt } from '../base/defined.ts'
import type { InstructionOf } from '../isa/instruction.ts'
import type { SequencedMnemonic } from '../isa/instructions.ts'
import { lanes, processingElements } from '../isa/model/machine.ts'
import { layerTitle } from '../isa/program.ts'
import type { Program } from '../isa/program.ts'
import { positionCycles } from '../isa/timing.ts'
import { positionBeatsOf } from './position-beats.ts'
import type { Activity, Breakdown, ImageStatistics } from './statistics.ts'

/** How a PE's cycle is spent. The text of each cause is printed by `dlp simulate --losses`. */
export const lossCauses = {
  useful: 'useful MACs',
  surplus:
    'products that the network itself does not need: a matrix behind an average is computed at every pixel; averages; moved values',
  lanes: 'products in lanes without a pixel of the output',
  rows: 'rows of the last row group that hold no channel',
  imbalance: 'rows, clusters and phases that wait for the longest one',
  drain: 'parts that are shorter than their drain; with a serial post unit, positions that wait for it',
  schedule:
    'beats above the lower bound of rows and clusters: too few banks, terms moved to a later phase, a bound that was not reached',
  units: 'a bank operation or STORE occupies the banks',
  bubble: 'gaps: the layer before has not yet written what is to be read',
  change: 'another unit still writes its last words',
  dram: 'waits for LOAD, LOADW, LOADT or STORE',
  issue: 'dispatch, waits within the compute queue, the first cycles of a unit',
  end: 'the last results are drained and written to DRAM',
} as const
export type LossCause = keyof typeof lossCauses
/** PE cycles of each cause; they add up to PEs × cycles. */
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

/** The losses of an image: a row for the start, one for each layer, one for the end. */
export function imageLosses(program: Program, image: ImageStatistics): LossRow[] {
  const { machine } = program
  const pes = processingElements(machine)
  const positionBeats = positionBeatsOf(program)
  const pixels = pixelsOfComputes(program)
  const layers = program.layers.map((record, index): LossRow => {
    const { cycles, usefulMacs, breakdown } = elementAt(image.layers, index)
    const losses = idle(breakdown, pes)
    const perRow = machine.clusters * lanes(machine)
    let computing = breakdown.COMPUTE
    let products = 0
    for (const { index: at, first, last } of image.perInstruction) {
      const group = at >= record.first && at < record.end ? positionBeats.get(at) : undefined
      if (group === undefined) continue
      const busyCycles = last + 1 - first
      const positions = busyCycles / positionCycles(machine, group.beats)
      const rowCycles = positions * perRow
      losses.drain += (busyCycles - positions * group.beats) * pes
      losses.rows += rowCycles * group.beats * (machine.rows - group.rows)
      losses.schedule += rowCycles * group.rows * (group.beats - group.leastBeats)
      losses.drain += rowCycles * group.rows * (group.leastBeats - group.evenBeats)
      const multiplied = positions * lanes(machine) * group.products
      losses.imbalance += rowCycles * group.rows * group.evenBeats - multiplied
      const onPixels = group.products * (pixels.get(at) ?? positions * lanes(machine))
      losses.lanes += multiplied - onPixels
      products += onPixels
      computing -= busyCycles
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

/** By index of each COMPUTE of an image: the pixels that it computes, which are the lanes with a pixel of the map, over all its positions. */
function pixelsOfComputes({ instructions, entry, machine }: Program): Map<number, number> {
  const pixels = new Map<number, number>()
  let layer: InstructionOf<'LAYER'> | undefined
  let columnRange: { firstColumn: number; columns: number } | undefined
  for (let index = entry.infer; index < instructions.length; index++) {
    const each = elementAt(instructions, index)
    if (each.op === 'LAYER') {
      layer = each
      columnRange = undefined
    } else if (each.op === 'COLUMNS') columnRange = each
    else if (each.op === 'COMPUTE' && layer !== undefined) {
      const { patchHeight, patchWidth, validHeight, validWidth } = layer
      const { firstColumn, columns } = columnRange ?? { firstColumn: 0, columns: patchWidth }
      const rows = pixelsAlong(each.firstRow, each.rows, patchHeight, machine.gridHeight, validHeight)
      pixels.set(index, rows * pixelsAlong(firstColumn, columns, patchWidth, machine.gridWidth, validWidth))
    }
  }
  return pixels
}

/** The rows (or columns) of a map that all lanes of an axis compute in some positions, which wrap at the patch. */
function pixelsAlong(first: number, count: number, patch: number, lanesAlong: number, valid: number): number {
  let lines = 0
  for (let i = 0; i < count; i++) {
    const local = (first + i) % patch
    for (let lane = 0; lane < lanesAlong; lane++) if (lane * patch + local < valid) lines++
  }
  return lines
}

/** COMPUTEs that belong to no layer count as issue. */
const withUnnamed = (losses: Losses, peCycles: number): Losses => ({ ...losses, issue: losses.issue + peCycles })

/** The losses of the cycles in which no COMPUTE has a beat. */
function idle(breakdown: Breakdown, pes: number): Record<LossCause, number> {
  const losses = Object.fromEntries(Object.keys(lossCauses).map((cause) => [cause, 0])) as Record<LossCause, number>
  for (const [activity, cycles] of Object.entries(breakdown) as [Activity, number][])
    if (activity !== 'COMPUTE') losses[causeOf(activity)] += cycles * pes
  return losses
}
