// Inlines a model's own functions, which PyTorch's exporter writes for modules: every call is replaced by the nodes of its function.

import { create } from '@bufbuild/protobuf'
import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import {
  type AttributeProto,
  AttributeProtoSchema,
  type FunctionProto,
  type ModelProto,
  type NodeProto,
} from './generated/onnx_pb.ts'
import { Names } from '../graph/names.ts'
import type { Origin, Origins } from '../graph/origins.ts'
import { isMainDomain } from './opset.ts'

/** Bounds on inlining, without which a small file could grow exponentially: functions that call functions twice double at every level. */
export const functionLimits = {
  depth: 64,
  /** nodes of all calls */
  nodes: 20_000,
  /** their values, attributes and elements of attributes */
  parts: 2_000_000,
  nameLength: 512,
} as const

/** Replaces calls of a model's functions by the functions' nodes, with new names. */
export class Inliner {
  readonly #name: string
  readonly #origins: Origins
  readonly #functions: ReadonlyMap<string, FunctionProto>
  readonly #names: Names
  #calls = 0
  #visited = 0
  #parts = 0

  /**
   * @param name of the file, for messages
   * @param origins receives the call from which each new name is derived
   * @throws DlpError if a function is defined twice, or uses another operator set
   */
  constructor(model: ModelProto, name: string, origins: Origins) {
    this.#name = name
    this.#origins = origins
    this.#functions = indexed(model, name)
    this.#names = namesOf(model)
  }

  /** A name that is used neither in the model's graph nor by inlined nodes. */
  fresh(hint: string): string {
    return this.#names.fresh(hint)
  }

