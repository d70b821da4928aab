// Random POOLs, MOVEs and REPATCHes for the bench of the compute path.
import type { Geometry } from '../../isa/model/formats.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import type { BankOperation } from '../../isa/instruction.ts'
import type { Draw } from './random-program.ts'

/** First words of the areas that an operation reads and writes, and the number of words of each. */
export interface Areas {
  readonly source: number
  readonly output: number
  readonly words: number
}

/** A POOL, MOVE or REPATCH of as many slots as fit, with one of the geometries; windows reach at most one lane away. */
export function randomBankOp(
  draw: Draw,
  op: BankOperation['op'],
  layer: InstructionOf<'LAYER'>,
  geometries: readonly Geometry[],
  areas: Areas,
  gap: number,
): BankOperation {
  const fitting = geometries.flatMap((each, i) => (room(each, areas.words, each.planeStride) > 0 ? [i] : []))
  const geometry = fitting[draw(0, fitting.length - 1)]!
  const source = geometries[geometry]!
  const patch = { height: layer.patchHeight, pitch: layer.patchWidth }
  const planes = Math.min(room(source, areas.words, source.planeStride), room(patch, areas.words, layer.planeStride))
  const wide = planes > 1 ? draw(0, 1) : 0
  const slots = draw(1, Math.min(3, Math.floor(planes / (1 + wide))))
  const spare = (map: { height: number; pitch: number }, stride: number): number =>
    areas.words - (slots * (1 + wide) - 1) * stride - map.height * map.pitch
  const common = {
    wait: 0,
    signal: draw(0, 0xffff),
    source: areas.source + draw(0, spare(source, source.planeStride)),
    output: areas.output + draw(0, spare(patch, layer.planeStride)),
    gap,
    firstRow: draw(0, layer.patchHeight - 1),
    rows: draw(1, layer.patchHeight),
    slots,
    geometry,
    wide,
  }
  if (op === 'MOVE') {
    const far = draw(0, 3) === 0
    const shift = (): number => (far ? draw(-16, 15) : draw(-2, 2))
    return { op, ...common, laneRows: shift(), laneColumns: shift(), fill: draw(0, wide === 1 ? 255 : 15) }
  }
  if (op === 'REPATCH') return { op, ...common, fill: draw(0, wide === 1 ? 255 : 15) }
  const windowHeight = windowOf(source.height, source.strideY, source.offsetY, source.dilationY, layer.patchHeight)
  const windowWidth = windowOf(source.pitch, source.strideX, source.offsetX, source.dilationX, layer.patchWidth)
  // Every advance is defined; often it is the one with which windows overlap.
  const own = source.dilationX === 0 ? 0 : source.strideX / source.dilationX
  const overlaps = Number.isInteger(own) && own < windowWidth && draw(0, 2) > 0
  const advance = overlaps ? own : draw(0, 1) * draw(0, windowWidth - 1)
  return { op, ...common, signed: draw(0, 1), windowHeight, windowWidth, advance }

  function windowOf(extent: number, stride: number, offset: number, dilation: number, positions: number): number {
    const reach = 2 * extent - 1 - stride * (positions - 1) - offset
    const most = dilation === 0 ? 8 : Math.min(8, Math.floor(reach / dilation) + 1)
    return draw(1, draw(0, 1) === 0 ? Math.min(3, most) : most)
  }
}

/** Planes that fit. */
function room(map: { readonly height: number; readonly pitch: number }, words: number, stride: number): number {
  const rest = words - map.height * map.pitch
  return rest < 0 ? 0 : stride === 0 ? 6 : Math.min(6, Math.floor(rest / stride) + 1)
}
