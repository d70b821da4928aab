// Runs a tool of the build. The tool and all processes that it starts end when this process ends.

import { spawn } from 'node:child_process'
import { onExit } from 'signal-exit'
import { DlpError } from '../../base/error.ts'

/** Characters of a tool's output that are kept; the last ones state the error. */
const mostOutput = 2 ** 16
/** Lines of the output in a message. */
const shownLines = 40

/**
 * Runs a tool; returns what it prints.
 * @param folder where it runs
 * @throws DlpError with the end of its output where it cannot be started or fails
 */
export function runTool(program: string, args: readonly string[], folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // A process group of its own: make's compilers would outlive make.
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const forget = onExit(() => endGroup(child.pid))
    let output = ''
    let printed = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      printed = (printed + part).slice(-mostOutput)
    })
    for (const stream of [child.stdout, child.stderr.setEncoding('utf8')])
      stream.on('data', (part: string) => {
        output = (output + part).slice(-mostOutput)
      })
    const failed = (how: string): void => {
      forget()
      const lines = output.trimEnd().split('\n').slice(-shownLines)
      reject(new DlpError({ what: `${program} ${how}`, where: 'the RTL', lines: lines.map((line) => `  ${line}`) }))
    }
    child.on('error', (error) => failed(`cannot be started: ${error.message}`))
    child.on('close', (code, signal) => {
      if (code !== 0) return failed(signal === null ? `failed with exit code ${code}` : `was ended by ${signal}`)
      forget()
      resolve(printed)
    })
  })
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    return
  }
}
