// Faults: all that stands in the way of a graph, found node by node and listed in one message.

import { DlpError } from '../../base/error.ts'
import { joined } from '../refusal.ts'
import type { Node } from './graph.ts'

/** What was found so far. What stands behind a refused node is not a second fault. */
export class Faults {
  readonly #errors: DlpError[] = []
  readonly #values = new Set<string>()

  /** Does something with a node, after those whose outputs it reads. @returns whether that went well, and the nodes before too */
  visit(node: Node, action: (node: Node) => void): boolean {
    const isFine = !node.inputs.some((name) => this.#values.has(name)) && this.attempt(() => action(node))
    if (!isFine) for (const name of node.outputs) if (name !== '') this.#values.add(name)
    return isFine
  }

  /** Does something that may find a fault. @returns whether it has found none */
  attempt(action: () => void): boolean {
    try {
      action()
      return true
    } catch (error) {
      if (!(error instanceof DlpError)) throw error
      this.#errors.push(error)
      return false
    }
  }

  get isEmpty(): boolean {
    return this.#errors.length === 0
  }

  /**
   * Ends the search.
   * @param name of the graph
   * @throws DlpError where there are faults: the only one as it is, several with a line a reason and the nodes that it holds for
   */
  throwAny(name: string): void {
    if (this.#errors.length === 1) throw this.#errors[0]
    if (this.#errors.length > 1)
      throw new DlpError(
        joined(
          this.#errors.map(({ complaint }) => complaint),
          name,
        ),
      )
  }
}
