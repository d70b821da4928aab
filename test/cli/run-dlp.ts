// Runs the command line, within the test for speed, or in a process of its own as a user does.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { vi } from 'vitest'
import { main } from '../../cli/main.ts'
import { root } from '../support/source-files.ts'

export interface Finished {
  readonly exitCode: number | null
  readonly out: string
  readonly err: string
}

/** Runs `dlp` with the words given, within this process: one at a time. */
export async function runDlp(...words: readonly string[]): Promise<Finished> {
  const texts = { out: '', err: '' }
  const listen = (stream: NodeJS.WriteStream, to: 'out' | 'err') =>
    vi.spyOn(stream, 'write').mockImplementation((part: unknown, ...rest: unknown[]) => {
      texts[to] += typeof part === 'string' ? part : Buffer.from(part as Uint8Array).toString('latin1')
      for (const each of rest) if (typeof each === 'function') (each as () => void)()
      return true
    })
  const spies = [listen(process.stdout, 'out'), listen(process.stderr, 'err')]
  try {
    const exitCode = await main(words)
    return { exitCode, ...texts }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

/** Runs `dlp` with the words given in a new process: slow. */
export function spawnDlp(...words: readonly string[]): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'cli', 'dlp.ts'), ...words], { cwd: root })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', reject)
    child.on('close', (exitCode) => {
      resolve({ exitCode, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() })
    })
  })
}
