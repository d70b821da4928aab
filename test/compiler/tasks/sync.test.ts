// Signals and waits order all conflicting tasks, and nothing waits for ever: on random graphs and machines, with resident and streamed weights.
import { describe, expect, test } from 'vitest'
import type { IntegerGraph, IntegerMap } from '../../../compiler/graph/integer.ts'
import { accessesOf, type Access } from '../../../compiler/tasks/access.ts'
import { type Links, mostAhead, semaphoreClasses } from '../../../compiler/tasks/sync.ts'
import { queueOf, type Task } from '../../../compiler/tasks/task.ts'
import { DlpError } from '../../../base/error.ts'
import { machines, type Machine } from '../../../isa/model/machine.ts'
import { graphCase } from '../../support/integer-graphs.ts'
import { type RunTasks, runTasks } from './run-tasks.ts'

const roomy: Machine = { ...machines.tiny, name: 'roomy', featureWords: 8192, weightBeats: 8192, parameterGroups: 512 }
const cases = Array.from({ length: 48 }, (_, seed) => ({
  seed,
  machine: [
    roomy,
    { ...roomy, weightBeats: 160 },
    { ...machines.edge, weightBeats: 300 },
    { ...roomy, weightBeats: 400, queueDepth: 1 },
  ][seed % 4]!,
  weightsIn: seed % 4 === 0 ? ('resident' as const) : ('streamed' as const),
  images: 1 + (Math.floor(seed / 4) % 3),
}))

function found({ seed, machine, weightsIn, images }: (typeof cases)[number]): RunTasks | undefined {
  try {
    return runTasks(graphCase(seed).graph, machine, weightsIn, images)
  } catch (error) {
    if (error instanceof DlpError) return undefined
    throw error
  }
}

const runs = cases.flatMap((each) => found(each) ?? [])

/** A chain of layers of many row groups, of few beats each: row r of a layer reads every so many-th channel from r on. */
function manyGroups(layers: number, channels: number, every: number): IntegerGraph {
  const mapOf = (name: string): IntegerMap => ({
    name,
    channels,
    height: 2,
    width: 2,
    format: { bits: 8, signed: false },
    zeroPoint: 0,
    scale: 1,
  })
  const row = Array.from({ length: channels }, (_, at) => at)
  const columns = row.flatMap((first) => row.filter((at) => at % every === first % every))
  const weights = {
    rows: channels,
    columns: channels,
    rowStart: Int32Array.from([...row, channels], (at) => (at * columns.length) / channels),
    column: Int32Array.from(columns),
    value: new Int32Array(columns.length).fill(1),
  }
  return {
    name: 'groups',
    input: mapOf('map0'),
    layers: Array.from({ length: layers }, (_, at) => ({
      kind: 'linear',
      name: `layer${at}`,
      sources: [
        { map: `map${at}`, role: 'main', kernel: [1, 1], stride: [1, 1], pads: [0, 0], dilation: [1, 1], weights },
      ],
      bias: new Int32Array(channels),
      multiplier: new Int16Array(channels).fill(1),
      shift: new Uint8Array(channels),
      low: 0,
      high: 255,
      output: mapOf(`map${at + 1}`),
    })),
    output: `map${layers}`,
  }
}

/** The semaphores of a mask. */
const bits = (mask: number): number[] => [...semaphoreClasses.keys()].filter((each) => (mask & (1 << each)) !== 0)

/** [semaphores] the tasks that signal it, and those that wait for it, in order. */
function uses(tasks: readonly Task[], links: readonly Links[]): { signals: number[]; waits: number[] }[] {
  return semaphoreClasses.map((_, semaphore) => ({
    signals: [...tasks.keys()].filter((index) => bits(links[index]!.signal).includes(semaphore)),
    waits: [...tasks.keys()].filter((index) => bits(links[index]!.wait).includes(semaphore)),
  }))
}

