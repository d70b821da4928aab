// Prefetch: moves streamed weights and tables ahead in program order, each to where its memory becomes free, and none behind one that waits longer.
import { defined } from '../../base/defined.ts'
import type { InputStyle, Plan } from './plan.ts'
import { chooseResident } from './resident.ts'
import { inferTasks, type Tasks } from './sequence.ts'
import { queueOf, type PlacedTask } from './task.ts'
import { type Timeline, timelineOf } from './timeline.ts'
import { placeWeights, weightGroups } from './weights.ts'

/** The most tasks that one may be moved ahead of. A row group has two, its weights and its COMPUTE, so a semaphore counts half as many. */
const mostMoved = 256

/** A run with streamed weights. The weights that stay resident are chosen so that the run ends soonest by the model. */
export function streamTasks(plan: Plan, style: InputStyle): Tasks {
  const tasksWith = (resident: readonly boolean[]): Tasks => ({
    ...placeWeights(plan, resident),
    tasks: inferTasks(plan, resident, style),
  })
  const timelineWith = ({ locations, tasks }: Tasks): Timeline =>
    timelineOf(
      { plan, locations },
      tasks.map(({ task }) => task),
    )
  const resident = chooseResident(
    weightGroups(plan),
    plan.machine.weightBeats,
    (stays) => timelineWith(tasksWith(stays)).end,
  )
  const tasks = tasksWith(resident)
  return { ...tasks, tasks: orderTasks(tasks.tasks, timelineWith(tasks), plan.machine.queueDepth) }
}

/**
 * Moves the tasks of the parameter queue. Each comes after the last task that reads what it overwrites, and before the first that needs it. It does
 * not come so early that tasks which have not issued would fill the queue: then dispatch would wait, and computing with it.
 * @param tasks in program order
 */
export function orderTasks(
  tasks: readonly PlacedTask[],
  { transfers, start }: Timeline,
  queueDepth: number,
): PlacedTask[] {
  const list = tasks.map(({ task }) => task)
  const room = Math.max(1, queueDepth - 2)
  const rank = new Map(transfers.map(({ index }, at) => [index, at]))
  const computes = list.flatMap((task, index) => (queueOf(task) === 'compute' ? [index] : []))
  /** [compute tasks] number of compute tasks before each */
  const position = new Map(computes.map((index, at) => [index, at]))
  const ordered: PlacedTask[] = []
  /** the last LOAD of the first image's input: it takes the bus before weights that are not needed yet */
  const input = list.findLastIndex((task) => task.kind === 'load' && task.image === 0)
  let next = 0
  /** the latest compute task that is placed */
  let latest = -1
  let isBehindInput = false
  tasks.forEach((placed, index) => {
    const queue = queueOf(placed.task)
    if (queue === 'parameter') {
      // No later than its original position: the task that needs it comes next.
      const own = defined(rank.get(index))
      for (; next <= own; next++) ordered.push(moved(next))
      return
    }
    if (queue === 'compute') {
      // A task is dispatched once the task that is a queue's depth before it has issued.
      const at = defined(position.get(index))
      const dispatched = at < queueDepth ? 0 : start[computes[at - queueDepth]!]!
      while (index > input && next < transfers.length && mayCome(next, dispatched)) ordered.push(moved(next++))
      latest = index
    }
    ordered.push(placed)
  })
  return ordered

  function moved(at: number): PlacedTask {
    const task = list[transfers[at]!.index]!
    const isFirst = task.kind === 'weights' && ordered.length > input && !isBehindInput
    if (isFirst) isBehindInput = true
    return { task: isFirst ? { ...task, behindInput: true } : task }
  }

  function mayCome(at: number, dispatched: number): boolean {
    const { after, index } = transfers[at]!
    const hasRoom = at < room || transfers[at - room]!.issue <= dispatched
    return after <= latest && hasRoom && index - latest < mostMoved
  }
}
