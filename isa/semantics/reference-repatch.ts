// REPATCH word for word: channel by channel and pixel by pixel; slow, and the measure of the fast path.
import type { InstructionOf } from '../instruction.ts'
import { executionOf } from './execute.ts'
import type { MachineState } from './state.ts'
import { wordIndex } from './state.ts'

/** Executes a REPATCH as isa/README.md says it. The program must keep the contract: nothing is checked here. */
export function executeRepatchLiterally(state: MachineState, repatch: InstructionOf<'REPATCH'>): void {
  const { machine, layer, tables } = state
  if (layer === undefined) throw executionOf(state, repatch).fault('no LAYER came before', 'a LAYER')
  const { clusters, banks, gridHeight, gridWidth } = machine
  const geometry = tables[layer.block === 0 ? 0 : 1].geometries[repatch.geometry]!
  const planes = 1 + repatch.wide
  const before = state.feature.slice()

  for (let cluster = 0; cluster < clusters; cluster++)
    for (let bank = 0; bank < banks; bank++)
      for (let slot = 0; slot < repatch.slots; slot++)
        for (let row = 0; row < repatch.rows; row++)
          for (let ox = 0; ox < layer.patchWidth; ox++)
            for (let gy = 0; gy < gridHeight; gy++)
              for (let gx = 0; gx < gridWidth; gx++)
                for (let plane = 0; plane < planes; plane++) {
                  const oy = (repatch.firstRow + row) % layer.patchHeight
                  const nibble = pixel(gy * layer.patchHeight + oy, gx * layer.patchWidth + ox, {
                    cluster,
                    bank,
                    slot,
                    plane,
                  })
                  const local = oy * layer.patchWidth + ox
                  const address = repatch.output + (slot * planes + plane) * layer.planeStride + local
                  state.feature[wordIndex(machine, cluster, bankOf(bank, plane), address) + gy * gridWidth + gx] =
                    nibble
                }

  function pixel(outputY: number, outputX: number, { cluster, bank, slot, plane }: Place): number {
    const y = geometry.strideY * outputY + geometry.offsetY
    const x = geometry.strideX * outputX + geometry.offsetX
    const [laneY, laneX] = [Math.floor(y / geometry.height), Math.floor(x / geometry.pitch)]
    const valid = y >= 0 && y < geometry.validHeight && x >= 0 && x < geometry.validWidth
    if (!valid || !(laneY < gridHeight) || !(laneX < gridWidth)) return (repatch.fill >> (4 * plane)) & 15
    const local = (y - laneY * geometry.height) * geometry.pitch + x - laneX * geometry.pitch
    const address = repatch.source + (slot * planes + plane) * geometry.planeStride + local
    return before[wordIndex(machine, cluster, bankOf(bank, plane), address) + laneY * gridWidth + laneX]!
  }

  /** Bank of a plane of the channel whose plane 0 lies in a bank. */
  function bankOf(bank: number, plane: number): number {
    return (bank + (plane * banks) / 2) % banks
  }
}

interface Place {
  readonly cluster: number
  readonly bank: number
  readonly slot: number
  readonly plane: number
}
