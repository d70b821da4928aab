// What becomes of every operator that is read: the list of `dlp ops`, made from the rules that reject models.

import { operators } from './graph/operators.ts'
import { edgeOperators } from './passes/machine-interface.ts'
import { simplifyPasses } from './passes/simplify.ts'
import { loweringConstraints, refusedOperators } from './quantize/lowering-constraints.ts'

/** `layer`: the machine does it; `rewritten`: passes write it with others where they can; `float`: evaluated, never compiled. */
export type Support = 'layer' | 'rewritten' | 'float'

export interface OperatorEntry {
  readonly name: string
  readonly summary: string
  readonly support: Support
  /** least and greatest number of inputs; null for any number */
  readonly inputs: readonly [number, number | null]
  readonly attributes: readonly string[]
  /** what a node must be to be read, each a sentence */
  readonly limits: readonly string[]
  /** what it must be for a layer to hold it */
  readonly loweringLimits: readonly string[]
  /** why no layer holds it, and what may be done instead */
  readonly refusal?: string
  /** passes that write it with other operators */
  readonly passes: readonly string[]
  /** what becomes of it at an edge of the graph */
  readonly edge?: string
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
      limits: operator.limits.map(({ sentence }) => sentence),
      loweringLimits: lowered ?? [],
      passes,
      ...(Object.hasOwn(refusedOperators, name) ? { refusal: refusedOperators[name] } : {}),
      ...(Object.hasOwn(edgeOperators, name) ? { edge: edgeOperators[name] } : {}),
    }
  })
}

/** What each support means, in a sentence. */
export const supports: Readonly<Record<Support, string>> = {
  layer: 'a layer of the machine does it',
  rewritten: 'passes write it with operators that layers hold, where they can',
  float:
    'it has a float meaning for evaluation and for what depends on constants alone; a network cut before it compiles',
}
