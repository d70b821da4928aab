// Magnitude pruning for the machine: every row keeps equally many weights in every cluster, chosen so that a schedule of that many beats exists.

import { slotChannels, type Machine } from '../../isa/model/machine.ts'
import { sourcesOf } from '../graph/integer.ts'
import { pruneScheduled } from '../matching/prune.ts'
import { type Budgeted, chooseQuotas, type DensityOptions, keptAt, type Prunable } from './budget.ts'
import { bestEnergy, energyOf } from './energy.ts'
import type { FloatPlan, FloatRows, FloatSource, FloatLayer } from './plan.ts'

export interface PruneOptions extends DensityOptions {
  readonly machine: Machine
  readonly weightBits: 4 | 8
  readonly activationBits: 4 | 8
  readonly progress?: (done: number, all: number) => void
}

/** The result of pruning one source. */
export interface PrunedSource {
  readonly node: string
  /** Weights of the node, zeros included. */
  readonly dense: number
  readonly kept: number
  /** Weights that each row keeps in each cluster, or in all. */
  readonly quota: number
  /** Squared weights that are kept, relative to those that the largest weights of each cell would keep. */
  readonly energy: number
}

/** Prunes a plan's weights; a density of 1 for all layers leaves it unchanged. */
export function prunePlan(
  plan: FloatPlan,
  options: PruneOptions,
): { plan: FloatPlan; pruned: readonly PrunedSource[] } {
  const prunables = plan.layers.flatMap((layer) =>
    sourcesOf(layer)
      .filter(({ dense }) => dense > 0)
      .map((source) => prunable(plan, layer, source, options)),
  )
  const budgeted = chooseQuotas(plan, prunables, options)
  const replaced = new Map<FloatSource, FloatSource>()
  const pruned: PrunedSource[] = []
  for (const [index, each] of budgeted.entries()) {
    const all = each.source.weights.column.length
    const weights = keptAt(each, each.quota) === all ? each.source.weights : pruneSource(plan, each, options, index)
    replaced.set(each.source, { ...each.source, weights })
    const { clusters, taps } = cellsOf(plan, each.source, options.machine)
    const best = bestEnergy(each, clusters, taps)
    pruned.push({
      node: each.source.node,
      dense: each.source.dense,
      kept: weights.column.length,
      quota: each.quota,
      energy: best === 0 ? 1 : energyOf(weights.value) / best,
    })
    options.progress?.(index + 1, budgeted.length)
  }
  return { plan: { ...plan, layers: plan.layers.map((layer) => replaceSources(layer, replaced)) }, pruned }
}

function replaceSources(layer: FloatLayer, replaced: ReadonlyMap<FloatSource, FloatSource>): FloatLayer {
  const of = (source: FloatSource): FloatSource => replaced.get(source) ?? source
  if (layer.kind === 'linear') return { ...layer, sources: layer.sources.map(of) }
  return layer.kind === 'logits' ? { ...layer, source: of(layer.source) } : layer
}

/** A cell is a row in one cluster where the channels fill a slot of every bank and rows read all channels; otherwise it is a whole row. */
function cellsOf(plan: FloatPlan, source: FloatSource, machine: Machine): { clusters: number; taps: number } {
  const taps = source.kernel[0] * source.kernel[1]
  const isFull =
    source.weights.columns / taps >= slotChannels(machine) &&
    source.dense === source.weights.rows * source.weights.columns
  return { clusters: isFull && source.map !== plan.input.name ? machine.clusters : 1, taps }
}

function prunable(plan: FloatPlan, layer: FloatLayer, source: FloatSource, options: PruneOptions): Prunable {
  const { clusters, taps } = cellsOf(plan, source, options.machine)
  const { rows, rowStart, column } = source.weights
  const available = new Int32Array(rows * clusters)
  for (let row = 0; row < rows; row++)
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i++)
      available[row * clusters + (Math.floor(column[i]! / taps) % clusters)]!++
  const reserved = new Int32Array(rows * clusters)
  if (source.role === 'main')
    for (const shortcut of shortcutsOf(layer))
      for (let row = 0; row < rows; row++)
        for (const channel of rowColumns(shortcut.weights, row))
          reserved[row * clusters + (channel % clusters)]! += shortcutOperands(options)
  return { layer, source, available, reserved, quotaCycles: quotaCycles(layer, source, clusters, options) }
}

