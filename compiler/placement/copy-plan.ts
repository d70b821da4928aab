// How a copy is made: by one MOVE where lanes keep their places, by one a source row where all goes to one lane, else by REPATCH.
import type { CopyLayer } from '../graph/integer.ts'
import type { PlacedMap } from './storage.ts'
import type { Patch } from './patches.ts'
import { geometryFields } from '../../isa/model/formats.ts'
import { fieldRange } from '../../base/bits.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { wordBeats } from '../../isa/timing.ts'

/** One MOVE: where it begins to write, the rows of positions that it walks over, and by how many lanes it shifts. */
export interface Shift {
  readonly firstRow: number
  readonly rows: number
  /** words from the output's first to where row 0, column 0 of the walked patch would lie */
  readonly at: number
  readonly lanes: readonly [number, number]
}

/** Some MOVEs, or one REPATCH; positions run over the patch `walked`. */
export type CopyPlan =
  | { readonly op: 'MOVE'; readonly walked: Patch; readonly shifts: readonly Shift[] }
  | { readonly op: 'REPATCH'; readonly walked: Patch }

type Ends = Pick<CopyLayer, 'offset' | 'lanes'>
type Placed = Pick<PlacedMap, 'map' | 'patch'>

/** Whole lanes of an offset; what is left stays within the patch that follows or precedes, and within the field of a geometry. */
export function wholeLanes(offset: number, side: number): number {
  const lanes = Math.trunc(offset / side) + 0 // never −0
  const rest = offset - lanes * side
  const { low, high } = fieldRange(geometryFields.offsetY)
  // Of a patch of up to 255 the rest is nearer from the other side.
  return rest > high ? lanes + 1 : rest < low ? lanes - 1 : lanes
}

/** The instructions of a copy. */
export function planCopy({ offset, lanes }: Ends, source: Placed, output: Placed): CopyPlan {
  const { patch } = source
  if (lanes === 'free') return { op: 'REPATCH', walked: output.patch }
  if (lanes === 'one') return { op: 'MOVE', walked: patch, shifts: gather(source, output.patch.width) }
  const shift = [wholeLanes(offset[0], patch.height), wholeLanes(offset[1], patch.width)] as const
  return { op: 'MOVE', walked: patch, shifts: [{ firstRow: 0, rows: patch.height, at: 0, lanes: shift }] }
}

/** Row by row of every lane that holds pixels, so that lane (0, 0) owns the whole map. */
function gather({ map, patch }: Placed, pitch: number): Shift[] {
  return Array.from({ length: map.height }, (_, y) => {
    const [laneRow, row] = [Math.floor(y / patch.height), y % patch.height]
    return Array.from({ length: Math.ceil(map.width / patch.width) }, (__, laneColumn): Shift => {
      const to = y * pitch + laneColumn * patch.width
      return { firstRow: row, rows: 1, at: to - row * patch.width, lanes: [laneRow, laneColumn] }
    })
  }).flat()
}

/** The window through which a copy reads its source; MOVE takes whole lanes off the offset. */
export function copyWindow(
  { stride, offset, lanes }: Pick<CopyLayer, 'stride' | 'offset' | 'lanes'>,
  { patch }: Pick<PlacedMap, 'patch'>,
): { readonly stride: readonly [number, number]; readonly pads: readonly [number, number] } {
  const rest = (axis: 0 | 1, side: number): number =>
    lanes === 'free' ? offset[axis] : offset[axis] - wholeLanes(offset[axis], side) * side
  return { stride, pads: [-rest(0, patch.height), -rest(1, patch.width)] }
}

/** Cycles of a copy's instructions, without what surrounds them. */
export function copyCycles(
  plan: CopyPlan,
  { slots, planes }: Pick<PlacedMap, 'slots' | 'planes'>,
  machine: Machine,
): number {
  const { walked } = plan
  const words = slots * planes
  if (plan.op === 'REPATCH') return walked.height * walked.width * words * wordBeats(machine, { op: 'REPATCH' }, 0)
  const beats = ({ lanes: [laneRows, laneColumns] }: Shift): number =>
    wordBeats(machine, { op: 'MOVE', laneRows, laneColumns }, 0)
  return plan.shifts.reduce((sum, shift) => sum + shift.rows * walked.width * words * beats(shift), 0)
}
