// Progress of long work on standard error: a bar where a person watches, nothing where a program reads.

import { SingleBar } from 'cli-progress'

import { visible } from '../../base/visible.ts'
import { type Progress, silent } from '../../compiler/progress.ts'

/**
 * The terminal stays as it is: a process that a signal ends leaves the cursor shown and lines wrapped. The library's own handler would catch
 * the signal and let the work go on.
 */
const untouched = { hideCursor: false, linewrap: true, gracefulExit: false } as const

/** A bar on `stream` where that is a terminal, else silence. */
export function progressOn(stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) return silent
  let bar: SingleBar | undefined
  const finish = (): void => {
    // A stage that ended early, or without a known total, still ends full.
    if (bar !== undefined) bar.update(bar.getTotal())
    bar?.stop()
    bar = undefined
  }
  return {
    stage(name, total) {
      finish()
      const format = total === undefined ? '{name} …' : '{name} {bar} {value}/{total}'
      bar = new SingleBar({ stream, format, ...untouched, barsize: 30, fps: 10, barCompleteChar: '█' })
      bar.start(total ?? 1, 0, { name: visible(name).padEnd(12) })
    },
    step(count = 1) {
      bar?.increment(count)
    },
    done: finish,
  }
}