  /**
   * The inlined nodes of a call; any other node itself.
   *
   * @throws DlpError if a function is recursive, too deep, too large, or called in a way that it does not declare
   */
  nodesOf(node: OnnxNode): readonly OnnxNode[] {
    if (this.#functions.size === 0) return [node]
    const inlined: OnnxNode[] = []
    this.#expand(node, [], node, inlined)
    return inlined
  }

  #expand(node: OnnxNode, stack: readonly FunctionProto[], outermost: OnnxNode, inlined: OnnxNode[]): void {
    const called = this.#functions.get(keyOf(node.domain, node.opType, node.overload))
    if (stack.length > 0) {
      this.#visited++
      this.#parts += partsOf(node)
    }
    const where = `${this.#name}, node '${node.name}' (${node.opType})`
    if (this.#visited > functionLimits.nodes || this.#parts > functionLimits.parts)
      throw refused(
        where,
        'the functions of the model grow too large',
        `${functionLimits.nodes} nodes with ${functionLimits.parts} values and elements of attributes`,
      )
    if (called === undefined) return void inlined.push(node)
    if (stack.includes(called)) throw refused(where, 'the function calls itself', 'functions without recursion')
    if (stack.length >= functionLimits.depth)
      throw refused(where, 'functions call functions too deeply', `${functionLimits.depth} levels`)
    const label = `${called.name.slice(0, 64)}_${this.#calls}`
    this.#calls++
    const origin = originOfCall(outermost)
    for (const inner of body(called, node, where, (hint) => this.fresh(`${label}/${hint}`))) {
      this.#origins.addNode(inner.name, origin)
      for (const value of [...inner.input, ...inner.output]) this.#origins.addValue(value, origin)
      this.#expand(inner, [...stack, called], outermost, inlined)
    }
  }
}

const originOfCall = ({ name, opType, output }: OnnxNode): Origin => ({
  ...(name === '' ? {} : { name }),
  op: opType,
  output: output.find((each) => each !== '') ?? '',
})

/** A node of the file, of a function or of a branch, before it is read as a node of a graph. */
export type OnnxNode = Pick<NodeProto, 'name' | 'opType' | 'domain' | 'overload' | 'input' | 'output' | 'attribute'> & {
  /** the meaning of names in its sub-graphs; absent: the names themselves */
  readonly scope?: Scope
}

/** The scope of names in a sub-graph. */
export interface Scope {
  readonly value: (name: string) => string
  /** attributes of the enclosing function; absent outside of functions */
  readonly attributes?: ReadonlyMap<string, AttributeProto>
}

/** A node without attributes, of ONNX's own domain. */
export function newNode(name: string, opType: string, input: string[], output: string[]): OnnxNode {
  return { name, opType, domain: '', overload: '', attribute: [], input, output }
}

/** A node that gives a value another name. */
export function copyNode(name: string, input: string, output: string): OnnxNode {
  return newNode(name, 'Identity', [input], [output])
}

/** The nodes of a function for one call: values renamed, attributes resolved. */
function body(called: FunctionProto, call: OnnxNode, where: string, fresh: (hint: string) => string): OnnxNode[] {
  if (call.input.length > called.input.length || call.output.length > called.output.length)
    throw refused(
      where,
      `found ${call.input.length} inputs and ${call.output.length} outputs`,
      `up to ${called.input.length} and ${called.output.length}`,
    )
  const names = new Map([['', ''], ...called.input.map((input, at) => [input, call.input[at] ?? ''] as const)])
  const copies: OnnxNode[] = []
  call.output.forEach((output, at) => {
    if (output === '') return
    const inner = elementAt(called.output, at)
    const known = names.get(inner)
    // A function may return an input, or one value as two outputs.
    if (known !== undefined) copies.push(copyNode(fresh('copy'), known, output))
    else names.set(inner, output)
  })
  const rename = (inner: string): string => {
    const known = names.get(inner)
    if (known !== undefined) return known
    if (inner.length > functionLimits.nameLength)
      throw refused(where, `a name has ${inner.length} characters`, `${functionLimits.nameLength} in functions`)
    const renamed = fresh(inner)
    names.set(inner, renamed)
    return renamed
  }
  const attributes = attributesOf(called, call, where)
  const nodes = called.node.map((node, place): OnnxNode =>
    // Plain objects, since creating protobuf messages for thousands of nodes takes long.
    ({
      name: fresh((node.name === '' ? `${node.opType}_${place}` : node.name).slice(0, functionLimits.nameLength)),
      opType: node.opType,
      domain: node.domain,
      overload: node.overload,
      input: node.input.map(rename),
      output: node.output.map(rename),
      attribute: node.attribute.flatMap((attribute) => resolved(attribute, attributes)),
      ...(hasSubGraph(node) ? { scope: { value: (inner) => (inner === '' ? '' : rename(inner)), attributes } } : {}),
    }),
  )
  return [...nodes, ...copies]
}

/** The attributes of a function in a call: those of the call, else the function's defaults. */
function attributesOf(called: FunctionProto, call: OnnxNode, where: string): Map<string, AttributeProto> {
  const declared = new Set([...called.attribute, ...called.attributeProto.map((attribute) => attribute.name)])
  const unknown = call.attribute.find((attribute) => !declared.has(attribute.name))
  if (unknown !== undefined)
    throw refused(where, `found the attribute '${unknown.name}'`, [...declared].slice(0, 20).join(', ') || 'none')
  return new Map([...called.attributeProto, ...call.attribute].map((attribute) => [attribute.name, attribute]))
}

/** True if an attribute holds a sub-graph. */
export function hasSubGraph({ attribute }: OnnxNode): boolean {
  return attribute.some(({ g }) => g.length > 0)
}

/** An attribute with its reference resolved; empty if the call omits it. */
export function resolved(attribute: AttributeProto, given: ReadonlyMap<string, AttributeProto>): AttributeProto[] {
  if (attribute.refAttrName === '') return [attribute]
  const found = given.get(attribute.refAttrName)
  return found === undefined ? [] : [Object.assign(create(AttributeProtoSchema), found, { name: attribute.name })]
}

function indexed(model: ModelProto, name: string): Map<string, FunctionProto> {
  const main = (imports: FunctionProto['opsetImport']) => imports.find(({ domain }) => isMainDomain(domain))?.version
  const functions = new Map<string, FunctionProto>()
  for (const each of model.functions) {
    const where = `${name}, function '${each.name}'`
    const version = main(each.opsetImport)
    if (functions.has(keyOf(each.domain, each.name, each.overload)))
      throw refused(where, 'it is defined twice', 'one function of a name')
    if (version !== undefined && version !== main(model.opsetImport))
      throw refused(where, `it uses operator set ${version}`, `that of the model, ${main(model.opsetImport)}`)
    functions.set(keyOf(each.domain, each.name, each.overload), each)
  }
  return functions
}

function keyOf(domain: string, name: string, overload: string): string {
  return JSON.stringify([isMainDomain(domain) ? '' : domain, name, overload])
}

function partsOf({ input, output, attribute }: OnnxNode): number {
  return attribute.reduce(
    (sum, { ints, floats, strings, t, s, g }) =>
      sum +
      1 +
      g.length +
      ints.length +
      floats.length +
      strings.length +
      s.length +
      (t?.dims.reduce((size, extent) => size * Math.max(1, Number(extent)), 1) ?? 0),
    1 + input.length + output.length,
  )
}

function namesOf({ graph }: ModelProto): Names {
  const taken = new Set(graph?.node.flatMap(({ name, input, output }) => [name, ...input, ...output]))
  for (const list of [graph?.initializer, graph?.input, graph?.output])
    for (const { name } of list ?? []) taken.add(name)
  return new Names(taken)
}

function refused(where: string, what: string, allowed: string): DlpError {
  return new DlpError({ where, what, allowed, help: 'export the model with functions inlined' })
}
