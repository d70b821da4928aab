// The names of the nodes that a growing sum stands for: what has grown from one list shares it, so that a chain of nodes takes its length.

/** Names in order: what came before, then a name or more of them. */
export type NodeNames = { readonly before?: NodeNames; readonly after: string | NodeNames } | undefined

/** These and one more. */
export const withName = (before: NodeNames, after: string): NodeNames => ({ before, after })

/** One list behind the other. */
export const joinNames = (before: NodeNames, after: NodeNames): NodeNames =>
  after === undefined ? before : before === undefined ? after : { before, after }

/** All names in their order. */
export function listNames(names: NodeNames): string[] {
  const found: string[] = []
  // From the back, without recursion: a chain may be as long as a model.
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
