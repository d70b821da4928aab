// The type of a compiler pass: a rewrite of a graph that keeps its values.

import type { Graph } from '../graph/graph.ts'

export interface Pass {
  readonly name: string
  /** The reason for the pass, in one sentence. */
  readonly why: string
  /** Operators that it replaces by others where it can; those that remain can only be evaluated. */
  readonly rewrites?: readonly string[]
  /** Returns the same graph object if there is nothing to do. */
  readonly run: (graph: Graph) => Graph
}
