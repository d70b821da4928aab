// The list of supported operators (`dlp ops`), made from the constraints that reject models.

import { operators } from './graph/operators.ts'
import { interfaceOperators } from './passes/machine-interface.ts'
import { simplifyPasses } from './passes/simplify.ts'
import { loweringConstraints, refusedOperators } from './quantize/lowering-constraints.ts'

/** `layer`: computed by a layer; `rewritten`: passes replace it by other operators where they can; `float`: evaluated, never compiled. */
export type Support = 'layer' | 'rewritten' | 'float'

export interface OperatorEntry {
  readonly name: string
  readonly summary: string
  readonly support: Support
  /** least and greatest number of inputs; null for any number */
  readonly inputs: readonly [number, number | null]
  readonly attributes: readonly string[]
  /** constraints that a node must meet to be read, one sentence each */
  readonly constraints: readonly string[]
  /** further constraints that it must meet to become a layer */
  readonly loweringConstraints: readonly string[]
  /** why no layer can compute it, and what can be done instead */
  readonly refusal?: string
  /** passes that replace it by other operators */
  readonly passes: readonly string[]
  /** what becomes of it at an input or output of the graph */
  readonly interface?: string
}

/** Every operator by name. */
export function operatorList(): readonly OperatorEntry[] {
  return Object.entries(operators).map(([name, operator]) => {
    const lowered: readonly string[] | undefined = Object.hasOwn(loweringConstraints, name)
      ? loweringConstraints[name as keyof typeof loweringConstraints]
      : undefined
    const passes = simplifyPasses.filter(({ rewrites }) => rewrites?.includes(name)).map((pass) => pass.name)
    return {
      name,
      summary: operator.summary,
      support: lowered !== undefined ? 'layer' : passes.length > 0 ? 'rewritten' : 'float',
      inputs: [operator.inputs[0], operator.inputs[1] === Infinity ? null : operator.inputs[1]],
      attributes: Object.keys(operator.attributes),
      constraints: operator.constraints.map(({ sentence }) => sentence),
      loweringConstraints: lowered ?? [],
      passes,
      ...(Object.hasOwn(refusedOperators, name) ? { refusal: refusedOperators[name] } : {}),
      ...(Object.hasOwn(interfaceOperators, name) ? { interface: interfaceOperators[name] } : {}),
    }
  })
}

/** The meaning of each kind of support. */
export const supports: Readonly<Record<Support, string>> = {
  layer: 'a layer of the machine computes it',
  rewritten: 'passes replace it, where they can, by operators that become layers',
  float:
    'it is evaluated in floating point and folded where its inputs are constant; no layer computes it: cut a float network before it',
}
