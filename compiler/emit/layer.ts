// LAYER and COLUMNS: the output side of a layer.
import { defined, elementAt } from '../../base/defined.ts'
import { planRelayout } from '../placement/relayout-plan.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { blockOf, type Plan, outputPositionsOf } from '../tasks/plan.ts'
import type { ColumnsTask, LayerTask } from '../tasks/task.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import { type Context, instruction } from './build.ts'

export function emitLayer({ plan }: Context, { stripe }: LayerTask): InstructionOf<'LAYER'>[] {
  const {
    placed,
    valid = [placed.map.height, placed.map.width],
    written = placed,
    requantiser,
  } = outputSideOf(plan, stripe.layer)
  const { planes, startBank, planeStride } = written
  const fields = {
    block: blockOf(stripe),
    patchHeight: placed.patch.height,
    patchWidth: placed.patch.width,
    planeStride,
    wide: planes - 1,
    startBank,
    validHeight: valid[0],
    validWidth: valid[1],
    ...requantiser,
  }
  return [instruction('LAYER', fields)]
}

export const emitColumns = ({ firstColumn, columns }: ColumnsTask): InstructionOf<'COLUMNS'>[] => [
  instruction('COLUMNS', { firstColumn, columns }),
]

/** The output side of a layer. */
interface OutputSide {
  /** the map over whose patch the positions run */
  readonly placed: PlacedMap
  /** rows and columns of positions that count; absent: the whole map */
  readonly valid?: readonly [number, number]
  /** the map that is written; absent: the same */
  readonly written?: PlacedMap
  readonly requantiser: { readonly zeroPoint: number; readonly low: number; readonly high: number }
}

const zeros = { zeroPoint: 0, low: 0, high: 0 }

function outputSideOf(plan: Plan, index: number): OutputSide {
  const { layer } = elementAt(plan.layers, index)
  if (layer.kind === 'linear' || layer.kind === 'logits') {
    const { low, high, output } = layer.kind === 'linear' ? layer : { ...zeros, output: zeros }
    return { ...outputPositionsOf(plan, layer), requantiser: { zeroPoint: output.zeroPoint, low, high } }
  }
  const output = defined(plan.maps.get(layer.output.name))
  if (layer.kind === 'maxPool') return { placed: output, requantiser: zeros }
  const { positionPatch } = planRelayout(layer, defined(plan.maps.get(layer.source)), output)
  return { placed: { ...output, patch: positionPatch }, requantiser: zeros }
}
