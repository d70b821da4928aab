// What an operator is: its signature, its limits as sentences, its shape rule and its float meaning.

import { DlpError } from '../../base/error.ts'
import type { Attribute, Node } from './graph.ts'
import { type Tensor, type ValueType, sizeOf } from './tensor.ts'

/** A node with what is known of its inputs; an absent optional input is undefined. */
export interface Call {
  readonly node: Node
  readonly types: readonly (ValueType | undefined)[]
  /** The inputs' values: all of them for `evaluate`, those known beforehand for limits and `infer`. */
  readonly values: readonly (Tensor | undefined)[]
}

/** A condition that a node must meet, and the sentence that says so: in the error message, and in the list of limits. */
export interface Limit {
  readonly sentence: string
  readonly holds: (call: Call) => boolean
  /** The input whose value has to be known before evaluation: the types of the outputs depend on it. */
  readonly decidedBy?: number
}

export type AttributeKind = 'int' | 'float' | 'string' | 'tensor' | 'ints' | 'floats' | 'strings'

/** One operator: everything that the front end holds about it. */
export interface Operator {
  readonly summary: string
  /** Least and greatest number of inputs. */
  readonly inputs: readonly [number, number]
  /** Greatest number of outputs. */
  readonly outputs: number
  readonly attributes: Readonly<Record<string, AttributeKind>>
  readonly limits: readonly Limit[]
  /** Types of the outputs; called when the limits hold. */
  readonly infer: (call: Call) => readonly ValueType[]
  /** Values of the outputs, never overwriting an input (but possibly sharing its data). */
  readonly evaluate: (call: Call) => readonly Tensor[]
  /** The inputs, counted from the first, of which `evaluate` reads the values; absent: all. Of the others it reads the types, as Shape does. */
  readonly valuesRead?: number
  /** True if a constant result must stay a node, since it would lose the integers and scales that it is made of. */
  readonly keepsIntegers?: boolean
}

/** The most elements that one value may have (1 GiB of float32): a bound on what a small hostile file can make us allocate. */
export const maximumElements = 2 ** 28
/** The most axes of a value. */
export const maximumRank = 8

/** Checks signature, attributes and limits of a node and applies the operator's shape rule.
 *
 * @throws DlpError that names the node and quotes the sentence that does not hold
 */
export function inferCall(operator: Operator, call: Call): readonly ValueType[] {
  checkSignature(operator, call)
  for (const limit of operator.limits) if (!limit.holds(call)) throw refuse(call, limit.sentence)
  const outputs = operator.infer(call)
  for (const { shape } of outputs) {
    if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0))
      throw refuse(call, 'extents of the output are not negative', `found an output of shape [${shape.join(',')}]`)
    if (shape.length > maximumRank) throw refuse(call, `a value has at most ${maximumRank} axes`)
    if (sizeOf(shape) > maximumElements) throw refuse(call, `a value has at most 2^28 elements`)
  }
  return outputs
}

/** An error about a node that quotes what is allowed. */
export function refuse(call: Call, allowed: string, what = `cannot be used with ${describeInputs(call)}`): DlpError {
  return new DlpError({
    where: `node '${call.node.name}' (${call.node.op})`,
    what,
    allowed,
    help: 'change the model before its export, or simplify it with its own tools',
  })
}

/** `float32[1,3,32,32]`. */
export function describeType(type: ValueType | undefined): string {
  return type === undefined ? 'nothing' : `${type.elementType}[${type.shape.join(',')}]`
}

function describeInputs({ node, types }: Call): string {
  const attributes = Object.entries(node.attributes).map(([name, value]) => `${name}=${describeAttribute(value)}`)
  return `inputs ${types.map(describeType).join(', ')}${attributes.length > 0 ? ` and ${attributes.join(' ')}` : ''}`
}

function describeAttribute(value: Attribute): string {
  const text = typeof value === 'object' && 'data' in value ? 'a tensor' : JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`
}

function checkSignature(operator: Operator, call: Call): void {
  const { node } = call
  const [least, most] = operator.inputs
  const range = least === most ? `${least}` : most === Infinity ? `${least} or more` : `${least} to ${most}`
  if (node.inputs.length > most || node.inputs.length < least)
    throw refuse(call, `${node.op} has ${range} inputs`, `found ${node.inputs.length} inputs`)
  if (node.inputs.slice(0, least).some((name) => name === ''))
    throw refuse(call, `the first ${least} inputs are present`)
  if (node.outputs.length > operator.outputs || node.outputs.length === 0 || node.outputs[0] === '')
    throw refuse(
      call,
      `${node.op} has ${operator.outputs === 1 ? '1 output' : operator.outputs === Infinity ? '1 or more outputs' : `1 to ${operator.outputs} outputs`}`,
      `found ${node.outputs.length} outputs`,
    )
  for (const [name, value] of Object.entries(node.attributes)) {
    const kind = Object.hasOwn(operator.attributes, name) ? operator.attributes[name] : undefined
    const known = Object.keys(operator.attributes).join(', ') || 'none'
    if (kind === undefined) throw refuse(call, `the attributes ${known}`, `found the attribute '${name}'`)
    if (!isKind(value, kind)) throw refuse(call, `the attribute '${name}' is of kind ${kind}`)
  }
}

function isKind(value: Attribute, kind: AttributeKind): boolean {
  switch (kind) {
    case 'int':
      return Number.isInteger(value)
    case 'float':
      return typeof value === 'number'
    case 'string':
      return typeof value === 'string'
    case 'tensor':
      return typeof value === 'object' && 'data' in value
    case 'ints':
      return Array.isArray(value) && value.every((item) => Number.isInteger(item))
    case 'floats':
      return Array.isArray(value) && value.every((item) => typeof item === 'number')
    case 'strings':
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
    default:
      return kind satisfies never
  }
}
