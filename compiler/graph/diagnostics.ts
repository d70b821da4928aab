// Collects the errors of a graph node by node, so that one message reports all of them.

import { DlpError } from '../../base/error.ts'
import { combinedComplaint } from '../refusal.ts'
import type { Node } from './graph.ts'

/** The errors found so far. A node that depends on a refused node is skipped, so that it is no second error. */
export class Diagnostics {
  readonly #errors: DlpError[] = []
  readonly #values = new Set<string>()

  /** Processes a node, after the producers of its inputs. @returns whether it and all nodes on which it depends are free of errors */
  visit(node: Node, action: (node: Node) => void): boolean {
    const isFine = !node.inputs.some((name) => this.#values.has(name)) && this.attempt(() => action(node))
    if (!isFine) for (const name of node.outputs) if (name !== '') this.#values.add(name)
    return isFine
  }

  /** Runs an action and records its error. @returns whether there was none */
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
   * Reports the errors.
   * @param name of the graph
   * @throws DlpError if there are errors: a single one unchanged; several with a line for each reason and the nodes to which it applies
   */
  throwAny(name: string): void {
    if (this.#errors.length === 1) throw this.#errors[0]
    if (this.#errors.length > 1)
      throw new DlpError(
        combinedComplaint(
          this.#errors.map(({ complaint }) => complaint),
          name,
        ),
      )
  }
}
