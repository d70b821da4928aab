// COMPUTE: one row group over a range of positions, column by column instead of beat by beat.
import type { InstructionOf } from '../instruction.ts'
import { lanes, limitsOf } from '../model/machine.ts'
import { greatestNibble } from '../numerics.ts'
import { addRowSums } from './accumulate.ts'
import type { PositionTile } from './accumulate.ts'
import type { ComputeReads } from './decoded.ts'
import { checkAddress } from './execution.ts'
import type { Execution } from './execution.ts'
import { firstOverflow, kernelElements, padded, requantiseFast, kernelMemory } from './kernels/kernels.ts'
import type { KernelMemory } from './kernels/kernels.ts'
import { columnReads, gather } from './operands.ts'
import { planOf } from './plan.ts'
import { parametersOf, requantised, rowPlanes, writeCodes } from './post.ts'
import { wordIndex } from './state.ts'
import { positionsOf, consecutiveFrom } from './taps.ts'
import type { ColumnRange, Positions } from './taps.ts'

type Compute = InstructionOf<'COMPUTE'>
type Layer = InstructionOf<'LAYER'>

/** Decodes and checks a COMPUTE, once for each execution. */
export function computeReads(execution: Execution, compute: Compute): ComputeReads {
  execution.reads ??= decodedReads(execution, compute)
  return execution.reads
}

function decodedReads(execution: Execution, compute: Compute): ComputeReads {
  const { machine, tables } = execution.state
  const layer = layerOf(execution, compute)
  const columnRange = columnsOf(execution, layer)
  const plan = planOf(execution, compute)
  const positions = positionsOf(compute.firstRow, compute.rows, layer.patchHeight, layer.patchWidth, columnRange)
  const columns = columnReads(execution, tables[layer.block === 0 ? 0 : 1], plan, positions)
  if (compute.laneSum === 1 && plan.keepsLast)
    throw execution.fault('laneSum with a last part that keeps', 'a last part without keep')
  if (compute.logits === 1) {
    if (compute.laneSum === 0) throw execution.fault('logits without laneSum', 'logits needs laneSum')
    if (compute.output % machine.drainRows !== 0)
      throw execution.fault(`logits from ${compute.output}`, `multiples of drainRows = ${machine.drainRows}`)
    const { logitsWords } = limitsOf(machine)
    if (compute.output + machine.rows > logitsWords)
      throw execution.fault(`logits from ${compute.output}`, `output + rows at most ${logitsWords}`)
  } else if (!plan.keepsLast) {
    const lastPlanes = rowPlanes(machine, layer, compute.output, machine.rows - 1)
    const furthest = compute.laneSum === 1 ? 0 : maxLocal(positions, layer)
    checkAddress(execution, lastPlanes[lastPlanes.length - 1]!.address + furthest, 'output')
  }
  return { layer, plan, positions, columns }
}

/** All reads take the memory as it was before the instruction; writes follow. */
export function executeCompute(execution: Execution, compute: Compute): void {
  const { machine } = execution.state
  const reads = computeReads(execution, compute)
  const { plan, positions, columns, layer } = reads
  const p = lanes(machine)
  const size = tilePositions(columns.length, positions.count, p)
  const rowSums = padded(positions.count * p)
  const space = kernelMemory({
    entries: plan.rowEntries,
    operandBytes: columns.length * padded(size * p),
    // The last row's last tile may be padded past the row's end.
    sums: machine.rows * rowSums + kernelElements,
    rowSums,
  })
  const greatest = greatestNibble(columns.every(({ slot }) => slot.signed === 1))
  for (let from = 0; from < positions.count; from += size) {
    const to = Math.min(from + size, positions.count)
    const elements = (to - from) * p
    const tile: PositionTile = { from, elements, pitch: padded(elements), space, greatest }
    gather(execution, columns, from, to, space.operands, tile.pitch)
    for (let row = 0; row < machine.rows; row++) addRowSums(execution, plan, row, tile, row * rowSums + from * p)
  }
  const sums: ComputeSums = { space, rowSums, positions }
  keepPartialSums(execution, compute, sums)
  if (plan.keepsLast) return
  if (compute.laneSum === 1) finishLaneSums(execution, compute, layer, sums)
  else writeRows(execution, compute, layer, sums)
}

/** The sums of a COMPUTE: a row's positions one after the other, P of each. */
interface ComputeSums {
  readonly space: KernelMemory
  /** sums from one row to the next */
  readonly rowSums: number
  readonly positions: Positions
}

/** The LAYER in force; a fault where there is none or the instruction's rows lie outside its patch. */
export function layerOf(execution: Execution, range: { readonly firstRow: number; readonly rows: number }): Layer {
  const { layer } = execution.state
  if (layer === undefined)
    throw execution.fault('no LAYER came before', 'a LAYER before the first instruction that needs it')
  if (range.rows < 1 || range.rows > layer.patchHeight || range.firstRow >= layer.patchHeight) {
    throw execution.fault(
      `rows ${range.firstRow} + ${range.rows}`,
      `1 to ${layer.patchHeight} rows from a row below ${layer.patchHeight}`,
    )
  }
  return layer
}

