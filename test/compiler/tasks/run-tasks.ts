// Tasks of compiled graphs, for tests: all that lies between the schedules and the instructions.
import { planGraph } from '../../../compiler/backend.ts'
import type { IntegerGraph } from '../../../compiler/graph/integer.ts'
import { orThrow } from '../../../compiler/refusal.ts'
import type { RunPlan } from '../../../compiler/tasks/access.ts'
import { streamTasks } from '../../../compiler/tasks/order.ts'
import { residentTasks } from '../../../compiler/tasks/sequence.ts'
import { type Links, syncTasks } from '../../../compiler/tasks/sync.ts'
import type { Task } from '../../../compiler/tasks/task.ts'
import type { Machine } from '../../../isa/model/machine.ts'

export interface RunTasks {
  readonly run: RunPlan
  readonly tasks: readonly Task[]
  readonly links: readonly Links[]
}

/** The tasks of `infer` and their links. @throws DlpError if the graph does not fit the machine */
export function runTasks(
  graph: IntegerGraph,
  machine: Machine,
  weightsIn: 'resident' | 'streamed',
  images: number,
): RunTasks {
  const { plan } = orThrow(planGraph(graph, { name: graph.name, machine, weightsIn, images }))
  const { locations, tasks: placed } =
    weightsIn === 'streamed' ? streamTasks(plan, 'columns') : residentTasks(plan, 'columns')
  const run = { plan, locations }
  const tasks = placed.map(({ task }) => task)
  return { run, tasks, links: syncTasks(run, tasks) }
}