/** One weight more in every cell costs a beat for each plane at every position; where cells are whole rows the clusters share it. */
function quotaCycles(
  layer: FloatLayer,
  { weights }: FloatSource,
  clusters: number,
  { machine, activationBits }: PruneOptions,
): number {
  const { gridHeight, gridWidth, rows } = machine
  const positions =
    layer.kind === 'linear'
      ? Math.ceil(layer.output.height / gridHeight) * Math.ceil(layer.output.width / gridWidth)
      : 1
  return (positions * Math.ceil(weights.rows / rows) * (activationBits / 4) * clusters) / machine.clusters
}

/**
 * Operands that a shortcut adds to the busiest phase of the main weights. With 4-bit weights and two planes the second term of
 * plane 0 is in the phase of the first term of plane 1; otherwise the terms of a ratio are in the phases of a weight's terms.
 */
function shortcutOperands({ weightBits, activationBits }: PruneOptions): number {
  return weightBits === 4 && activationBits === 8 ? 2 : 1
}

function shortcutsOf(layer: FloatLayer): readonly FloatSource[] {
  return sourcesOf(layer).filter(({ role, kernel }) => role === 'residual' && kernel[0] * kernel[1] === 1)
}

function pruneSource(plan: FloatPlan, each: Budgeted, options: PruneOptions, seed: number): FloatRows {
  const { clusters } = cellsOf(plan, each.source, options.machine)
  const { weights } = each.source
  const keep = new Uint8Array(weights.column.length)
  if (clusters === 1) markLargest(each, keep)
  else {
    const columns = columnsInClusters(each.source, clusters)
    for (let first = 0; first < weights.rows; first += options.machine.rows) {
      const rows = Math.min(options.machine.rows, weights.rows - first)
      for (const [cluster, cell] of cellsOfGroup(each, options, columns, first, rows).entries())
        markScheduled(each, cell, options.machine, rows, seed * 4096 + first * clusters + cluster, keep)
    }
  }
  return keepMarked(weights, keep)
}

/** The columns of a source when its channels are distributed over the clusters in turn. */
interface ClusterColumns {
  /** [columns] */
  readonly cluster: Uint16Array
  /** [columns] index among the columns of the cluster */
  readonly local: Int32Array
  /** [clusters] */
  readonly counts: readonly number[]
}

function columnsInClusters({ weights, kernel }: FloatSource, clusters: number): ClusterColumns {
  const taps = kernel[0] * kernel[1]
  const cluster = new Uint16Array(weights.columns)
  const local = new Int32Array(weights.columns)
  for (let column = 0; column < weights.columns; column++) {
    const channel = Math.floor(column / taps)
    cluster[column] = channel % clusters
    local[column] = Math.floor(channel / clusters) * taps + (column % taps)
  }
  const channels = weights.columns / taps
  const counts = Array.from({ length: clusters }, (_, own) => Math.ceil((channels - own) / clusters) * taps)
  return { cluster, local, counts }
}

/** The weights of a row group in one cluster. */
interface Cell {
  /** those of the weights, followed by those of shortcuts */
  readonly columns: number
  readonly importance: Float32Array
  /** [rows × columns] the index of the weight in the source's rows, or −1 */
  readonly entry: Int32Array
  readonly bankMask: Uint32Array
}

