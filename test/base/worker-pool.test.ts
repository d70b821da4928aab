// The pool of workers: order, sharing and failure.

import { expect, test } from 'vitest'
import { DlpError } from '../../base/error.ts'
import { answerOnAllCores } from '../../base/worker-pool.ts'

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

test('what a user can mend reaches the caller whole', async () => {
  const failing = answerOnAllCores(quotients, 1, [1, -2, 2], { workers: 2 })
  const error = await failing.catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(DlpError)
  expect((error as DlpError).complaint).toEqual({
    ...{ what: '-2', where: 'job', allowed: 'at least 1', help: 'take another', lines: ['a line'] },
  })
})

test('this thread may answer beside the workers', async () => {
  let tell = (): void => {}
  const answered = new Promise<void>((resolve) => (tell = resolve))
  const here = async (): Promise<number> => {
    await answered
    return -1
  }
  const jobs = [1, 2, 3, 4, 6]
  const answers = await answerOnAllCores<number, number, number>(quotients, 12, jobs, {
    workers: 2,
    here,
    onAnswer: tell,
  })
  // A worker is given two jobs at once, so the third is this thread's first.
  expect(answers.slice(0, 3)).toEqual([12, 6, -1])
  for (const [at, answer] of answers.entries()) expect([-1, 12 / jobs[at]!]).toContain(answer)
  expect(await answerOnAllCores<number, number, number>(quotients, 12, jobs, { workers: 1, here })).toEqual([
    -1, -1, -1, -1, -1,
  ])
})

test('an error here or there ends all of it', async () => {
  const here = (): never => {
    throw new Error('not here')
  }
  await expect(answerOnAllCores(quotients, 1, [1, 2, 3, 4], { workers: 2, here })).rejects.toThrow('not here')
  let told = 0
  const slow = async (): Promise<number> => new Promise((resolve) => setTimeout(() => resolve(0), 100))
  const failing = answerOnAllCores(quotients, 1, [0, ...Array<number>(200).fill(1)], {
    workers: 2,
    here: slow,
    onAnswer: () => told++,
  })
  await expect(failing).rejects.toThrow('division by zero')
  expect(told).toBeLessThan(150)
})
