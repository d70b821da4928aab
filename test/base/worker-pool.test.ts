// The pool of workers: order, sharing and failure.

import { expect, test } from 'vitest'
import { DlpError } from '../../base/error.ts'
import { runOnAllCores } from '../../base/worker-pool.ts'

const quotients = new URL('worker-pool-quotients.ts', import.meta.url)

test('results are in the order of the jobs, for any number of workers', async () => {
  const jobs = [1, 2, 3, 4, 6, 12]
  for (const workers of [1, 2, 7]) {
    let reported = 0
    const results = await runOnAllCores<number, number, number>(quotients, 12, jobs, {
      workers,
      onResult: () => reported++,
    })
    expect(results).toEqual([12, 6, 4, 3, 2, 1])
    expect(reported).toBe(jobs.length)
  }
})

test('without jobs no worker is started', async () => {
  expect(await runOnAllCores(quotients, 1, [])).toEqual([])
})

test('the error of a job reaches the caller', async () => {
  await expect(runOnAllCores(quotients, 1, [1, 0, 2], { workers: 2 })).rejects.toThrow('division by zero')
})

test('an error that a user can fix reaches the caller complete', async () => {
  const failing = runOnAllCores(quotients, 1, [1, -2, 2], { workers: 2 })
  const error = await failing.catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(DlpError)
  expect((error as DlpError).complaint).toEqual({
    ...{ what: '-2', where: 'job', allowed: 'at least 1', help: 'take another', lines: ['a line'] },
  })
})

test('the calling thread may compute beside the workers', async () => {
  let resolveFirst = (): void => {}
  const firstResult = new Promise<void>((resolve) => (resolveFirst = resolve))
  const local = async (): Promise<number> => {
    await firstResult
    return -1
  }
  const jobs = [1, 2, 3, 4, 6]
  const results = await runOnAllCores<number, number, number>(quotients, 12, jobs, {
    workers: 2,
    local,
    onResult: resolveFirst,
  })
  // A worker is given two jobs at once, so the third is this thread's first.
  expect(results.slice(0, 3)).toEqual([12, 6, -1])
  for (const [at, result] of results.entries()) expect([-1, 12 / jobs[at]!]).toContain(result)
  expect(await runOnAllCores<number, number, number>(quotients, 12, jobs, { workers: 1, local })).toEqual([
    -1, -1, -1, -1, -1,
  ])
})

test('an error in the calling thread or in a worker ends all jobs', async () => {
  const local = (): never => {
    throw new Error('not local')
  }
  await expect(runOnAllCores(quotients, 1, [1, 2, 3, 4], { workers: 2, local })).rejects.toThrow('not local')
  let reported = 0
  const slow = async (): Promise<number> => new Promise((resolve) => setTimeout(() => resolve(0), 100))
  const failing = runOnAllCores(quotients, 1, [0, ...Array<number>(200).fill(1)], {
    workers: 2,
    local: slow,
    onResult: () => reported++,
  })
  await expect(failing).rejects.toThrow('division by zero')
  expect(reported).toBeLessThan(150)
})
