// Tasks of compiled graphs for the tests: everything between the schedule and the instructions.
import { planGraph } from '../../../compiler/backend.ts'
import type { IntegerGraph } from '../../../compiler/graph/integer.ts'
import { orThrow } from '../../../compiler/refusal.ts'
import type { Placement } from '../../../compiler/tasks/access.ts'
import { streamTasks } from '../../../compiler/tasks/order.ts'
import { inTurn } from '../../../compiler/tasks/sequence.ts'
import { type Links, syncTasks } from '../../../compiler/tasks/sync.ts'
import type { Task } from '../../../compiler/tasks/task.ts'
import type { Machine } from '../../../isa/model/machine.ts'

export interface RunTasks {
  readonly placement: Placement
  readonly tasks: readonly Task[]
  readonly links: readonly Links[]
}

/** The tasks of `infer` and their links. @throws DlpError where the machine does not hold the graph */
export function runTasks(
  graph: IntegerGraph,
  machine: Machine,
  weightsIn: 'resident' | 'streamed',
  images: number,
): RunTasks {
  const { plan } = orThrow(planGraph(graph, { name: graph.name, machine, weightsIn, images }))
  const { places, tasks: placed } = weightsIn === 'streamed' ? streamTasks(plan, 'columns') : inTurn(plan, 'columns')
  const placement = { plan, places }
  const tasks = placed.map(({ task }) => task)
  return { placement, tasks, links: syncTasks(placement, tasks) }
}
