// Names for what is added to a graph.

/** Gives names that nothing in a graph has, in constant time each. */
export class Names {
  readonly #taken: Set<string>
  readonly #counters = new Map<string, number>()

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken)
  }

  /** The hint, with a number where it is taken; taken from now on. */
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
