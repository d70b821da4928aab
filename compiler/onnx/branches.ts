// Replaces every If with a static condition by the branch that is taken.

import { elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import type { Value } from '../graph/graph.ts'
import { requiredValues, TypeInference } from '../graph/infer-types.ts'
import { describeType } from '../graph/operator.ts'
import { withFileNames, type Origins } from '../graph/origins.ts'
import type { Tensor } from '../graph/tensor.ts'
import { decodeMessage } from './decode.ts'
import type { LoadExternal } from './external-data.ts'
import { copyNode, functionLimits, type Inliner, type OnnxNode, resolved, type Scope } from './functions.ts'
import { type GraphProto, GraphProtoSchema } from './generated/onnx_pb.ts'
import { check, checkGraph, checkNodes, fileLimits } from './limits.ts'
import { upgradedNodes, readNode } from './nodes.ts'
import { isMainDomain } from './opset.ts'
import { readTensor } from './tensor-data.ts'

/** The greatest nesting depth of branches. */
export const branchDepth = 16
/** The greatest length of the prefix of new names, at any depth. */
const labelLength = 64

/** The graph that contains the nodes, and the state of reading it. */
export interface EnclosingGraph {
  /** name of the file, for messages */
  readonly name: string
  readonly inputs: readonly Value[]
  readonly opset: number
  /** receives the initializers of the branches that are taken */
  readonly constants: Map<string, Tensor>
  readonly inliner: Inliner
  readonly origins: Origins
  readonly loadExternal?: LoadExternal
}

/**
 * The nodes with every If replaced by the nodes of one branch; the other branch is not read.
 *
 * @throws DlpError if a condition is not static, or a branch cannot be read
 */
export function inlineBranches(nodes: readonly OnnxNode[], around: EnclosingGraph): readonly OnnxNode[] {
  if (!nodes.some(isIf)) return nodes
  return withFileNames(around.origins, () => new BranchInliner(nodes, around).nodes)
}

const isIf = ({ opType, domain }: OnnxNode): boolean => opType === 'If' && isMainDomain(domain)

const outermost: Scope = { value: (name) => name }

class BranchInliner {
  readonly nodes: OnnxNode[] = []
  readonly #around: EnclosingGraph
  readonly #inference: TypeInference

  constructor(nodes: readonly OnnxNode[], around: EnclosingGraph) {
    this.#around = around
    const conditions = nodes.filter(isIf).map(({ input }) => input[0] ?? '')
    const outline = nodes.map((node) => ({
      ...node,
      domain: isMainDomain(node.domain) ? undefined : node.domain,
      op: node.opType,
      inputs: node.input,
      outputs: node.output,
      attributes: {},
    }))
    this.#inference = new TypeInference(around.inputs, around.constants, requiredValues(outline, conditions))
    for (const { name, opType, output } of nodes)
      if (name !== '') around.origins.addNode(name, { name, op: opType, output: output[0] ?? '' })
    for (const node of nodes) this.#visit(node, 0)
  }

  #visit(node: OnnxNode, depth: number): void {
    if (isIf(node)) {
      for (const inner of this.#branch(node, depth)) this.#visit(inner, depth + 1)
      return
    }
    check(this.nodes.push(node), fileLimits.nodes, 'nodes', this.#around.name)
    // A node that reads an undefined value is refused later, when the laws of the graph are verified.
    if (!node.input.every((name) => name === '' || this.#inference.types.has(name))) return
    const { inliner, opset, loadExternal } = this.#around
    const read = readNode(node, this.nodes.length - 1, loadExternal)
    for (const each of upgradedNodes(read, opset, (hint) => inliner.fresh(hint))) this.#inference.visit(each)
  }

  /** The nodes of the branch that is taken, with new names; its outputs have the names of the If's outputs. */
  #branch(node: OnnxNode, depth: number): readonly OnnxNode[] {
    const { name, inliner, origins, loadExternal } = this.#around
    const where =
      node.name === ''
        ? `${name}, the node with the output '${node.output[0] ?? ''}' (If)`
        : `${name}, node '${node.name}' (If)`
    const label = (node.name === '' ? 'If' : node.name).slice(0, labelLength)
    if (depth >= branchDepth) throw refused(where, 'branches are nested too deeply', `${branchDepth} levels`)
    const which = this.#condition(node, where) ? 'then_branch' : 'else_branch'
    const given = node.attribute.find((attribute) => attribute.name === which)
    if (given === undefined || given.g.length === 0) throw refused(where, `it has no ${which}`, 'two branches')
    const inside = `${where}, ${which}`
    const proto = decodeMessage(GraphProtoSchema, given.g, inside)
    checkGraph(proto, inside)
    checkNodes(proto.node, inside)
    if (proto.input.length > 0) throw refused(inside, `it has ${proto.input.length} inputs`, 'none')
    if (proto.output.length < node.output.length)
      throw refused(inside, `it has ${proto.output.length} outputs`, `${node.output.length}, as the If`)
    const around = node.scope ?? outermost
    const names = this.#namesIn(proto, label)
    const value = (inner: string): string => names.get(inner) ?? around.value(inner)
    for (const initializer of proto.initializer) {
      const known = value(initializer.name)
      const tensor = readTensor(initializer, `${inside}, initializer '${initializer.name}'`, loadExternal)
      this.#around.constants.set(known, tensor)
      check(this.#around.constants.size, fileLimits.initializers, 'initializers', name)
      this.#inference.define(known, tensor)
    }
    const { attributes } = around
    const scope: Scope = { value, attributes }
    const inner = proto.node.map((each): OnnxNode => {
      const renamed = inliner.fresh(
        `${label}/${(each.name === '' ? each.opType : each.name).slice(0, functionLimits.nameLength)}`,
      )
      const origin = { ...(each.name === '' ? {} : { name: each.name }), op: each.opType, output: each.output[0] ?? '' }
      origins.addNode(renamed, origin)
      return {
        name: renamed,
        opType: each.opType,
        domain: each.domain,
        overload: each.overload,
        input: each.input.map(value),
        output: each.output.map(value),
        attribute:
          attributes === undefined
            ? each.attribute
            : each.attribute.flatMap((attribute) => resolved(attribute, attributes)),
        scope,
      }
    })
    const copies = node.output.flatMap((output, at) =>
      output === ''
        ? []
        : [copyNode(inliner.fresh(`${label}/output`), value(elementAt(proto.output, at).name), output)],
    )
    for (const { name: copy, output } of copies)
      origins.addNode(copy, {
        op: 'If',
        output: elementAt(output, 0),
        ...(node.name === '' ? {} : { name: node.name }),
      })
    return [...inner.flatMap((each) => inliner.nodesOf(each)), ...copies]
  }

  /** New names for the values that a branch defines; all other names are values of the enclosing graph. */
  #namesIn(proto: GraphProto, label: string): ReadonlyMap<string, string> {
    const defined = [...proto.initializer.map(({ name }) => name), ...proto.node.flatMap(({ output }) => output)]
    const names = new Map([['', '']])
    for (const inner of defined) {
      if (names.has(inner)) continue
      const renamed = this.#around.inliner.fresh(`${label}/${inner.slice(0, functionLimits.nameLength)}`)
      names.set(inner, renamed)
      this.#around.origins.addValue(renamed, inner)
    }
    return names
  }

  #condition({ input: [name = ''] }: OnnxNode, where: string): boolean {
    const value = this.#inference.values.get(name)
    const type = this.#inference.types.get(name)
    if (value !== undefined && value.size === 1) return value.data[0] !== 0
    throw refused(
      where,
      `its condition '${name}' is ${value === undefined ? 'known only at run time' : describeType(type)}`,
      'a condition of one element that is a constant, or computed from constants and shapes',
    )
  }
}

function refused(where: string, what: string, allowed: string): DlpError {
  const help = 'control flow cannot be compiled: export the model with fixed shapes so that it disappears'
  return new DlpError({ where, what, allowed, help })
}
