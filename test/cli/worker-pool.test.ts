// The pool of workers: order, sharing and failure.

import { expect, test } from 'vitest'
import { answerOnAllCores } from '../../cli/worker-pool.ts'

const quotients = new URL('worker-pool-quotients.ts', import.meta.url)

test('answers come in the order of the jobs, however many workers there are', async () => {
  const jobs = [1, 2, 3, 4, 6, 12]
  for (const workers of [1, 2, 7]) {
    let told = 0
    const answers = await answerOnAllCores<number, number, number>(quotients, 12, jobs, {
      workers,
      onAnswer: () => told++,
    })
    expect(answers).toEqual([12, 6, 4, 3, 2, 1])
    expect(told).toBe(jobs.length)
  }
})

test('no jobs need no worker', async () => {
  expect(await answerOnAllCores(quotients, 1, [])).toEqual([])
})

test('the error of a job reaches the caller', async () => {
  await expect(answerOnAllCores(quotients, 1, [1, 0, 2], { workers: 2 })).rejects.toThrow('division by zero')
})
