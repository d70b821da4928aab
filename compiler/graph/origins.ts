// Origins: the node or value of the file from which each name that the compiler creates is derived, so that messages name parts of the file.

import { DlpError, type Complaint } from '../../base/error.ts'

/** The parts of a graph that origins need. */
interface NamedGraph {
  readonly inputs: readonly { readonly name: string }[]
  readonly constants: ReadonlyMap<string, unknown>
  readonly nodes: readonly NamedNode[]
}

/** The parts of a node that origins need. */
interface NamedNode {
  readonly name: string
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** A node of the file, identified by its name or, without a name, by its first output. */
export interface Origin {
  readonly name?: string
  readonly op: string
  /** its first output */
  readonly output: string
}

/**
 * The origins of the names of a graph and of all graphs derived from it, which share one object and add to it. A node and a value may have the
 * same name.
 */
export class Origins {
  readonly #nodes = new Map<string, Origin>()
  /** values that the compiler created: the node of the file of which they are a part, or the value of which they are another form */
  readonly #values = new Map<string, Origin | string>()
  /** values of the file */
  readonly #own: ReadonlySet<string>

  /** @param values names of the file's values */
  constructor(values: Iterable<string> = []) {
    this.#own = new Set(values)
  }

  /** Adds a node under a name, which the file need not contain. */
  addNode(name: string, origin: Origin): void {
    if (!this.#nodes.has(name)) this.#nodes.set(name, origin)
  }

  /** Adds a value that the file does not contain. */
  addValue(name: string, of: Origin | string): void {
    if (name !== '' && !this.#own.has(name) && !this.#values.has(name)) this.#values.set(name, of)
  }

  /** Adds nodes that replace another, and their values. */
  addRewritten(nodes: readonly NamedNode[], of: NamedNode): void {
    const origin = this.originOf(of)
    // The inputs and outputs of the replaced node keep their origins.
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
  translate(text: string): string {
    const quotes = [...text.matchAll(/'/g)].map(({ index }) => index)
    let result = ''
    let at = 0
    for (const [first, start] of quotes.entries()) {
      if (start < at) continue
      const before = text.slice(at, start)
      const [, kind = ''] = /(\w+) $/.exec(before.slice(-64)) ?? []
      if (otherKinds.has(kind)) continue
      for (const end of quotes.slice(first + 1, first + 1 + mostQuotes)) {
        // A phrase that is translated already stays as it is.
        const [suffix, own, now] = /^ \(([\w.:]+)(?:, rewritten as ([\w.:]+))?\)/.exec(
          text.slice(end + 1, end + 160),
        ) ?? ['']
        const op = now ?? own
        const name = text.slice(start + 1, end)
        const translation = this.#translateName(kind, name, op)
        if (translation === undefined) {
          if (!this.#own.has(name)) continue
          // A name of the file stays as it is; it is not part of a longer name.
          result += text.slice(at, end + 1)
          at = end + 1
          break
        }
        result += before.slice(0, before.length - (kind === '' ? 0 : kind.length + 1)) + translation
        at = end + 1 + suffix.length
        break
      }
    }
    return result + text.slice(at)
  }

  /** The translation of `kind 'name' (op)` in a message; undefined where it stays as it is. */
  #translateName(kind: string, name: string, op: string | undefined): string | undefined {
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

  /** A name without an origin begins with the name from which it is derived: `conv.weight`, `map@1`, `value_2`. */
  #named(name: string, kind: string, op: string | undefined): string | undefined {
    let tried = 0
    for (let end = name.length - 1; end > 0 && tried < mostStems; end--) {
      if (!/[.:@_]/.test(name.charAt(end))) continue
      tried++
      const stem = name.slice(0, end)
      const node = this.#nodes.get(stem)
      if (name[end] === '@' && (this.#own.has(stem) || this.#values.has(stem)))
        return `the relayout of ${this.#translateName('', stem, undefined) ?? `'${stem}'`}`
      if (node !== undefined) return this.#part(kind, node, op)
      if (this.#own.has(stem)) return `${kind === '' ? '' : `${kind} `}'${stem}'`
      const value = this.#values.get(stem)
      if (value !== undefined) return typeof value === 'string' ? `'${value}'` : this.#part(kind, value, op)
    }
    return undefined
  }

  /** A part of a node that has no name in the file. */
  #part(kind: string, node: Origin, op: string | undefined): string {
    if (kind === 'node') return nodeOf(node, op)
    if (kind === 'layer') return `layer '${node.name ?? node.output}'`
    return kind === ''
      ? `'${node.name ?? node.output}'`
      : `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind} in ${nodeOf(node)}`
  }
}

/** The most quotation marks within a name, and the most prefixes of a name, that are tried: a file may have arbitrary names. */
const mostQuotes = 8
const mostStems = 64

/** Kinds of things in messages whose names are not those of nodes or values. */
const otherKinds: ReadonlySet<string> = new Set(['model', 'graph', 'machine', 'attribute', 'field', 'function', 'domain', 'type', 'file', 'program']) // prettier-ignore

/** A layer has the name of the node from which it is made. */
const nodeKinds: ReadonlySet<string> = new Set(['node', 'layer'])

function nodeOf({ name, op, output }: Origin, now = op): string {
  const rewritten = now === op ? '' : `, rewritten as ${now}`
  return name === undefined
    ? `the node with the output '${output}' (${op}${rewritten})`
    : `node '${name}' (${op}${rewritten})`
}

/**
 * Runs an action on a graph; its errors name nodes and values of the file from which the graph was read.
 * @throws DlpError as the action does
 */
export function withFileNames<T>(origins: Origins | undefined, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (origins === undefined || !(error instanceof DlpError)) throw error
    throw translated(error, origins)
  }
}

function translated(error: DlpError, origins: Origins): DlpError {
  const translate = (text: string): string => origins.translate(text)
  const { lines, ...sentence } = error.complaint
  const translatedSentence = Object.fromEntries(
    Object.entries(sentence).map(([part, text]) => [part, text && translate(text)]),
  )
  const result = new DlpError({
    ...(translatedSentence as Omit<Complaint, 'lines'>),
    ...(lines && { lines: lines.map(translate) }),
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
