// Threads of the scheduler: the same program as without, and the same errors.

import { expect, test } from 'vitest'
import { scheduleThreads } from '../../../toolchain/compilation/schedule-threads.ts'
import { compile } from '../../../compiler/compile.ts'
import { numberedGroups, type ParallelScheduler, scheduleGroups } from '../../../compiler/schedule/parallel.ts'
import type { LayerJob } from '../../../compiler/schedule/layer.ts'
import { build } from '../../../examples/resnet8/build.ts'
import { writeProgram } from '../../../isa/container/write.ts'
import { machines } from '../../../isa/model/machine.ts'

const model = build()
const options = { name: 'resnet8', machine: machines.edge, density: 0.5 }

test('threads schedule the same program, some of it themselves', () => {
  const alone = Buffer.from(writeProgram(compile(model, options).program))
  const threads = scheduleThreads(3, 0)
  let theirs = 0
  // The caller takes nothing, so that all comes from the threads.
  const idle: ParallelScheduler = {
    start: (jobs) => {
      const work = threads.start(jobs)!
      return {
        ...work,
        take: () => undefined,
        finish: (onDone) => {
          const made = work.finish(onDone)
          theirs = made.size - numberedGroups(jobs).length
          return made
        },
      }
    },
  }
  for (const parallelScheduler of [threads, idle])
    expect(Buffer.from(writeProgram(compile(model, { ...options, parallelScheduler }).program)).equals(alone)).toBe(true)
  expect(theirs).toBe(0)
})

test('no thread starts for little work, or where the caller is to be alone', () => {
  const little: readonly LayerJob[] = []
  expect(scheduleThreads(4).start(little)).toBeUndefined()
  expect(scheduleThreads(1, 0).start(little)).toBeUndefined()
})

test('the error of a group reaches the caller as it is', () => {
  const jobs: LayerJob[] = []
  const spy: ParallelScheduler = { start: (all) => void jobs.push(...all) as undefined }
  compile(model, { ...options, parallelScheduler: spy })
  const { weights } = jobs[0]!.sources[0]!
  const broken = {
    ...jobs[0]!,
    sources: [{ ...jobs[0]!.sources[0]!, weights: { ...weights, value: weights.value.map(() => 2 ** 20) } }],
  }
  const plainly = (): unknown => scheduleGroups([broken])
  expect(plainly).toThrow(RangeError)
  expect(() => scheduleGroups([broken], scheduleThreads(2, 0))).toThrow(RangeError)
})
