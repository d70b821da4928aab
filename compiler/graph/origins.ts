// Origins: which node or value of the file stands behind each name that reading and the passes make, so that messages speak of the file.

import { DlpError, type Complaint } from '../../base/error.ts'

/** What is asked of a graph. */
interface NamedGraph {
  readonly inputs: readonly { readonly name: string }[]
  readonly constants: ReadonlyMap<string, unknown>
  readonly nodes: readonly NamedNode[]
}

/** What is asked of a node. */
interface NamedNode {
  readonly name: string
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** A node of the file: by its name, or where it has none of its own by what it makes. */
export interface Origin {
  readonly name?: string
  readonly op: string
  /** its first output */
  readonly output: string
}

/**
 * What is known of the names of a graph and of all graphs that are made of it: they share one, to which each adds its own. Nodes and values
 * may have the same name.
 */
export class Origins {
  readonly #nodes = new Map<string, Origin>()
  /** values of our own: the node of the file that they are a part of, or the value that they are another form of */
  readonly #values = new Map<string, Origin | string>()
  /** values of the file */
  readonly #own: ReadonlySet<string>

  /** @param values names of the file's values */
  constructor(values: Iterable<string> = []) {
    this.#own = new Set(values)
  }

  /** A node under a name, which need not be the file's. */
  addNode(name: string, origin: Origin): void {
    if (!this.#nodes.has(name)) this.#nodes.set(name, origin)
  }

  /** A value that the file does not have. */
  addValue(name: string, of: Origin | string): void {
    if (name !== '' && !this.#own.has(name) && !this.#values.has(name)) this.#values.set(name, of)
  }

  /** Nodes that take the place of another, and their values. */
  addRewritten(nodes: readonly NamedNode[], of: NamedNode): void {
    const origin = this.originOf(of)
    // What the node itself reads and makes stays what it is.
    const known = new Set([...of.inputs, ...of.outputs])
    for (const node of nodes) {
      this.addNode(node.name, origin)
      for (const value of [...node.outputs, ...node.inputs]) if (!known.has(value)) this.addValue(value, origin)
    }
  }

  originOf({ name, op, outputs }: NamedNode): Origin {
    return this.#nodes.get(name) ?? { name, op, output: outputs[0] ?? '' }
  }

  /** A text in which every quoted name is one of the file. */
  withFileNames(text: string): string {
    const quotes = [...text.matchAll(/'/g)].map(({ index }) => index)
    let result = ''
    let at = 0
    for (const [first, start] of quotes.entries()) {
      if (start < at) continue
      const before = text.slice(at, start)
      const [, kind = ''] = /(\w+) $/.exec(before.slice(-64)) ?? []
      if (otherKinds.has(kind)) continue
      for (const end of quotes.slice(first + 1, first + 1 + mostQuotes)) {
        // What has been said already stays as it is.
        const [suffix, own, now] = /^ \(([\w.:]+)(?:, rewritten as ([\w.:]+))?\)/.exec(
          text.slice(end + 1, end + 160),
        ) ?? ['']
        const op = now ?? own
        const name = text.slice(start + 1, end)
        const said = this.#say(kind, name, op)
        if (said === undefined) {
          if (!this.#own.has(name)) continue
          // A name of the file stays as it is, and is no part of a longer one.
          result += text.slice(at, end + 1)
          at = end + 1
          break
        }
        result += before.slice(0, before.length - (kind === '' ? 0 : kind.length + 1)) + said
        at = end + 1 + suffix.length
        break
      }
    }
    return result + text.slice(at)
  }

  /** `kind 'name' (op)` of a message; undefined where it may stay as it is. */
  #say(kind: string, name: string, op: string | undefined): string | undefined {
    const prefix = kind === '' ? '' : `${kind} `
    const suffix = op === undefined ? '' : ` (${op})`
    const node = this.#nodes.get(name)
    const isOwn = this.#own.has(name)
    if (node !== undefined && (nodeKinds.has(kind) || (!isOwn && !this.#values.has(name))))
      return kind === 'node' ? nodeOf(node, op) : `${prefix}'${node.name ?? node.output}'${suffix}`
    if (isOwn) return undefined
    const value = this.#values.get(name)
    if (typeof value === 'string') return `${prefix}'${value}'${suffix}`
    if (value !== undefined) return this.#part(kind, value, op)
    return this.#named(name, kind, op)
  }

  /** What is not known is named after what it stands for: `conv.weight`, `map@1`, `value_2`. */
  #named(name: string, kind: string, op: string | undefined): string | undefined {
    let tried = 0
    for (let end = name.length - 1; end > 0 && tried < mostStems; end--) {
      if (!/[.:@_]/.test(name.charAt(end))) continue
      tried++
      const stem = name.slice(0, end)
      const node = this.#nodes.get(stem)
      if (name[end] === '@' && (this.#own.has(stem) || this.#values.has(stem)))
        return `the relayout of ${this.#say('', stem, undefined) ?? `'${stem}'`}`
      if (node !== undefined) return this.#part(kind, node, op)
      if (this.#own.has(stem)) return `${kind === '' ? '' : `${kind} `}'${stem}'`
      const value = this.#values.get(stem)
      if (value !== undefined) return typeof value === 'string' ? `'${value}'` : this.#part(kind, value, op)
    }
    return undefined
  }

  /** Something of a node that the file does not name. */
  #part(kind: string, node: Origin, op: string | undefined): string {
    if (kind === 'node') return nodeOf(node, op)
    if (kind === 'layer') return `layer '${node.name ?? node.output}'`
    return kind === ''
      ? `'${node.name ?? node.output}'`
      : `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind} in ${nodeOf(node)}`
  }
}

/** Quotes of a name itself that are looked at, and parts of a name that may be the name of something else: names are the file's, and may be of nothing else. */
const mostQuotes = 8
const mostStems = 64

/** What is named in messages and is neither node nor value. */
const otherKinds: ReadonlySet<string> = new Set(['model', 'graph', 'machine', 'attribute', 'field', 'function', 'domain', 'type', 'file', 'program']) // prettier-ignore

/** Layers are called by the node that they come from. */
const nodeKinds: ReadonlySet<string> = new Set(['node', 'layer'])

function nodeOf({ name, op, output }: Origin, now = op): string {
  const rewritten = now === op ? '' : `, rewritten as ${now}`
  return name === undefined
    ? `the node that makes '${output}' (${op}${rewritten})`
    : `node '${name}' (${op}${rewritten})`
}

/**
 * Runs an action on a graph; what it refuses is said in the words of the file that the graph comes from.
 * @throws DlpError as the action does
 */
export function inWordsOfFile<T>(origins: Origins | undefined, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (origins === undefined || !(error instanceof DlpError)) throw error
    throw translated(error, origins)
  }
}

function translated(error: DlpError, origins: Origins): DlpError {
  const say = (text: string): string => origins.withFileNames(text)
  const { lines, ...sentence } = error.complaint
  const said = Object.fromEntries(Object.entries(sentence).map(([part, text]) => [part, text && say(text)]))
  const result = new DlpError({
    ...(said as Omit<Complaint, 'lines'>),
    ...(lines && { lines: lines.map(say) }),
  } as Complaint)
  if (error.stack !== undefined) result.stack = error.stack.replace(error.message, () => result.message)
  return result
}

/** The origins of a graph whose nodes and values are those of a file. */
export function originsOf({ inputs, constants, nodes }: NamedGraph): Origins {
  const origins = new Origins([
    ...inputs.map(({ name }) => name),
    ...constants.keys(),
    ...nodes.flatMap(({ outputs }) => outputs),
  ])
  for (const node of nodes) origins.addNode(node.name, origins.originOf(node))
  return origins
}