/** [clusters] */
function cellsOfGroup(
  { source, layer }: Budgeted,
  options: PruneOptions,
  { cluster, local, counts }: ClusterColumns,
  first: number,
  rows: number,
): Cell[] {
  const { weights, kernel } = source
  const { banks } = options.machine
  const taps = kernel[0] * kernel[1]
  const cells = counts.map((own, index): Cell => {
    const extra = source.role === 'main' ? shortcutColumns(layer, options, first, rows, index) : []
    const columns = own + extra.length
    const importance = new Float32Array(rows * columns)
    const bankMask = new Uint32Array(columns)
    for (let at = 0; at < own; at++) bankMask[at] = (1 << (Math.floor(at / taps) % banks)) >>> 0
    for (const [at, { row, bank }] of extra.entries()) {
      bankMask[own + at] = (1 << bank) >>> 0
      importance[row * columns + own + at] = Infinity
    }
    return { columns, importance, entry: new Int32Array(rows * columns).fill(-1), bankMask }
  })
  for (let row = 0; row < rows; row++)
    for (let i = weights.rowStart[first + row]!, end = weights.rowStart[first + row + 1]!; i < end; i++) {
      const column = weights.column[i]!
      const { columns, importance, entry } = cells[cluster[column]!]!
      const at = row * columns + local[column]!
      importance[at] = Math.abs(weights.value[i]!)
      entry[at] = i
    }
  return cells
}

/** Marks the largest weights of a row group in one cluster for which a schedule of exactly `quota` beats exists. */
function markScheduled(
  { quota }: Budgeted,
  { columns, importance, entry, bankMask }: Cell,
  { banks }: Machine,
  rows: number,
  seed: number,
  keep: Uint8Array,
): void {
  const problem = { rows, banks, columns, bankMask, importance, keep: quota, seed }
  for (const [row, kept] of pruneScheduled(problem).kept.entries())
    for (const column of kept) if (entry[row * columns + column]! >= 0) keep[entry[row * columns + column]!] = 1
}

/** The banks that shortcuts read in this cluster, one for each row and operand in the busiest phase. */
function shortcutColumns(
  layer: FloatLayer,
  options: PruneOptions,
  first: number,
  rows: number,
  cluster: number,
): { row: number; bank: number }[] {
  const { clusters, banks } = options.machine
  const found: { row: number; bank: number }[] = []
  for (const { weights } of shortcutsOf(layer))
    for (let row = 0; row < rows; row++)
      for (const channel of rowColumns(weights, first + row)) {
        if (channel % clusters !== cluster) continue
        // The bank of a code's second plane is offset by half the banks.
        for (let plane = 0; plane < shortcutOperands(options); plane++)
          found.push({ row, bank: (Math.floor(channel / clusters) + plane * (banks / 2)) % banks })
      }
  return found
}

function rowColumns({ rowStart, column }: FloatRows, row: number): Int32Array {
  return column.subarray(rowStart[row], rowStart[row + 1])
}

/** Marks the largest weights of every row. */
function markLargest({ source, reserved, quota }: Budgeted, keep: Uint8Array): void {
  const { rows, rowStart, value } = source.weights
  for (let row = 0; row < rows; row++) {
    const list = Array.from({ length: rowStart[row + 1]! - rowStart[row]! }, (_, i) => rowStart[row]! + i)
    list.sort((a, b) => Math.abs(value[b]!) - Math.abs(value[a]!) || a - b)
    for (const i of list.slice(0, Math.max(0, quota - reserved[row]!))) keep[i] = 1
  }
}

function keepMarked({ rows, columns, rowStart, column, value }: FloatRows, keep: Uint8Array): FloatRows {
  const starts = new Int32Array(rows + 1)
  const columnsLeft = new Int32Array(column.length)
  const valuesLeft = new Float32Array(column.length)
  let count = 0
  for (let row = 0; row < rows; row++) {
    for (let i = rowStart[row]!; i < rowStart[row + 1]!; i++) {
      if (keep[i] === 0) continue
      columnsLeft[count] = column[i]!
      valuesLeft[count++] = value[i]!
    }
    starts[row + 1] = count
  }
  return { rows, columns, rowStart: starts, column: columnsLeft.slice(0, count), value: valuesLeft.slice(0, count) }
}
