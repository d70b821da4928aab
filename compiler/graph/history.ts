// History: what passes have made of each node, from which the explanation of a compilation follows.

/** What is asked of a graph and of a node. */
interface Named {
  readonly name: string
}
interface NamedGraph {
  readonly nodes: readonly Named[]
}

/** What changes graphs: a pass, or an edge. */
export interface Changer {
  readonly name: string
  /** in one sentence */
  readonly why: string
}

/** Nodes that others took the place of. */
export interface NodeReplacement {
  readonly by: Changer
  /** names; one that stands in `to` as well was only written anew */
  readonly from: readonly string[]
  /** empty where nothing took their place */
  readonly to: readonly string[]
  /** constants did */
  readonly isConstant?: true
}

/** All changes of a graph and of the graphs that were made of it, which share it, in their order. */
export class History {
  readonly #changes: NodeReplacement[] = []
  #noted: Omit<NodeReplacement, 'by'>[] = []

  get changes(): readonly NodeReplacement[] {
    return this.#changes
  }

  /** Notes what took the place of what, in the change that is under way. */
  note(from: readonly Named[], to: readonly Named[], isConstant = false): void {
    const names = { from: from.map(({ name }) => name), to: to.map(({ name }) => name) }
    this.#noted.push(isConstant ? { ...names, isConstant } : names)
  }

  /** Adds a change. Nodes that are gone without a note have nothing in their place. */
  add(by: Changer, before: NamedGraph, after: NamedGraph): void {
    const noted = this.#noted
    this.#noted = []
    if (after === before) return
    const known = new Set(noted.flatMap(({ from }) => from))
    const there = new Set(after.nodes.map(({ name }) => name))
    for (const each of noted) this.#changes.push({ by, ...each })
    for (const { name } of before.nodes)
      if (!there.has(name) && !known.has(name)) this.#changes.push({ by, from: [name], to: [] })
  }
}
