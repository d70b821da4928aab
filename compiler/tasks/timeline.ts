// A model of a run with streamed weights: when weights and tables are asked for, and when computing gets on, by the bus's data and the passes' beats alone.
import { layerCycles } from '../placement/cost.ts'
import { positionBytes } from '../layout/dram.ts'
import type { MatrixLayer } from '../schedule/layers.ts'
import { beatBytes, tableBytes } from '../../isa/model/sizes.ts'
import { burstBytes, issueToAddressCycles, positionCycles } from '../../isa/timing.ts'
import { accessesOf, type Placement } from './access.ts'
import { ConflictMap } from './conflicts.ts'
import { inputOf, walkedRows, outputPositionsOf } from './plan.ts'
import { queueOf, type Task } from './task.ts'

/** A task of the parameter queue as the model has it. */
export interface Transfer {
  /** of the task */
  readonly index: number
  /** the last task before it that reads what lies in its place; −1 where nothing does */
  readonly after: number
  /** the cycle in which it may begin */
  readonly issue: number
}

export interface Timeline {
  /** in the order in which the queue should have them */
  readonly transfers: readonly Transfer[]
  /** [tasks] the cycle in which each task of the compute queue begins; others: that of the one before */
  readonly start: readonly number[]
  readonly end: number
}

/**
 * Runs the model: whenever the bus is free, the transfer goes that may begin first, the next weights or the next table; of two, the one that is
 * needed first.
 * @param tasks in program order
 */
export function timelineOf(placement: Placement, tasks: readonly Task[]): Timeline {
  const { dramLatencyCycles, outstandingBursts, axiBits } = placement.plan.machine
  const way = issueToAddressCycles + dramLatencyCycles
  const ahead = (outstandingBursts * burstBytes * 8) / axiBits
  const { after, needs } = conflictsOf(placement, tasks)
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
    // Its addresses go out as long as not too many bursts are on their way.
    issued = Math.max(issued, freeFrom(best.index), bus - ahead)
    transfers.push({ index: best.index, after: after[best.index]!, issue: issued })
    bus = Math.max(bus, issued + way) + transferCycles(placement, tasks[best.index]!)
    done.set(best.index, bus)
    compute()
  }
  return { transfers, start, end: now }

  /** Infinite as long as it is not known when its place becomes free. */
  function beginOf(index: number): number {
    return Math.max(issued, bus - way, freeFrom(index))
  }

  function freeFrom(index: number): number {
    const last = after[index]!
    return last < 0 ? 0 : (end[last] ?? Number.POSITIVE_INFINITY)
  }

  /** Computes until something is missing. */
  function compute(): void {
    for (let index = end.length; index < tasks.length; index++) {
      const task = tasks[index]!
      if (queueOf(task) === 'compute') {
        for (const needed of needs[index]!) {
          const there = done.get(needed)
          if (there === undefined) return
          now = Math.max(now, there)
        }
      }
      // The input takes the bus when it can, before weights do.
      if (task.kind === 'load') bus += transferCycles(placement, task)
      start.push(now)
      now += computeCycles(placement, task)
      end.push(now)
    }
  }
}

/** For each task: the last one before it that is in its way, and the transfers that it needs. */
function conflictsOf(placement: Placement, tasks: readonly Task[]): { after: number[]; needs: number[][] } {
  const maps = { weights: new ConflictMap(), table: new ConflictMap(), parameters: new ConflictMap() }
  const after = new Array<number>(tasks.length).fill(-1)
  const needs = tasks.map((): number[] => [])
  tasks.forEach((task, index) => {
    const queue = queueOf(task)
    for (const each of accessesOf(placement, task)) {
      if (each.memory === 'feature' || each.memory === 'logits' || each.memory === 'bus') continue
      const map = maps[each.memory]
      if (queue === 'parameter') after[index] = Math.max(after[index]!, map.latest(each, 'compute'))
      const needed = queue === 'compute' ? map.latest(each, 'parameter') : -1
      if (needed >= 0) needs[index]!.push(needed)
      map.note(each, queue, index)
    }
  })
  return { after, needs }
}

/** Data cycles of the bus. */
function transferCycles({ plan, places }: Placement, task: Task): number {
  const { machine, layers } = plan
  const busBytes = machine.axiBits / 8
  if (task.kind === 'weights') return (places[task.group]!.beats * beatBytes(machine)) / busBytes
  if (task.kind === 'load') {
    const { planes, map } = inputOf(plan)
    return (task.area.rows * task.area.columns * positionBytes(map.channels, planes, machine)) / busBytes
  }
  if (task.kind !== 'table') return 0
  const scheduled = layers[task.turn.layer]!
  return tableBytes(machine, 'groups' in scheduled ? scheduled.columns.slots.length : 0) / busBytes
}

function computeCycles({ plan, places }: Placement, task: Task): number {
  if (task.kind === 'pool' || task.kind === 'copy')
    return layerCycles(plan.layers[task.turn.layer]!.layer, plan.maps, plan.machine)
  if (task.kind !== 'compute') return 0
  const walk = outputPositionsOf(plan, (plan.layers[task.turn.layer] as MatrixLayer).layer)
  const { rows, columns } = task.area ?? { rows: walkedRows(walk), columns: walk.placed.patch.width }
  return rows * columns * positionCycles(plan.machine, places[task.ofRun]!.beats)
}
