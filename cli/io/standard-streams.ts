// What becomes of standard output and standard error when they cannot be written: a reader that has gone, a disk that is full.

import { setImmediate } from 'node:timers/promises'
import { remark } from '../output.ts'
import { exitCodes } from './errors.ts'
import { reasonOf } from '../../toolchain/files/reasons.ts'

const failures: { stdout?: NodeJS.ErrnoException; stderr?: NodeJS.ErrnoException } = {}

/** Notes failures instead of ending the process with a stack. */
export function watchStreams(): void {
  for (const name of ['stdout', 'stderr'] as const)
    process[name].on('error', (error: NodeJS.ErrnoException) => {
      failures[name] ??= error
    })
}

/**
 * Waits until all that was printed has been taken.
 * @returns the exit code: that of a process which SIGPIPE ended where the reader of standard output has gone, which is no error that
 * anybody wants to read; never success where something could not be written
 */
export async function settledStreams(exitCode: number): Promise<number> {
  await flushed(process.stdout)
  const { stdout } = failures
  if (stdout !== undefined && stdout.code !== 'EPIPE')
    remark(`dlp: standard output cannot be written: ${reasonOf(stdout)}`)
  await flushed(process.stderr)
  if (stdout?.code === 'EPIPE') return exitCodes.brokenPipe
  return failures.stdout === undefined && failures.stderr === undefined ? exitCode : exitCode || exitCodes.failed
}

async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.write('', () => resolve())
  })
  // A stream tells of its error after the write's own answer.
  await setImmediate()
}
