// How long-running work reports its progress: the command line draws it, tests and libraries leave it out.

export interface Progress {
  /** A new stage begins; `total` steps if they can be counted. */
  stage(name: string, total?: number): void
  step(count?: number): void
  done(): void
}

/** Says nothing. */
export const silent: Progress = { stage() {}, step() {}, done() {} }

/** A listener that turns `done of all` into stages and steps. */
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
