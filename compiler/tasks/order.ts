// The order of the queues against each other: streamed weights and tables as soon as their places are free, none behind one that has to wait longer.
import { defined } from '../../base/defined.ts'
import type { InputStyle, Plan } from './plan.ts'
import { chooseResident } from './resident.ts'
import { inferTasks, type Tasks } from './sequence.ts'
import { queueOf, type PlacedTask } from './task.ts'
import { type Timeline, timelineOf } from './timeline.ts'
import { placeWeights, weightGroups } from './weights.ts'

/** Tasks that one may be moved ahead of, at most. A row group is two of them, its weights and its pass: a semaphore has half as many to count. */
const mostMoved = 256

/** A run with streamed weights: those of them stay with which the model says that it ends soonest. */
export function streamTasks(plan: Plan, style: InputStyle): Tasks {
  const tasksWith = (resident: readonly boolean[]): Tasks => ({
    ...placeWeights(plan, resident),
    tasks: inferTasks(plan, resident, style),
  })
  const timelineWith = ({ places, tasks }: Tasks): Timeline =>
    timelineOf(
      { plan, places },
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
 * Moves the tasks of the parameter queue. Each stands behind the last task that reads what lay in its place, before the first that needs it, and
 * not so early that the tasks before it which have not begun would fill the queue: dispatch would wait, and computing with it.
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
  /** [compute tasks] how many come before each */
  const position = new Map(computes.map((index, at) => [index, at]))
  const ordered: PlacedTask[] = []
  /** the first image's input takes the bus before weights that are not needed yet */
  const input = list.findLastIndex((task) => task.kind === 'load' && task.image === 0)
  let next = 0
  let behind = -1
  let isBehind = false
  tasks.forEach((placed, index) => {
    const queue = queueOf(placed.task)
    if (queue === 'parameter') {
      // Where it stood at the latest: what needs it comes next.
      const own = defined(rank.get(index))
      for (; next <= own; next++) ordered.push(moved(next))
      return
    }
    if (queue === 'compute') {
      // It is dispatched when the one that many places before it has begun.
      const at = defined(position.get(index))
      const dispatched = at < queueDepth ? 0 : start[computes[at - queueDepth]!]!
      while (index > input && next < transfers.length && mayCome(next, dispatched)) ordered.push(moved(next++))
      behind = index
    }
    ordered.push(placed)
  })
  return ordered

  function moved(at: number): PlacedTask {
    const task = list[transfers[at]!.index]!
    const isFirst = task.kind === 'weights' && ordered.length > input && !isBehind
    if (isFirst) isBehind = true
    return { task: isFirst ? { ...task, behindInput: true } : task }
  }

  function mayCome(at: number, dispatched: number): boolean {
    const { after, index } = transfers[at]!
    const hasRoom = at < room || transfers[at - room]!.issue <= dispatched
    return after <= behind && hasRoom && index - behind < mostMoved
  }
}
