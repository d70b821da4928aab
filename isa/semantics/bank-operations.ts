// Bank operations: what POOL, MOVE and REPATCH read, and the words that they write.
import type { Geometry } from '../model/formats.ts'
import type { BankOperation, InstructionOf } from '../instruction.ts'
import type { Machine } from '../model/machine.ts'
import { lanes } from '../model/machine.ts'
import { reusedColumn } from '../timing.ts'
import { layerOf } from './compute.ts'
import { checkAddress } from './execution.ts'
import type { Execution } from './execution.ts'
import { wordIndex } from './state.ts'
import { positionsOf, tapReads } from './taps.ts'
import type { Positions, TapReads } from './taps.ts'

type Layer = InstructionOf<'LAYER'>

/** What a bank operation reads and where it writes. */
export interface BankOperationReads {
  readonly layer: Layer
  readonly positions: Positions
  /** POOL: the window's taps, column by column; MOVE: one; REPATCH: one for each lane that receives */
  readonly taps: readonly TapReads[]
  /** words from a source plane to the next */
  readonly sourceStride: number
}

/** Decodes and checks a bank operation. */
export function bankOperationReads(execution: Execution, instruction: BankOperation): BankOperationReads {
  const { machine, tables } = execution.state
  const layer = layerOf(execution, instruction)
  const positions = positionsOf(instruction.firstRow, instruction.rows, layer.patchHeight, layer.patchWidth)
  const geometry = tables[layer.block === 0 ? 0 : 1].geometries[instruction.geometry]!
  const taps =
    instruction.op === 'REPATCH'
      ? repatchReads(machine, geometry, layer, positions)
      : windowReads(execution, instruction, geometry, positions)
  const planes = instruction.slots * (1 + instruction.wide)
  for (const { offset } of taps) {
    const furthest = greatestOf(offset)
    if (furthest >= 0)
      checkAddress(execution, instruction.source + (planes - 1) * geometry.planeStride + furthest, 'source')
  }
  const furthest = greatestOf(Int32Array.from(positions.row, (row, i) => row * layer.patchWidth + positions.column[i]!))
  checkAddress(execution, instruction.output + (planes - 1) * layer.planeStride + furthest, 'output')
  return { layer, positions, taps, sourceStride: geometry.planeStride }
}

/**
 * The taps of a window, those of the reused column as they were read at the position before.
 * @throws a fault where a tap leaves the patch twice
 */
function windowReads(
  execution: Execution,
  instruction: Exclude<BankOperation, { op: 'REPATCH' }>,
  geometry: Geometry,
  positions: Positions,
): TapReads[] {
  const { machine } = execution.state
  const pool = instruction.op === 'POOL' ? instruction : undefined
  const { windowHeight: height, windowWidth: width } = pool ?? { windowHeight: 1, windowWidth: 1 }
  const extra = instruction.op === 'MOVE' ? { rows: instruction.laneRows, columns: instruction.laneColumns } : undefined
  const taps: TapReads[] = []
  for (let column = 0; column < width; column++) {
    for (let row = 0; row < height; row++) taps.push(tapReads(machine, geometry, row, column, positions, extra))
  }
  const reused = pool === undefined ? undefined : reusedColumn(pool, 1)
  if (reused !== undefined) {
    for (let row = 0; row < height; row++)
      taps[reused * height + row] = reusedReads(
        taps[reused * height + row]!,
        taps[(width - 1) * height + row]!,
        positions,
      )
  }
  for (const { offset } of taps) {
    const outside = offset.indexOf(-1)
    if (outside < 0) continue
    const position = `(${positions.row[outside]}, ${positions.column[outside]})`
    throw execution.fault(
      `a window tap at position ${position} lies outside the neighbouring lanes`,
      'taps that leave the patch once',
    )
  }
  return taps
}

/** A tap's reads at the first position of each row, elsewhere those of the last column's at the position before. */
function reusedReads(own: TapReads, last: TapReads, { count, column }: Positions): TapReads {
  const [offset, lane, used] = [own.offset.slice(), own.lane.slice(), own.used.slice()]
  const p = lane.length / count
  for (let i = 0; i < count; i++) {
    if (column[i] === 0) continue
    offset[i] = last.offset[i - 1]!
    lane.set(last.lane.subarray((i - 1) * p, i * p), i * p)
    used[i] = last.used[i - 1]!
  }
  return { offset, lane, used }
}

/** [lanes] what each lane reads at every position: its source lane at `lane`, −1 in all others; offset −1 where there is no pixel. */
function repatchReads(
  machine: Machine,
  geometry: Geometry,
  layer: Pick<InstructionOf<'LAYER'>, 'patchHeight' | 'patchWidth'>,
  positions: Positions,
): TapReads[] {
  const { gridHeight, gridWidth } = machine
  const p = lanes(machine)
  return Array.from({ length: p }, (_, target) => {
    const top = Math.floor(target / gridWidth) * layer.patchHeight
    const left = (target % gridWidth) * layer.patchWidth
    const offset = new Int32Array(positions.count).fill(-1)
    const lane = new Int8Array(positions.count * p).fill(-1)
    const used = new Uint8Array(positions.count)
    for (let i = 0; i < positions.count; i++) {
      const y = geometry.strideY * (top + positions.row[i]!) + geometry.offsetY
      const x = geometry.strideX * (left + positions.column[i]!) + geometry.offsetX
      if (y < 0 || y >= Math.min(geometry.validHeight, gridHeight * geometry.height)) continue
      if (x < 0 || x >= Math.min(geometry.validWidth, gridWidth * geometry.pitch)) continue
      offset[i] = (y % geometry.height) * geometry.pitch + (x % geometry.pitch)
      lane[i * p + target] = Math.floor(y / geometry.height) * gridWidth + Math.floor(x / geometry.pitch)
      used[i] = 1
    }
    return { offset, lane, used }
  })
}

