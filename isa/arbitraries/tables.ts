// Random source geometries whose taps stay within the neighbouring lanes, and the table blocks that hold them.

import { writeFields } from '../../base/bits.ts'
import type { Geometry, Slot } from '../model/formats.ts'
import { tapRowAndColumn } from '../semantics/taps.ts'
import { geometriesPerBlock, geometryBits, geometryFields, slotBits, slotFields, tapRows } from '../model/formats.ts'
import { tableBytes } from '../model/sizes.ts'
import type { Machine } from '../model/machine.ts'
import { limitsOf } from '../model/machine.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { FeatureMap } from './program-draft.ts'

/** One axis of a geometry: coordinate = stride · output + dilation · tap + offset. */
interface GeometryAxis {
  readonly stride: number
  readonly dilation: number
  readonly offset: number
}

export interface RandomGeometry {
  readonly geometry: Geometry
  /** taps that stay within the neighbouring lanes at every output position; never none */
  readonly taps: readonly number[]
  /** the largest window all of whose taps do */
  readonly window: readonly [number, number]
}

export interface OutputPatch {
  readonly height: number
  readonly width: number
}

const largestWindow = 8

/** A geometry that reads a map at every position of an output patch. */
export function randomGeometry(
  random: SeededRandom,
  machine: Machine,
  source: FeatureMap,
  output: OutputPatch,
  tapBits: number,
): RandomGeometry {
  const columnBits = random.int(0, Math.min(3, tapBits))
  const rows = randomAxis(random, source.patchHeight, output.height)
  const columns = randomAxis(random, source.patchWidth, output.width)
  const most = limitsOf(machine).taps
  const fitsRow = (tap: number): boolean => tap < most && fits(rows, tap, source.patchHeight, output.height)
  const fitsColumn = (tap: number): boolean => tap < most && fits(columns, tap, source.patchWidth, output.width)
  const taps = Array.from({ length: 2 ** tapBits }, (_, tap) => tap).filter((tap) => {
    const { row, column } = tapRowAndColumn({ columnBits }, tap)
    return row < tapRows && fitsRow(row) && fitsColumn(column)
  })
  const run = (each: (tap: number) => boolean): number => {
    let length = 1
    while (length < largestWindow && each(length)) length++
    return length
  }
  const geometry: Geometry = {
    pitch: source.patchWidth,
    height: source.patchHeight,
    strideY: rows.stride,
    strideX: columns.stride,
    offsetY: rows.offset,
    offsetX: columns.offset,
    dilationY: rows.dilation,
    dilationX: columns.dilation,
    columnBits,
    validHeight: random.int(1, machine.gridHeight * source.patchHeight),
    validWidth: random.int(1, machine.gridWidth * source.patchWidth),
    planeStride: source.planeStride,
  }
  return { geometry, taps, window: [run(fitsRow), run(fitsColumn)] }
}

/** A geometry for REPATCH, which reads any pixel of a map, or none: mostly near its start, sometimes far outside. */
export function repatchGeometry(random: SeededRandom, machine: Machine, source: FeatureMap): Geometry {
  const stride = (): number => random.pick([1, 1, 1, 2, 3, random.int(0, 15)])
  const offset = (extent: number): number => (random.chance(0.8) ? random.int(-extent, extent) : random.int(-128, 127))
  const valid = (extent: number): number => (random.chance(0.8) ? random.int(1, extent) : random.int(0, 4095))
  return {
    pitch: source.patchWidth,
    height: source.patchHeight,
    strideY: stride(),
    strideX: stride(),
    offsetY: offset(source.patchHeight),
    offsetX: offset(source.patchWidth),
    dilationY: random.int(0, 15),
    dilationX: random.int(0, 15),
    columnBits: random.int(0, 3),
    validHeight: valid(machine.gridHeight * source.patchHeight),
    validWidth: valid(machine.gridWidth * source.patchWidth),
    planeStride: source.planeStride,
  }
}

/** The bytes of a table block in DRAM. */
export function packTable(machine: Machine, geometries: readonly Geometry[], slots: readonly Slot[]): Uint8Array {
  const bytes = new Uint8Array(tableBytes(machine, slots.length))
  geometries.forEach((geometry, at) => writeFields(bytes, at * geometryBits, geometryFields, geometry))
  const first = geometriesPerBlock * geometryBits
  slots.forEach((slot, at) => writeFields(bytes, first + at * slotBits, slotFields, slot))
  return bytes
}

/** An axis whose tap 0 stays within the neighbouring lanes. */
function randomAxis(random: SeededRandom, extent: number, outputs: number): GeometryAxis {
  for (let attempt = 0; attempt < 8; attempt++) {
    const axis = { stride: random.int(0, 3), dilation: random.int(0, 3), offset: random.int(-extent, extent) }
    if (fits(axis, 0, extent, outputs)) return axis
  }
  return { stride: 0, dilation: random.int(0, 3), offset: random.int(-extent, extent) }
}

/** Whether a tap leaves the patch at most once, at the first and the last output. */
function fits({ stride, dilation, offset }: GeometryAxis, tap: number, extent: number, outputs: number): boolean {
  const first = dilation * tap + offset
  return first >= -extent && first + stride * (outputs - 1) < 2 * extent
}
