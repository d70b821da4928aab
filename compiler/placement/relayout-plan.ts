// The instructions of a relayout: one MOVE if lanes keep their positions, one MOVE for every source row if one lane gets the whole map, else a REPATCH.
import type { RelayoutLayer } from '../graph/integer.ts'
import type { PlacedMap } from './storage.ts'
import type { Patch } from './patches.ts'
import { geometryFields } from '../../isa/model/formats.ts'
import { fieldRange } from '../../base/bits.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { wordBeats } from '../../isa/timing.ts'

/** One MOVE: the rows that it moves, where it writes them, and by how many lanes it shifts them. */
export interface Shift {
  readonly firstRow: number
  readonly rows: number
  /** words from the output's first to where it would write row 0, column 0 of the patch over which positions run */
  readonly at: number
  readonly lanes: readonly [number, number]
}

/** Some MOVEs, or one REPATCH. Positions run over `positionPatch`. */
export type RelayoutPlan =
  | { readonly op: 'MOVE'; readonly positionPatch: Patch; readonly shifts: readonly Shift[] }
  | { readonly op: 'REPATCH'; readonly positionPatch: Patch }

type Placed = Pick<PlacedMap, 'map' | 'patch'>

/** The part of an offset in whole lanes. The rest stays within the next or the previous patch, and within the field of a geometry. */
export function wholeLanes(offset: number, side: number): number {
  const lanes = Math.trunc(offset / side) + 0 // never −0
  const rest = offset - lanes * side
  const { low, high } = fieldRange(geometryFields.offsetY)
  // With patches of up to 255 rows or columns, the rest always fits from one of the two sides.
  return rest > high ? lanes + 1 : rest < low ? lanes - 1 : lanes
}

/** The instructions of a relayout. */
export function planRelayout(
  { offset, lanes }: Pick<RelayoutLayer, 'offset' | 'lanes'>,
  source: Placed,
  output: Placed,
): RelayoutPlan {
  const { patch } = source
  if (lanes === 'free') return { op: 'REPATCH', positionPatch: output.patch }
  if (lanes === 'one') return { op: 'MOVE', positionPatch: patch, shifts: gather(source, output.patch.width) }
  const shift = [wholeLanes(offset[0], patch.height), wholeLanes(offset[1], patch.width)] as const
  return { op: 'MOVE', positionPatch: patch, shifts: [{ firstRow: 0, rows: patch.height, at: 0, lanes: shift }] }
}

/** A MOVE for every row of every lane that holds pixels: then lane (0, 0) owns the whole map. */
function gather({ map, patch }: Placed, pitch: number): Shift[] {
  return Array.from({ length: map.height }, (_, y) => {
    const [laneRow, row] = [Math.floor(y / patch.height), y % patch.height]
    return Array.from({ length: Math.ceil(map.width / patch.width) }, (__, laneColumn): Shift => {
      const to = y * pitch + laneColumn * patch.width
      return { firstRow: row, rows: 1, at: to - row * patch.width, lanes: [laneRow, laneColumn] }
    })
  }).flat()
}

/** The window through which a relayout reads its source; for a MOVE, the offset without its whole lanes. */
export function relayoutWindow(
  { stride, offset, lanes }: Pick<RelayoutLayer, 'stride' | 'offset' | 'lanes'>,
  { patch }: Pick<PlacedMap, 'patch'>,
): { readonly stride: readonly [number, number]; readonly pads: readonly [number, number] } {
  const rest = (axis: 0 | 1, side: number): number =>
    lanes === 'free' ? offset[axis] : offset[axis] - wholeLanes(offset[axis], side) * side
  return { stride, pads: [-rest(0, patch.height), -rest(1, patch.width)] }
}

/** Cycles of a relayout's instructions, without what they wait for. */
export function relayoutCycles(
  plan: RelayoutPlan,
  { slots, planes }: Pick<PlacedMap, 'slots' | 'planes'>,
  machine: Machine,
): number {
  const { positionPatch } = plan
  const words = slots * planes
  if (plan.op === 'REPATCH')
    return positionPatch.height * positionPatch.width * words * wordBeats(machine, { op: 'REPATCH' }, 0)
  const beats = ({ lanes: [laneRows, laneColumns] }: Shift): number =>
    wordBeats(machine, { op: 'MOVE', laneRows, laneColumns }, 0)
  return plan.shifts.reduce((sum, shift) => sum + shift.rows * positionPatch.width * words * beats(shift), 0)
}
