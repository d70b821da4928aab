// COMPUTE: a row group of a linear or logits layer.
import { defined, elementAt } from '../../base/defined.ts'
import { sumsPixels } from '../graph/integer.ts'
import type { MatrixLayer } from '../schedule/layers.ts'
import { positionRows, outputPositionsOf } from '../tasks/plan.ts'
import type { ComputeTask } from '../tasks/task.ts'
import { groupOutput } from '../tasks/time.ts'
import type { InstructionOf } from '../../isa/instruction.ts'
import { type Context, instruction } from './build.ts'

export function emitCompute({ plan, locations, timing }: Context, task: ComputeTask): InstructionOf<'COMPUTE'>[] {
  const { machine } = plan
  const { stripe, group, ofImage, ofRun, area } = task
  const { layer } = plan.layers[stripe.layer] as MatrixLayer
  const outputs = outputPositionsOf(plan, layer)
  const sums = sumsPixels(layer)
  const output = outputs.written === undefined ? undefined : groupOutput(outputs.written, group, machine, sums)
  const fields = {
    ...elementAt(locations, ofRun),
    group: ofImage,
    output: output?.base ?? group * machine.rows,
    laneSum: sums ? 1 : 0,
    logits: output === undefined ? 1 : 0,
    ...defined(timing.starts.get(task)),
    rows: area?.rows ?? positionRows(outputs),
  }
  return [instruction('COMPUTE', fields)]
}
