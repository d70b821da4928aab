// A model of a run with streamed weights: when weights and tables are loaded, and when layers compute. It counts the data cycles of the bus and the beats.
import { layerCycles } from '../placement/cost.ts'
import { positionBytes } from '../layout/dram.ts'
import type { MatrixLayer } from '../schedule/layers.ts'
import { beatBytes, tableBytes } from '../../isa/model/sizes.ts'
import { burstBytes, issueToAddressCycles, positionCycles } from '../../isa/timing.ts'
import { accessesOf, type RunPlan } from './access.ts'
import { ConflictMap } from './conflicts.ts'
import { inputOf, positionRows, outputPositionsOf } from './plan.ts'
import { queueOf, type Task } from './task.ts'

/** A task of the parameter queue in the model. */
export interface Transfer {
  /** the task's index */
  readonly index: number
  /** the last task before it that reads what it overwrites; −1 if there is none */
  readonly after: number
  /** the cycle in which it may issue */
  readonly issue: number
}

export interface Timeline {
  /** in the order that the queue should have */
  readonly transfers: readonly Transfer[]
  /** [tasks] the cycle in which each task of the compute queue begins; of other queues, that of the compute task before it */
  readonly start: readonly number[]
  readonly end: number
}

/**
 * Runs the model. Whenever the bus is free, either the next weights or the next table is transferred: the one that may begin earlier, or, if both
 * may, the one that is needed first.
 * @param tasks in program order
 */
export function timelineOf(run: RunPlan, tasks: readonly Task[]): Timeline {
  const { dramLatencyCycles, outstandingBursts, axiBits } = run.plan.machine
  const latency = issueToAddressCycles + dramLatencyCycles
  const ahead = (outstandingBursts * burstBytes * 8) / axiBits
  const { after, transfersFor } = conflictsOf(run, tasks)
  const waiting = [
    tasks.flatMap(({ kind }, index) => (kind === 'weights' ? [index] : [])),
    tasks.flatMap(({ kind }, index) => (kind === 'table' ? [index] : [])),
  ]
  const transfers: Transfer[] = []
  const done = new Map<number, number>()
  const start: number[] = []
  const end: number[] = []
  let [bus, issued, now] = [0, 0, 0]
  compute()
  while (waiting.some(({ length }) => length > 0)) {
    const candidates = waiting.flatMap(([index]) => (index === undefined ? [] : [{ index, begin: beginOf(index) }]))
    const best = candidates.reduce((a, b) => (b.begin < a.begin || (b.begin === a.begin && b.index < a.index) ? b : a))
    for (const queue of waiting) if (queue[0] === best.index) queue.shift()
    // Its addresses are sent as long as not too many bursts are outstanding.
    issued = Math.max(issued, freeFrom(best.index), bus - ahead)
    transfers.push({ index: best.index, after: after[best.index]!, issue: issued })
    bus = Math.max(bus, issued + latency) + transferCycles(run, tasks[best.index]!)
    done.set(best.index, bus)
    compute()
  }
  return { transfers, start, end: now }

  /** Infinite as long as the end of the task that reads its memory is unknown. */
  function beginOf(index: number): number {
    return Math.max(issued, bus - latency, freeFrom(index))
  }

  function freeFrom(index: number): number {
    const last = after[index]!
    return last < 0 ? 0 : (end[last] ?? Number.POSITIVE_INFINITY)
  }

  /** Computes until a transfer is missing. */
  function compute(): void {
    for (let index = end.length; index < tasks.length; index++) {
      const task = tasks[index]!
      if (queueOf(task) === 'compute') {
        for (const needed of transfersFor[index]!) {
          const arrival = done.get(needed)
          if (arrival === undefined) return
          now = Math.max(now, arrival)
        }
      }
      // The input has priority on the bus over weights.
      if (task.kind === 'load') bus += transferCycles(run, task)
      start.push(now)
      now += computeCycles(run, task)
      end.push(now)
    }
  }
}

/** For each task of the parameter queue, the last compute task before it with which it conflicts; for each compute task, the transfers that it needs. */
function conflictsOf(run: RunPlan, tasks: readonly Task[]): { after: number[]; transfersFor: number[][] } {
  const maps = { weights: new ConflictMap(), table: new ConflictMap(), parameters: new ConflictMap() }
  const after = new Array<number>(tasks.length).fill(-1)
  const transfersFor = tasks.map((): number[] => [])
  tasks.forEach((task, index) => {
    const queue = queueOf(task)
    for (const each of accessesOf(run, task)) {
      if (each.memory === 'feature' || each.memory === 'logits' || each.memory === 'bus') continue
      const map = maps[each.memory]
      if (queue === 'parameter') after[index] = Math.max(after[index]!, map.latest(each, 'compute'))
      const needed = queue === 'compute' ? map.latest(each, 'parameter') : -1
      if (needed >= 0) transfersFor[index]!.push(needed)
      map.note(each, queue, index)
    }
  })
  return { after, transfersFor }
}

/** Data cycles of the bus. */
function transferCycles({ plan, locations }: RunPlan, task: Task): number {
  const { machine, layers } = plan
  const busBytes = machine.axiBits / 8
  if (task.kind === 'weights') return (locations[task.group]!.beats * beatBytes(machine)) / busBytes
  if (task.kind === 'load') {
    const { planes, map } = inputOf(plan)
    return (task.area.rows * task.area.columns * positionBytes(map.channels, planes, machine)) / busBytes
  }
  if (task.kind !== 'table') return 0
  const scheduled = layers[task.stripe.layer]!
  return tableBytes(machine, 'groups' in scheduled ? scheduled.columns.slots.length : 0) / busBytes
}

function computeCycles({ plan, locations }: RunPlan, task: Task): number {
  if (task.kind === 'pool' || task.kind === 'relayout')
    return layerCycles(plan.layers[task.stripe.layer]!.layer, plan.maps, plan.machine)
  if (task.kind !== 'compute') return 0
  const outputs = outputPositionsOf(plan, (plan.layers[task.stripe.layer] as MatrixLayer).layer)
  const { rows, columns } = task.area ?? { rows: positionRows(outputs), columns: outputs.placed.patch.width }
  return rows * columns * positionCycles(plan.machine, locations[task.ofRun]!.beats)
}
