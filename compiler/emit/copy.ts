// MOVE and REPATCH: a copy in one MOVE, in one for every source row that goes to another place, or in one REPATCH.
import { defined, elementAt } from '../../base/defined.ts'
import type { CopyLayer } from '../graph/integer.ts'
import { planCopy } from '../placement/copy-plan.ts'
import type { BankTask } from '../tasks/task.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { type Context, instruction } from './build.ts'

export function emitCopy({ plan, timing }: Context, task: BankTask): LegalInstruction[] {
  const layer = elementAt(plan.layers, task.turn.layer).layer as CopyLayer
  const source = defined(plan.maps.get(layer.source))
  const output = defined(plan.maps.get(layer.output.name))
  const way = planCopy(layer, source, output)
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
  if (way.op === 'REPATCH') return [instruction('REPATCH', fields)]
  return way.shifts.map(({ firstRow, rows, at, lanes: [laneRows, laneColumns] }, number) => {
    const place = { output: output.base + at, firstRow, rows, laneRows, laneColumns }
    return instruction('MOVE', { ...fields, ...place, gap: number === 0 ? gap : 0 })
  })
}
