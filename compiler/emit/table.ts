// LOADT: the source side of a layer, into one of the two table blocks.
import { defined, elementAt } from '../../base/defined.ts'
import type { RelayoutLayer, MaxPoolLayer } from '../graph/integer.ts'
import { relayoutWindow } from '../placement/relayout-plan.ts'
import type { PlacedMap } from '../placement/storage.ts'
import { sourceGeometry, type LayerColumns } from '../lower/columns.ts'
import { blockOf, type Plan } from '../tasks/plan.ts'
import type { TableTask } from '../tasks/task.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import { type Context, instruction } from './build.ts'
import { type Constants, tableBlock } from './constants.ts'

/** @returns addresses of the layers' tables */
export const addTables = (plan: Plan, constants: Constants): number[] =>
  plan.layers.map((_, layer) => constants.add(tableBlock(tableOf(plan, layer), plan.machine)))

export function emitTable({ plan, addresses }: Context, { stripe }: TableTask): InstructionOf<'LOADT'>[] {
  const { slots, tapBits } = tableOf(plan, stripe.layer)
  return [
    instruction('LOADT', {
      address: elementAt(addresses.tables, stripe.layer),
      block: blockOf(stripe),
      slots: slots.length,
      tapBits,
    }),
  ]
}

type Table = Pick<LayerColumns, 'geometries' | 'slots' | 'tapBits'>

function tableOf({ layers, maps }: Plan, layer: number): Table {
  const scheduled = elementAt(layers, layer)
  return 'groups' in scheduled ? scheduled.columns : bankOperationTable(scheduled.layer, maps)
}

/** Bits of a tap that encode its column: a POOL's window is at most 8 wide. */
const windowColumnBits = 3

function bankOperationTable(layer: MaxPoolLayer | RelayoutLayer, maps: ReadonlyMap<string, PlacedMap>): Table {
  const source = defined(maps.get(layer.source))
  const window = layer.kind === 'maxPool' ? layer : relayoutWindow(layer, source)
  return {
    geometries: [sourceGeometry(source, { ...window, dilation: [1, 1] }, windowColumnBits)],
    slots: [],
    tapBits: 0,
  }
}
