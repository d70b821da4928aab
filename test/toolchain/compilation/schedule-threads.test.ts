// Threads of the scheduler give the same program, and the same errors, as none.

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

test('threads schedule the same program, with some or all row groups in threads', () => {
  const alone = Buffer.from(writeProgram(compile(model, options).program))
  const threads = scheduleThreads(3, 0)
  let missing = 0
  // The caller schedules nothing, so that the threads schedule all row groups.
  const idle: ParallelScheduler = {
    start: (jobs) => {
      const work = threads.start(jobs)!
      return {
        ...work,
        take: () => undefined,
        finish: (onDone) => {
          const made = work.finish(onDone)
          missing = made.size - numberedGroups(jobs).length
          return made
        },
      }
    },
  }
  for (const parallelScheduler of [threads, idle])
    expect(Buffer.from(writeProgram(compile(model, { ...options, parallelScheduler }).program)).equals(alone)).toBe(
      true,
    )
  expect(missing).toBe(0)
})

test('no thread starts for little work, or for one worker', () => {
  const noJobs: readonly LayerJob[] = []
  expect(scheduleThreads(4).start(noJobs)).toBeUndefined()
  expect(scheduleThreads(1, 0).start(noJobs)).toBeUndefined()
})

test('the error of a group reaches the caller unchanged', () => {
  const jobs: LayerJob[] = []
  const spy: ParallelScheduler = { start: (all) => void jobs.push(...all) as undefined }
  compile(model, { ...options, parallelScheduler: spy })
  const { weights } = jobs[0]!.sources[0]!
  const broken = {
    ...jobs[0]!,
    sources: [{ ...jobs[0]!.sources[0]!, weights: { ...weights, value: weights.value.map(() => 2 ** 20) } }],
  }
  const alone = (): unknown => scheduleGroups([broken])
  expect(alone).toThrow(RangeError)
  expect(() => scheduleGroups([broken], scheduleThreads(2, 0))).toThrow(RangeError)
})
