// Reads a node's attributes with their defaults. Their kinds have been checked against the operator's signature.

import type { Node } from './graph.ts'
import type { Tensor } from './tensor.ts'

/** A number attribute, or `otherwise` where absent. */
export function numberOf(node: Node, name: string, otherwise: number): number {
  const value = node.attributes[name]
  return typeof value === 'number' ? value : otherwise
}

/** A list of numbers, or undefined where absent. */
export function numbersOf(node: Node, name: string): readonly number[] | undefined {
  const value = node.attributes[name]
  return Array.isArray(value) ? (value as readonly number[]) : undefined
}

/** A string attribute, or `otherwise` where absent. */
export function stringOf(node: Node, name: string, otherwise: string): string {
  const value = node.attributes[name]
  return typeof value === 'string' ? value : otherwise
}

/** A tensor attribute, or undefined where absent. */
export function tensorAttribute(node: Node, name: string): Tensor | undefined {
  const value = node.attributes[name]
  return typeof value === 'object' && 'data' in value ? value : undefined
}
