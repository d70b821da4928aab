// Errors of standard output and standard error, such as a closed pipe or a full disk.

import { setImmediate } from 'node:timers/promises'
import { printMessages } from '../output.ts'
import { exitCodes } from './errors.ts'
import { reasonOf } from '../../toolchain/files/reasons.ts'

const failures: { stdout?: NodeJS.ErrnoException; stderr?: NodeJS.ErrnoException } = {}

/** Records failures, which would otherwise end the process with a stack. */
export function watchStreams(): void {
  for (const name of ['stdout', 'stderr'] as const)
    process[name].on('error', (error: NodeJS.ErrnoException) => {
      failures[name] ??= error
    })
}

/**
 * Waits until everything that was printed is written.
 * @returns the exit code. Where the reader has closed standard output it is that of a process ended by SIGPIPE, without a message. It is never success
 * where something could not be written.
 */
export async function flushStreams(exitCode: number): Promise<number> {
  await flushed(process.stdout)
  const { stdout } = failures
  if (stdout !== undefined && stdout.code !== 'EPIPE')
    printMessages(`dlp: standard output cannot be written: ${reasonOf(stdout)}`)
  await flushed(process.stderr)
  if (stdout?.code === 'EPIPE') return exitCodes.brokenPipe
  return failures.stdout === undefined && failures.stderr === undefined ? exitCode : exitCode || exitCodes.failed
}

async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.write('', () => resolve())
  })
  // The error event of a stream follows the callback of the write.
  await setImmediate()
}
