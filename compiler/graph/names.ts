// Fresh names for nodes and values that are added to a graph.

/** Creates names that are not used in a graph, each in constant time. */
export class Names {
  readonly #taken: Set<string>
  readonly #counters = new Map<string, number>()

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken)
  }

  /** A new name: the hint, with a number if it is in use. */
  fresh(hint: string): string {
    let name = hint
    if (this.#taken.has(hint)) {
      let number = this.#counters.get(hint) ?? 2
      while (this.#taken.has(`${hint}_${number}`)) number++
      this.#counters.set(hint, number + 1)
      name = `${hint}_${number}`
    }
    this.#taken.add(name)
    return name
  }
}
