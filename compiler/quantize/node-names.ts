// The names of the nodes for which a pending sum stands, as a persistent list: sums that extend the same sum share its names, so that memory stays linear.

/** Names in order: those of `before`, then those of `after`. */
export type NodeNames = { readonly before?: NodeNames; readonly after: string | NodeNames } | undefined

/** The names and one more. */
export const withName = (before: NodeNames, after: string): NodeNames => ({ before, after })

/** The names of both lists, one list after the other. */
export const joinNames = (before: NodeNames, after: NodeNames): NodeNames =>
  after === undefined ? before : before === undefined ? after : { before, after }

/** All names in their order. */
export function listNames(names: NodeNames): string[] {
  const found: string[] = []
  // From the end and without recursion: a chain may be as long as the model.
  const open = [names]
  while (open.length > 0) {
    const last = open.pop()
    if (last === undefined) continue
    open.push(last.before)
    if (typeof last.after === 'string') found.push(last.after)
    else open.push(last.after)
  }
  return found.reverse()
}
