// Maps that share one scale: the parts of a concatenation, so that one layer reads them in one unit without loss.

import { defined } from '../../base/defined.ts'
import { sourcesOf } from '../graph/integer.ts'
import type { FloatPlan } from './plan.ts'

/**
 * The names of the maps that share each map's scale, the map itself among them. The input keeps its own; a pool's output has its
 * source's scale.
 */
export function scaleGroups(plan: FloatPlan): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  const join = (first: string, second: string): void => {
    if (first === plan.input.name || second === plan.input.name) return
    const [one, other] = [defined(groups.get(first)), defined(groups.get(second))]
    if (one === other) return
    one.push(...other)
    for (const name of other) groups.set(name, one)
  }
  for (const step of plan.steps) {
    if (step.kind !== 'logits') groups.set(step.output.name, [step.output.name])
    if (step.kind === 'maxPool') join(step.source, step.output.name)
    for (const { map, parts = [] } of sourcesOf(step)) for (const part of parts) join(map, part)
  }
  return groups
}
