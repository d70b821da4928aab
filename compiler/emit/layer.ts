// LAYER and COLUMNS: the output side of a layer.
import { defined, elementAt } from '../../base/defined.ts'
import { planCopy } from '../placement/copy-plan.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { blockOf, type Plan, outputPositionsOf } from '../tasks/plan.ts'
import type { ColumnsTask, LayerTask } from '../tasks/task.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import { type Context, instruction } from './build.ts'

export function emitLayer({ plan }: Context, { turn }: LayerTask): InstructionOf<'LAYER'>[] {
  const { placed, valid = [placed.map.height, placed.map.width], written = placed, numbers } = sideOf(plan, turn.layer)
  const { planes, startBank, planeStride } = written
  const fields = {
    block: blockOf(turn),
    patchHeight: placed.patch.height,
    patchWidth: placed.patch.width,
    planeStride,
    wide: planes - 1,
    startBank,
    validHeight: valid[0],
    validWidth: valid[1],
    ...numbers,
  }
  return [instruction('LAYER', fields)]
}

export const emitColumns = ({ firstColumn, columns }: ColumnsTask): InstructionOf<'COLUMNS'>[] => [
  instruction('COLUMNS', { firstColumn, columns }),
]

/** Output side of a layer. */
interface Side {
  /** the map whose patch the positions run over */
  readonly placed: PlacedMap
  /** rows and columns of positions that count; absent: the whole map */
  readonly valid?: readonly [number, number]
  /** the map that is written, where it is another */
  readonly written?: PlacedMap
  readonly numbers: { readonly zeroPoint: number; readonly low: number; readonly high: number }
}

const nothing = { zeroPoint: 0, low: 0, high: 0 }

function sideOf(plan: Plan, index: number): Side {
  const { layer } = elementAt(plan.layers, index)
  if (layer.kind === 'linear' || layer.kind === 'logits') {
    const { low, high, output } = layer.kind === 'linear' ? layer : { ...nothing, output: nothing }
    return { ...outputPositionsOf(plan, layer), numbers: { zeroPoint: output.zeroPoint, low, high } }
  }
  const output = defined(plan.maps.get(layer.output.name))
  if (layer.kind === 'maxPool') return { placed: output, numbers: nothing }
  const { walked } = planCopy(layer, defined(plan.maps.get(layer.source)), output)
  return { placed: { ...output, patch: walked }, numbers: nothing }
}
