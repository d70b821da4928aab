// The torus read: the address and the source lane from which each lane receives its pixel, for one tap of a geometry at every position.
import type { Geometry } from '../model/formats.ts'
import type { Machine } from '../model/machine.ts'
import { lanes } from '../model/machine.ts'

/** Positions of an instruction in its order: local row and column of each. */
export interface Positions {
  readonly count: number
  readonly row: Int32Array
  readonly column: Int32Array
}

/** Columns of positions: so many from the first on, wrapping at the patch width. */
export interface ColumnRange {
  readonly firstColumn: number
  readonly columns: number
}

/** Row-major over `rows` rows from `firstRow`, wrapping at the patch height; all columns if no range is given. */
export function positionsOf(
  firstRow: number,
  rows: number,
  patchHeight: number,
  patchWidth: number,
  { firstColumn, columns }: ColumnRange = { firstColumn: 0, columns: patchWidth },
): Positions {
  const count = rows * columns
  const row = new Int32Array(count)
  const column = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    row[i] = rowOfPosition(i, firstRow, columns, patchHeight)
    column[i] = columnOfPosition(i, firstColumn, columns, patchWidth)
  }
  return { count, row, column }
}

/** Local row of position `i` of an instruction over so many columns. */
export const rowOfPosition = (i: number, firstRow: number, columns: number, patchHeight: number): number =>
  (firstRow + Math.floor(i / columns)) % patchHeight

/** Local column of position `i`, likewise. */
export const columnOfPosition = (i: number, firstColumn: number, columns: number, patchWidth: number): number =>
  (firstColumn + (i % columns)) % patchWidth

/** What one tap reads at every position. */
export interface TapReads {
  /** [positions] address − base, or −1 where the tap is still outside after one wrap */
  readonly offset: Int32Array
  /** [positions × P] lane that each lane receives from, or −1 for the fill */
  readonly lane: Int8Array
  /** [positions] 1 where at least one lane receives a pixel */
  readonly used: Uint8Array
}

/** What a tap of a geometry reads. */
export interface TorusReads extends TapReads {
  /** [positions] how many positions from this one on read consecutive words, each lane its own pixel; 0 where some lane does not */
  readonly consecutive: Int32Array
}

/** A shift by whole lanes on top of the tap's own (MOVE). */
export interface LaneShift {
  readonly rows: number
  readonly columns: number
}

/** The reads of tap (`tapRow`, `tapColumn`) at the positions. */
export function tapReads(
  machine: Machine,
  geometry: Geometry,
  tapRow: number,
  tapColumn: number,
  positions: Positions,
  extra: LaneShift = { rows: 0, columns: 0 },
): TorusReads {
  const { gridHeight, gridWidth } = machine
  const p = lanes(machine)
  const offset = new Int32Array(positions.count)
  const lane = new Int8Array(positions.count * p).fill(-1)
  const used = new Uint8Array(positions.count)
  const isWhole = new Uint8Array(positions.count)
  for (let i = 0; i < positions.count; i++) {
    const y = sourceRow(geometry, positions.row[i]!, tapRow)
    const x = sourceColumn(geometry, positions.column[i]!, tapColumn)
    const shiftY = shiftOf(y, geometry.height)
    const shiftX = shiftOf(x, geometry.pitch)
    const localY = y - shiftY * geometry.height
    const localX = x - shiftX * geometry.pitch
    offset[i] = offsetOf(geometry, y, x)
    let own = 0
    for (let gy = 0; gy < gridHeight; gy++) {
      const laneRow = gy + shiftY + extra.rows
      if (laneRow < 0 || laneRow >= gridHeight) continue
      if (laneRow * geometry.height + localY >= geometry.validHeight) continue
      for (let gx = 0; gx < gridWidth; gx++) {
        const laneColumn = gx + shiftX + extra.columns
        if (laneColumn < 0 || laneColumn >= gridWidth) continue
        if (laneColumn * geometry.pitch + localX >= geometry.validWidth) continue
        lane[i * p + gy * gridWidth + gx] = laneRow * gridWidth + laneColumn
        used[i] = 1
        if (laneRow === gy && laneColumn === gx) own++
      }
    }
    isWhole[i] = own === p ? 1 : 0
  }
  const consecutive = consecutiveFrom(offset).map((length, i) => (isWhole[i] === 1 ? length : 0))
  for (let i = positions.count - 1; i >= 0; i--) if (consecutive[i]! > 1) consecutive[i] = 1 + consecutive[i + 1]!
  return { offset, lane, used, consecutive }
}

/** What a tap reads at one local position: words from the slot's base on, or −1 where the tap is still outside after one wrap. */
export function tapOffset(geometry: Geometry, tap: number, row: number, column: number): number {
  const { row: tapRow, column: tapColumn } = tapRowAndColumn(geometry, tap)
  return offsetOf(geometry, sourceRow(geometry, row, tapRow), sourceColumn(geometry, column, tapColumn))
}

/** [addresses] how many addresses from this one on are consecutive. */
export function consecutiveFrom(addresses: Int32Array): Int32Array {
  const counts = new Int32Array(addresses.length).fill(1)
  for (let i = addresses.length - 2; i >= 0; i--)
    if (addresses[i + 1] === addresses[i]! + 1) counts[i] = counts[i + 1]! + 1
  return counts
}

/** Row and column of a tap number. */
export const tapRowAndColumn = (
  { columnBits }: Pick<Geometry, 'columnBits'>,
  tap: number,
): { readonly row: number; readonly column: number } => ({
  row: tap >> columnBits,
  column: tap & ((1 << columnBits) - 1),
})

/** The source row that a tap reads at a local row, before it is wrapped; without objects, since the compiler calls it often. */
const sourceRow = ({ strideY, dilationY, offsetY }: Geometry, row: number, tapRow: number): number =>
  strideY * row + dilationY * tapRow + offsetY

/** The source column, likewise. */
const sourceColumn = ({ strideX, dilationX, offsetX }: Geometry, column: number, tapColumn: number): number =>
  strideX * column + dilationX * tapColumn + offsetX

/** Lanes by which a coordinate lies outside the patch: at most one is corrected. */
const shiftOf = (coordinate: number, extent: number): -1 | 0 | 1 => (coordinate < 0 ? -1 : coordinate >= extent ? 1 : 0)

/** Words from a slot's base to source row y and column x, each wrapped once; −1 where one is still outside. */
function offsetOf({ height, pitch }: Geometry, y: number, x: number): number {
  const localY = y - shiftOf(y, height) * height
  const localX = x - shiftOf(x, pitch) * pitch
  const isOutside = localY < 0 || localY >= height || localX < 0 || localX >= pitch
  return isOutside ? -1 : localY * pitch + localX
}
