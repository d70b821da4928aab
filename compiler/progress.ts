// How long work tells what it is doing: the command line draws it, tests and libraries leave it out.

export interface Progress {
  /** A new stage begins; `total` steps if they can be counted. */
  stage(name: string, total?: number): void
  step(count?: number): void
  done(): void
}
