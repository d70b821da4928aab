// Progress reports of long computations: the command line displays them; libraries and tests may leave them out.

export interface Progress {
  /** A new stage begins; `total` is its number of steps, if known. */
  stage(name: string, total?: number): void
  step(count?: number): void
  done(): void
}

/** Reports nothing. */
export const silent: Progress = { stage() {}, step() {}, done() {} }

/** A callback that converts "done of all" into stages and steps. */
export function counting(progress: Progress): (stage: string, done: number, all: number) => void {
  let current = ''
  let counted = 0
  return (stage, done, all) => {
    if (stage !== current) progress.stage(stage, all)
    progress.step(done - (stage === current ? counted : 0))
    current = stage
    counted = done
  }
}
