// MOVE and REPATCH: a relayout by one MOVE, by one MOVE for every source row of a lane, or by one REPATCH.
import { defined, elementAt } from '../../base/defined.ts'
import type { RelayoutLayer } from '../graph/integer.ts'
import { planRelayout } from '../placement/relayout-plan.ts'
import type { BankOperationTask } from '../tasks/task.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { type Context, instruction } from './build.ts'

export function emitRelayout({ plan, timing }: Context, task: BankOperationTask): LegalInstruction[] {
  const layer = elementAt(plan.layers, task.stripe.layer).layer as RelayoutLayer
  const source = defined(plan.maps.get(layer.source))
  const output = defined(plan.maps.get(layer.output.name))
  const relayout = planRelayout(layer, source, output)
  const { gap } = defined(timing.starts.get(task))
  const fields = {
    source: source.base,
    output: output.base,
    gap,
    rows: output.patch.height,
    slots: output.slots,
    wide: output.planes - 1,
    fill: source.map.zeroPoint & (16 ** output.planes - 1),
  }
  if (relayout.op === 'REPATCH') return [instruction('REPATCH', fields)]
  return relayout.shifts.map(({ firstRow, rows, at, lanes: [laneRows, laneColumns] }, number) => {
    const shift = { output: output.base + at, firstRow, rows, laneRows, laneColumns }
    return instruction('MOVE', { ...fields, ...shift, gap: number === 0 ? gap : 0 })
  })
}
