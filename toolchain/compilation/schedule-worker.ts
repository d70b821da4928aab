// A thread of the scheduler: schedules row groups, one after the other, until none is left.

import { type MessagePort, workerData } from 'node:worker_threads'
import { numberedGroups } from '../../compiler/schedule/parallel.ts'
import { scheduleRows } from '../../compiler/schedule/layer.ts'
import { done, taken, type ThreadResult, type ThreadJobs } from './schedule-threads.ts'
import { elementAt } from '../../base/defined.ts'
import type { WorkerInput } from '../../base/worker-module.ts'

const { task: port } = workerData as WorkerInput<MessagePort>
port.on('message', ({ jobs, counters: shared }: ThreadJobs) => {
  const counters = new Int32Array(shared)
  const groups = numberedGroups(jobs)
  for (let at = Atomics.add(counters, taken, 1); at < groups.length; at = Atomics.add(counters, taken, 1)) {
    port.postMessage(resultOf(at))
    Atomics.add(counters, done, 1)
    Atomics.notify(counters, done)
  }

  function resultOf(at: number): ThreadResult {
    const { job, group } = elementAt(groups, at)
    try {
      return { at, schedule: scheduleRows(job, group) }
    } catch {
      // The caller schedules the group itself and gets the same error, with its class.
      return { at, schedule: undefined }
    }
  }
})
