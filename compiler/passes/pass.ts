// What a pass is: a step that makes a graph simpler and keeps what it computes.

import type { Graph } from '../graph/graph.ts'

export interface Pass {
  readonly name: string
  /** Why the compiler does this, in one sentence. */
  readonly why: string
  /** Operators that it writes with others where it can: what is left of them has a float meaning only. */
  readonly rewrites?: readonly string[]
  /** Returns the very same graph where there is nothing to do. */
  readonly run: (graph: Graph) => Graph
}
