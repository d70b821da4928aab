// REPATCH's reads: where each lane of each position finds its pixel in the source's layout.
import type { Geometry } from '../model/formats.ts'
import type { InstructionOf } from '../instruction.ts'
import type { Machine } from '../model/machine.ts'
import { lanes } from '../model/machine.ts'
import type { Positions, TapReads } from './taps.ts'

/** [lanes] what each lane reads at every position: its source lane at `lane`, −1 in all others; offset −1 where there is no pixel. */
export function repatchReads(
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
