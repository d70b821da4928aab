// STORE and STOREL: results to DRAM.
import { defined } from '../../base/defined.ts'
import { logitBytes, logitsBytes, mapBytes } from '../layout/dram.ts'
import type { StoreLogitsTask, StoreTask } from '../tasks/task.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import { type Context, instruction, region } from './build.ts'

export function emitStore({ plan: { graph, maps, machine } }: Context, { image }: StoreTask): InstructionOf<'STORE'>[] {
  const placed = defined(maps.get(graph.output))
  const { patch } = placed
  const fields = {
    region: region.output,
    address: (image * mapBytes(placed, machine)) / addressUnitBytes,
    base: placed.base,
    positions: patch.height * patch.width,
    planeStride: placed.planeStride,
    channels: placed.map.channels,
    wide: placed.planes - 1,
    startBank: placed.startBank,
  }
  return [instruction('STORE', fields)]
}

export function emitStoreLogits(
  { plan }: Context,
  { image, first, count }: StoreLogitsTask,
): InstructionOf<'STOREL'>[] {
  const { layer } = defined(plan.layers.at(-1))
  if (layer.kind !== 'logits') throw new Error(`layer '${layer.name}' has no logits`)
  const address = (image * logitsBytes(layer.bias.length) + first * logitBytes) / addressUnitBytes
  return [instruction('STOREL', { region: region.output, address, first, count })]
}
