// Row groups scheduled in parallel: the same program, whichever scheduler takes which group, and if one fails.

import { describe, expect, test } from 'vitest'
import { compile } from '../../../compiler/compile.ts'
import { writeOnnx } from '../../../compiler/onnx/write.ts'
import { numberedGroups, type ParallelScheduler } from '../../../compiler/schedule/parallel.ts'
import { scheduleRows } from '../../../compiler/schedule/layer.ts'
import { shape as resnet8 } from '../../../examples/resnet8/build.ts'
import { resnet } from '../../../examples/support/resnet.ts'
import { writeProgram } from '../../../isa/container/write.ts'
import { machines } from '../../../isa/model/machine.ts'
import { random } from '../../../base/random.ts'

const model = writeOnnx(resnet({ ...resnet8, imageSize: 16, stageChannels: [16, 32] }, 1))

function compiled(parallelScheduler?: ParallelScheduler): {
  readonly bytes: Buffer
  readonly steps: number
  readonly total: number
} {
  let [steps, total] = [0, 0]
  const progress = {
    stage: (name: string, all = 0) => (total = name === 'schedule' ? all : total),
    step: (count = 1) => (steps += total === 0 ? 0 : count),
    done: () => {},
  }
  const { program } = compile(model, {
    name: 'small',
    machine: machines.edge,
    density: 0.3,
    parallelScheduler,
    progress,
  })
  return { bytes: Buffer.from(writeProgram(program)), steps, total }
}

/** A parallel scheduler that takes some groups, and loses some of its schedules. */
function scheduler(seed: number, taking: number, losing: number): ParallelScheduler {
  return {
    start: (jobs) => {
      const groups = numberedGroups(jobs)
      const uniform = random(seed)
      const mine = groups.map(() => uniform() < taking)
      let next = 0
      let put = 0
      return {
        take: () => {
          while (mine[next] === true) next++
          return next < groups.length ? next++ : undefined
        },
        put: () => ++put,
        finish: (onDone) => {
          onDone(groups.length)
          const made = groups.flatMap(({ job, group }, at) =>
            mine[at] === true && uniform() >= losing ? [[at, scheduleRows(job, group)] as const] : [],
          )
          return new Map(made.toReversed())
        },
      }
    },
  }
}

describe('a program is the same', () => {
  const alone = compiled()

  test.each([
    ['that refuses to start', { start: () => undefined }],
    ['that takes nothing', scheduler(1, 0, 0)],
    ['that takes half', scheduler(2, 0.5, 0)],
    ['that takes half and loses half of it', scheduler(3, 0.5, 0.5)],
    ['that takes all and loses all', scheduler(4, 1, 1)],
  ])('with a parallel scheduler %s', (_, parallelScheduler) => {
    const { bytes, steps, total } = compiled(parallelScheduler)
    expect(bytes.equals(alone.bytes)).toBe(true)
    // Every group is reported once, whichever scheduler made it.
    expect([alone.steps, steps]).toEqual([total, total])
  })
})
