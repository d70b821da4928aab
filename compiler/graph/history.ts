// The replacements of nodes by passes, from which `explain` follows each operator of the file to its layers.

/** The parts of a node and of a graph that a history needs. */
interface Named {
  readonly name: string
}
interface NamedGraph {
  readonly nodes: readonly Named[]
}

/** A compiler pass or an interface rewrite. */
export interface Rewriter {
  readonly name: string
  /** the reason, in one sentence */
  readonly why: string
}

/** Nodes, and those that replace them. */
export interface NodeReplacement {
  readonly by: Rewriter
  /** names of the replaced nodes; one that is in `to` as well was only updated */
  readonly from: readonly string[]
  /** names of the new nodes; empty where there are none */
  readonly to: readonly string[]
  /** constants replace them */
  readonly isConstant?: true
}

/** All replacements in a graph and in the graphs derived from it, in order; the graphs share it. */
export class RewriteHistory {
  readonly #replacements: NodeReplacement[] = []
  #recorded: Omit<NodeReplacement, 'by'>[] = []

  get replacements(): readonly NodeReplacement[] {
    return this.#replacements
  }

  /** Records a replacement by the pass that is running. */
  record(from: readonly Named[], to: readonly Named[], isConstant = false): void {
    const names = { from: from.map(({ name }) => name), to: to.map(({ name }) => name) }
    this.#recorded.push(isConstant ? { ...names, isConstant } : names)
  }

  /** Ends a pass: adds its recorded replacements. Nodes that were removed without a record are replaced by nothing. */
  commit(by: Rewriter, before: NamedGraph, after: NamedGraph): void {
    const recorded = this.#recorded
    this.#recorded = []
    if (after === before) return
    const replaced = new Set(recorded.flatMap(({ from }) => from))
    const remaining = new Set(after.nodes.map(({ name }) => name))
    for (const each of recorded) this.#replacements.push({ by, ...each })
    for (const { name } of before.nodes)
      if (!remaining.has(name) && !replaced.has(name)) this.#replacements.push({ by, from: [name], to: [] })
  }
}
