// POOL: a maximum pool, bank by bank.
import { defined, elementAt } from '../../base/defined.ts'
import type { MaxPoolLayer } from '../graph/integer.ts'
import { poolWindow } from '../placement/windows.ts'
import type { BankOperationTask } from '../tasks/task.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { type Context, instruction } from './build.ts'

export function emitPool({ plan, timing }: Context, task: BankOperationTask): LegalInstruction[] {
  const layer = elementAt(plan.layers, task.stripe.layer).layer as MaxPoolLayer
  const source = defined(plan.maps.get(layer.source))
  const output = defined(plan.maps.get(layer.output.name))
  const { op, ...window } = poolWindow(layer)
  const fields = {
    gap: defined(timing.starts.get(task)).gap,
    source: source.base,
    output: output.base,
    rows: output.patch.height,
    slots: output.slots,
    wide: output.planes - 1,
    signed: layer.output.format.signed ? 1 : 0,
    ...window,
  }
  return [instruction(op, fields)]
}
