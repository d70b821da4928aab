// A thread of the scheduler: takes row groups, one after the other, until there are no more.

import { type MessagePort, workerData } from 'node:worker_threads'
import { numberedGroups } from '../../compiler/schedule/parallel.ts'
import { scheduleRows } from '../../compiler/schedule/layer.ts'
import { done, taken, type ThreadAnswer, type ThreadWork } from './schedule-threads.ts'
import { elementAt } from '../../base/defined.ts'
import type { WorkerInput } from '../../base/worker-module.ts'

const { task: port } = workerData as WorkerInput<MessagePort>
port.on('message', ({ jobs, counters: shared }: ThreadWork) => {
  const counters = new Int32Array(shared)
  const groups = numberedGroups(jobs)
  for (let at = Atomics.add(counters, taken, 1); at < groups.length; at = Atomics.add(counters, taken, 1)) {
    port.postMessage(answerTo(at))
    Atomics.add(counters, done, 1)
    Atomics.notify(counters, done)
  }

  function answerTo(at: number): ThreadAnswer {
    const { job, group } = elementAt(groups, at)
    try {
      return { at, schedule: scheduleRows(job, group) }
    } catch {
      // The caller schedules it once more and meets the same error, with its class.
      return { at, schedule: undefined }
    }
  }
})
