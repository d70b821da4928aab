// Progress on standard error: a bar on a terminal, nothing elsewhere.

import { SingleBar } from 'cli-progress'

import { visible } from '../../base/visible.ts'
import { type Progress, silent } from '../../compiler/progress.ts'

/**
 * The terminal's settings are not changed, so that a process which is ended by a signal leaves the cursor visible and lines wrapped. The library's
 * own handler would catch the signal, and the process would continue.
 */
const unchangedTerminal = { hideCursor: false, linewrap: true, gracefulExit: false } as const

/** A bar on `stream` if that is a terminal, else no output. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) return silent
  let bar: SingleBar | undefined
  const finish = (): void => {
    // The bar of a stage ends full, even if the stage ended early or its total was not known.
    if (bar !== undefined) bar.update(bar.getTotal())
    bar?.stop()
    bar = undefined
  }
  return {
    stage(name, total) {
      finish()
      const format = total === undefined ? '{name} …' : '{name} {bar} {value}/{total}'
      bar = new SingleBar({ stream, format, ...unchangedTerminal, barsize: 30, fps: 10, barCompleteChar: '█' })
      bar.start(total ?? 1, 0, { name: visible(name).padEnd(12) })
    },
    step(count = 1) {
      bar?.increment(count)
    },
    done: finish,
  }
}
