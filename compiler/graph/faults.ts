// Faults: all that stands in the way of a graph, found node by node and told in one message.

import { DlpError, describe } from '../../base/error.ts'
import type { Node } from './graph.ts'

/** Reasons that one message lists, and places of each that it names. */
const mostReasons = 8
const mostPlaces = 3

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
    if (this.#errors.length > 1) throw joined(this.#errors, name)
  }
}

function joined(errors: readonly DlpError[], name: string): DlpError {
  const places = new Map<string, string[]>()
  for (const { complaint } of errors) {
    const { where = '', ...reason } = complaint
    const sentence = describe(reason)
    const known = places.get(sentence)
    if (known === undefined) places.set(sentence, [where])
    else known.push(where)
  }
  const listed = [...places].map(([sentence, all]) => `${shortList(all)}: ${sentence}`)
  const more = listed.length - mostReasons
  return new DlpError({
    where: `graph '${name}'`,
    what: `${errors.length} faults stand in the way:`,
    lines: [...listed.slice(0, mostReasons), ...(more > 0 ? [`and ${more} more`] : [])].map((line) => `  ${line}`),
  })
}

/** The first names of a list, and how many more there are. */
export const shortList = (names: readonly string[]): string =>
  `${names.slice(0, mostPlaces).join(', ')}${names.length > mostPlaces ? ` and ${names.length - mostPlaces} more` : ''}`
