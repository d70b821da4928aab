// Maps that share one scale: the parts of a concatenation, so that the layer that reads them has integer ratios between them.

import { defined } from '../../base/defined.ts'
import { sourcesOf } from '../graph/integer.ts'
import type { FloatPlan } from './plan.ts'

/**
 * For each map, the names of all maps that share its scale, the map itself among them. The input keeps its own scale; a pool's output has that of
 * its source.
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
  for (const layer of plan.layers) {
    if (layer.kind !== 'logits') groups.set(layer.output.name, [layer.output.name])
    if (layer.kind === 'maxPool') join(layer.source, layer.output.name)
    for (const { map, parts = [] } of sourcesOf(layer)) for (const part of parts) join(map, part)
  }
  return groups
}