/** Maximum over the valid pixels; 0 where there is none. */
export function executePool(execution: Execution, pool: InstructionOf<'POOL'>): void {
  const bits = pool.wide === 1 ? 8 : 4
  const signed = (code: number): number => (code << (32 - bits)) >> (32 - bits)
  eachChannelWord(execution, pool, (source, { taps }, i, codes) => {
    codes.fill(0)
    const p = codes.length
    for (let lane = 0; lane < p; lane++) {
      let found = false
      let maximum = 0
      for (const tap of taps) {
        const from = tap.lane[i * p + lane]!
        if (from < 0) continue
        const code = source(tap.offset[i]!, from)
        const value = pool.signed === 1 ? signed(code) : code
        if (!found || value > maximum) maximum = value
        found = true
      }
      codes[lane] = maximum
    }
  })
}

/** The source pixel, or the fill. */
export function executeMove(execution: Execution, move: InstructionOf<'MOVE'>): void {
  eachChannelWord(execution, move, (source, { taps }, i, codes) => {
    const p = codes.length
    const tap = taps[0]!
    for (let lane = 0; lane < p; lane++) {
      const from = tap.lane[i * p + lane]!
      codes[lane] = from < 0 ? move.fill : source(tap.offset[i]!, from)
    }
  })
}

/** The source pixel of each lane, in whichever lane the source map holds it, or the fill. */
export function executeRepatch(execution: Execution, repatch: InstructionOf<'REPATCH'>): void {
  eachChannelWord(execution, repatch, (source, { taps }, i, codes) => {
    const p = codes.length
    for (let lane = 0; lane < p; lane++) {
      const tap = taps[lane]!
      const from = tap.lane[i * p + lane]!
      codes[lane] = from < 0 ? repatch.fill : source(tap.offset[i]!, from)
    }
  })
}

/** Code (4 or 8 bits, unsigned) of a lane of the channel's word at an offset from the plane's base. */
type SourceCode = (offset: number, lane: number) => number
/** Computes the codes of a channel's word at a position. */
type WordCodes = (source: SourceCode, reads: BankOperationReads, position: number, codes: Int32Array) => void

function eachChannelWord(execution: Execution, instruction: BankOperation, compute: WordCodes): void {
  const reads = bankOperationReads(execution, instruction)
  const { machine, feature } = execution.state
  const p = lanes(machine)
  const planes = 1 + instruction.wide
  const codes = new Int32Array(p)
  // All reads see the memory as it was before the instruction.
  const before = overlaps(instruction, reads, planes) ? feature.slice() : feature
  for (let cluster = 0; cluster < machine.clusters; cluster++) {
    for (let bank = 0; bank < machine.banks; bank++) {
      // The channel whose plane 0 lies in this bank; its plane 1 lies B/2 banks later.
      const high = (bank + machine.banks / 2) % machine.banks
      for (let slot = 0; slot < instruction.slots; slot++) {
        const from = instruction.source + slot * planes * reads.sourceStride
        const low = wordIndex(machine, cluster, bank, from)
        const top = wordIndex(machine, cluster, high, from + reads.sourceStride)
        const source: SourceCode =
          planes === 1
            ? (offset, lane) => before[low + offset * p + lane]!
            : (offset, lane) => before[low + offset * p + lane]! | (before[top + offset * p + lane]! << 4)
        for (let i = 0; i < reads.positions.count; i++) {
          compute(source, reads, i, codes)
          const local = reads.positions.row[i]! * reads.layer.patchWidth + reads.positions.column[i]!
          const address = instruction.output + slot * planes * reads.layer.planeStride + local
          const to = wordIndex(machine, cluster, bank, address)
          for (let lane = 0; lane < p; lane++) feature[to + lane] = codes[lane]! & 15
          if (planes === 1) continue
          const toTop = wordIndex(machine, cluster, high, address + reads.layer.planeStride)
          for (let lane = 0; lane < p; lane++) feature[toTop + lane] = (codes[lane]! >> 4) & 15
        }
      }
    }
  }
}

function overlaps(instruction: BankOperation, reads: BankOperationReads, planes: number): boolean {
  const extent = instruction.slots * planes
  const sourceEnd =
    instruction.source +
    (extent - 1) * reads.sourceStride +
    Math.max(...reads.taps.map(({ offset }) => greatestOf(offset)))
  const outputEnd = instruction.output + extent * reads.layer.planeStride
  return instruction.source <= outputEnd && instruction.output <= sourceEnd
}

/** The greatest of the values; −1 where there is none above. */
function greatestOf(values: Int32Array): number {
  let greatest = -1
  for (const value of values) if (value > greatest) greatest = value
  return greatest
}
