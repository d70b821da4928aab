// Tasks to instructions: the emitter of each kind of task.
import type { Task } from '../tasks/task.ts'
import { unreachable } from '../../base/error.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import type { Context } from './build.ts'
import { emitCompute } from './compute.ts'
import { emitRelayout } from './relayout.ts'
import { emitColumns, emitLayer } from './layer.ts'
import { emitLoad } from './load.ts'
import { emitParameters } from './parameters.ts'
import { emitPool } from './pool.ts'
import { emitStore, emitStoreLogits } from './store.ts'
import { emitTable } from './table.ts'
import { emitWeights } from './weights.ts'

/** The instructions of a task, at least one; they neither wait nor signal yet. */
export function emitTask(context: Context, task: Task): LegalInstruction[] {
  switch (task.kind) {
    case 'parameters':
      return emitParameters(context)
    case 'weights':
      return emitWeights(context, task)
    case 'table':
      return emitTable(context, task)
    case 'load':
      return emitLoad(context, task)
    case 'layer':
      return emitLayer(context, task)
    case 'columns':
      return emitColumns(task)
    case 'compute':
      return emitCompute(context, task)
    case 'pool':
      return emitPool(context, task)
    case 'relayout':
      return emitRelayout(context, task)
    case 'store':
      return emitStore(context, task)
    case 'storeLogits':
      return emitStoreLogits(context, task)
    default:
      return unreachable(task)
  }
}
