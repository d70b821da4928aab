// Progress is printed on a terminal and nowhere else.

import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { progressOn } from '../../../cli/io/progress.ts'
import type { Progress } from '../../../compiler/progress.ts'

/** What `work` prints on a stream that is a terminal, or is not. */
function printed(isTerminal: boolean, work: (progress: Progress) => void): string {
  const cursor = { cursorTo: () => true, clearLine: () => true, moveCursor: () => true }
  const stream = Object.assign(new PassThrough(), { isTTY: isTerminal, columns: 80, rows: 24, ...cursor })
  work(progressOn(stream as unknown as NodeJS.WriteStream))
  return String(stream.read() ?? '')
}

function work(progress: Progress): void {
  progress.stage('schedule', 3)
  progress.step()
  progress.step(2)
  progress.stage('emit')
  progress.done()
  progress.done()
}

describe('progress', () => {
  test('on a terminal names each stage and counts its steps', () => {
    const text = printed(true, work)
    expect(text).toMatch(/schedule .*3\/3/)
    expect(text).toContain('emit')
  })

  test('elsewhere prints nothing', () => {
    expect(printed(false, work)).toBe('')
  })
})