/** The columns in force, all without COLUMNS; a fault where they lie outside LAYER's patch. */
function columnsOf({ state, fault }: Execution, { patchWidth }: Layer): ColumnRange | undefined {
  const { columns: range } = state
  if (range !== undefined && (range.columns > patchWidth || range.firstColumn >= patchWidth)) {
    throw fault(
      `columns ${range.firstColumn} + ${range.columns}`,
      `1 to ${patchWidth} columns from a column below ${patchWidth}`,
    )
  }
  return range
}

/** [P] 1 where the lane's output pixel is part of the map. */
export function validLanes(execution: Execution, layer: Layer, row: number, column: number): Uint8Array {
  const { gridHeight, gridWidth } = execution.state.machine
  return Uint8Array.from({ length: gridHeight * gridWidth }, (_, lane) => {
    const y = Math.floor(lane / gridWidth) * layer.patchHeight + row
    const x = (lane % gridWidth) * layer.patchWidth + column
    return y < layer.validHeight && x < layer.validWidth ? 1 : 0
  })
}

/** Operands of a tile stay within the second-level cache. */
const tileBytes = 1 << 20

const tilePositions = (columns: number, positions: number, p: number): number =>
  Math.max(1, Math.min(positions, Math.floor(tileBytes / Math.max(1, columns * p))))

function maxLocal(positions: Positions, layer: Layer): number {
  let most = 0
  for (let i = 0; i < positions.count; i++)
    most = Math.max(most, positions.row[i]! * layer.patchWidth + positions.column[i]!)
  return most
}

/** Adds PSUM's value to each position's sums where COMPUTE accumulates, and gives PSUM its value after the last position. */
function keepPartialSums(
  execution: Execution,
  compute: Compute,
  { space: { sums }, rowSums, positions }: ComputeSums,
): void {
  const { machine, partialSums } = execution.state
  const p = lanes(machine)
  const count = positions.count * p
  for (let row = 0; row < machine.rows; row++) {
    const first = row * rowSums
    if (compute.accumulate === 0) {
      partialSums.set(sums.subarray(first + count - p, first + count), row * p)
      continue
    }
    for (let lane = 0; lane < p; lane++) {
      const at = row * p + lane
      for (let i = lane; i < count; i += p) {
        const truth = sums[first + i]! + partialSums[at]!
        partialSums[at] = truth
        sums[first + i] = truth
        if (truth !== partialSums[at]) reportTotal(execution, row, Math.floor(i / p), lane, truth)
      }
    }
  }
}

function writeRows(
  execution: Execution,
  compute: Compute,
  layer: Layer,
  { space, rowSums, positions }: ComputeSums,
): void {
  const { machine, feature } = execution.state
  const p = lanes(machine)
  const local = positions.row.map((row, i) => row * layer.patchWidth + positions.column[i]!)
  const consecutive = consecutiveFrom(local)
  for (let row = 0; row < machine.rows; row++) {
    const parameters = parametersOf(execution, compute.group, row)
    const first = row * rowSums
    checkBias(execution, space, first, positions.count * p, row, parameters.bias)
    requantiseFast(space, first, rowSums, parameters, layer)
    for (const [plane, { cluster, bank, address }] of rowPlanes(machine, layer, compute.output, row).entries()) {
      const word = wordIndex(machine, cluster, bank, address)
      for (let i = 0; i < positions.count; i += consecutive[i]!) {
        const at = plane * rowSums + i * p
        feature.set(space.codes.subarray(at, at + consecutive[i]! * p), word + local[i]! * p)
      }
    }
  }
}

function checkBias(
  execution: Execution,
  space: KernelMemory,
  first: number,
  count: number,
  row: number,
  bias: number,
): void {
  if (execution.observer.overflow === undefined) return
  const at = firstOverflow(space, first, padded(count), bias)
  if (at < 0 || at >= count) return
  const p = lanes(execution.state.machine)
  reportTotal(execution, row, Math.floor(at / p), at % p, space.sums[first + at]! + bias)
}

function reportTotal(execution: Execution, row: number, position: number, lane: number, value: number): void {
  const overflow = { kind: 'total', row, cluster: -1, part: -1, position, lane, value } as const
  execution.observer.overflow?.(overflow, execution.index)
}

function finishLaneSums(
  execution: Execution,
  compute: Compute,
  layer: Layer,
  { space: { sums }, rowSums, positions }: ComputeSums,
): void {
  const { machine, logits } = execution.state
  const p = lanes(machine)
  const valid = Array.from({ length: positions.count }, (_, i) =>
    validLanes(execution, layer, positions.row[i]!, positions.column[i]!),
  )
  const codes = new Int32Array(p)
  for (let row = 0; row < machine.rows; row++) {
    let sum = 0
    for (let i = 0; i < positions.count; i++) {
      for (let lane = 0; lane < p; lane++) {
        if (valid[i]![lane] === 1) sum += sums[row * rowSums + i * p + lane]!
      }
    }
    const parameters = parametersOf(execution, compute.group, row)
    if (sum !== (sum | 0) || sum + parameters.bias !== ((sum + parameters.bias) | 0))
      reportTotal(execution, row, positions.count - 1, 0, sum + parameters.bias)
    if (compute.logits === 1) logits[compute.output + row] = (sum + parameters.bias) | 0
    else {
      codes[0] = requantised(sum | 0, parameters, layer)
      writeCodes(execution, rowPlanes(machine, layer, compute.output, row), 0, codes, 0)
    }
  }
}