/** Pairs of tasks of different queues that conflict and that no chain of signals orders. */
function unordered({ run, tasks }: RunTasks, links: readonly Links[]): [number, number][] {
  const semaphores = uses(tasks, links)
  const queues = ['load', 'parameter', 'compute'] as const
  const known: Record<string, Record<string, number>> = Object.fromEntries(
    queues.map((queue) => [queue, { load: -1, parameter: -1, compute: -1 }]),
  )
  const accesses = tasks.map((task) => accessesOf(run, task))
  /** [tasks] for each queue, the last task that has certainly ended when this one begins */
  const before: Record<string, number>[] = []
  const pairs: [number, number][] = []
  tasks.forEach((task, index) => {
    const own = known[queueOf(task)]!
    for (const semaphore of bits(links[index]!.wait)) {
      const { signals, waits } = semaphores[semaphore]!
      const producer = signals[waits.indexOf(index)]!
      own[queueOf(tasks[producer]!)] = Math.max(own[queueOf(tasks[producer]!)]!, producer)
      for (const queue of queues) own[queue] = Math.max(own[queue]!, before[producer]![queue]!)
    }
    before.push({ ...own })
    for (let other = 0; other < index; other++) {
      const queue = queueOf(tasks[other]!)
      if (queue === queueOf(task) || own[queue]! >= other) continue
      if (accesses[other]!.some((a) => accesses[index]!.some((b) => conflict(a, b)))) pairs.push([other, index])
    }
  })
  return pairs
}

const conflict = (a: Access, b: Access): boolean =>
  a.memory === b.memory && (a.kind === 'write' || b.kind === 'write') && a.first < b.end && b.first < a.end

describe('the links of a run', () => {
  test('come from many graphs, many of which stream their weights', () => {
    expect(runs.length).toBeGreaterThan(30)
    expect(runs.filter(({ tasks }) => tasks.some(({ kind }) => kind === 'weights')).length).toBeGreaterThan(15)
  })

  test('order any two tasks of different queues that conflict', () => {
    for (const run of runs) expect(unordered(run, run.links)).toEqual([])
  })

  test('are as many waits as signals, each signal before its wait: nothing waits for what is dispatched after it', () => {
    for (const { tasks, links } of runs)
      for (const { signals, waits } of uses(tasks, links)) {
        expect(waits).toHaveLength(signals.length)
        waits.forEach((wait, at) => expect(signals[at]).toBeLessThan(wait))
      }
  })

  test('go from the producer queue of a class to its consumer queue, and never count above 255', () => {
    for (const { run, tasks, links } of runs)
      for (const [semaphore, { producer, consumer }] of semaphoreClasses.entries()) {
        const { signals, waits } = uses(tasks, links)[semaphore]!
        expect(signals.every((index) => queueOf(tasks[index]!) === producer)).toBe(true)
        expect(waits.every((index) => queueOf(tasks[index]!) === consumer)).toBe(true)
        expect(mostAhead(tasks, links, semaphore, run.plan.machine.queueDepth)).toBeLessThanOrEqual(255)
      }
  })

  test.each([1, 8, 64])(
    'count no further if a ring could hold several hundred row groups, with queues of %i',
    (queueDepth) => {
      const machine: Machine = { ...machines.edge, queueDepth, weightBeats: 8192, instructionWords: 16384 }
      for (const every of [16, 48]) {
        const { tasks, links } = runTasks(manyGroups(4, 192, every), machine, 'streamed', 30)
        for (const semaphore of semaphoreClasses.keys())
          expect(mostAhead(tasks, links, semaphore, queueDepth)).toBeLessThanOrEqual(255)
      }
    },
  )

  test('are needed: without the signals of a semaphore for weights, tasks are unordered', () => {
    for (const run of runs.slice(0, 12))
      for (const [semaphore, { memory }] of semaphoreClasses.entries()) {
        const bit = 1 << semaphore
        const without = run.links.map(({ wait, signal }) => ({ wait: wait & ~bit, signal: signal & ~bit }))
        const isUsed = run.links.some(({ signal }) => (signal & bit) !== 0)
        // The conflicts of other classes may be ordered by other semaphores too, and the bus has no contents to lose.
        if (isUsed && memory === 'weights') expect(unordered(run, without)).not.toEqual([])
      }
  })
})
