// The definition of an operator: signature, constraints, shape inference and reference implementation in floating point.

import { DlpError } from '../../base/error.ts'
import type { Attribute, Node } from './graph.ts'
import { type Tensor, type ValueType, sizeOf } from './tensor.ts'

/** A node with the types and values of its inputs; an absent optional input is undefined. */
export interface Call {
  readonly node: Node
  readonly types: readonly (ValueType | undefined)[]
  /** The values of the inputs: all of them for `evaluate`, the static ones for constraints and `infer`. */
  readonly values: readonly (Tensor | undefined)[]
}

/** A condition that a node must meet, and the sentence that states it in error messages and in the list of operators. */
export interface Constraint {
  readonly sentence: string
  readonly holds: (call: Call) => boolean
  /** The input whose value must be static, since the types of the outputs depend on it. */
  readonly requiresValueOf?: number
}

export type AttributeKind = 'int' | 'float' | 'string' | 'tensor' | 'ints' | 'floats' | 'strings'

/** An operator that the compiler can read. */
export interface Operator {
  readonly summary: string
  /** Least and greatest number of inputs. */
  readonly inputs: readonly [number, number]
  /** Greatest number of outputs. */
  readonly outputs: number
  readonly attributes: Readonly<Record<string, AttributeKind>>
  readonly constraints: readonly Constraint[]
  /** Types of the outputs; called when the constraints hold. */
  readonly infer: (call: Call) => readonly ValueType[]
  /** Values of the outputs. It never overwrites an input, but outputs may share data with inputs. */
  readonly evaluate: (call: Call) => readonly Tensor[]
  /** The number of first inputs whose values `evaluate` reads; absent: all. Of the others it reads only the types, as Shape does. */
  readonly valuesRead?: number
  /** True if the node must not be folded, because its integers and scales would be lost. */
  readonly keepsIntegers?: boolean
}

/** The most elements of one value (1 GiB of float32): it bounds the memory that a small hostile file can cause to be allocated. */
export const maximumElements = 2 ** 28
/** The most axes of a value. */
export const maximumRank = 8

/**
 * Checks signature, attributes and constraints of a node, and infers the types of its outputs.
 *
 * @throws DlpError that names the node and quotes the sentence that does not hold
 */
export function inferCall(operator: Operator, call: Call): readonly ValueType[] {
  checkSignature(operator, call)
  for (const constraint of operator.constraints) if (!constraint.holds(call)) throw refuse(call, constraint.sentence)
  const outputs = operator.infer(call)
  for (const { shape } of outputs) {
    if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0))
      throw refuse(call, 'extents of the output are not negative', `found an output of shape [${shape.join(',')}]`)
    if (shape.length > maximumRank) throw refuse(call, `a value has at most ${maximumRank} axes`)
    if (sizeOf(shape) > maximumElements) throw refuse(call, `a value has at most 2^28 elements`)
  }
  return outputs
}

/** An error about a node that states what is allowed. */
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
