// The maps of a quantised model: its own scales and zero points, in codes that the machine has.

import { DlpError } from '../../../base/error.ts'
import type { IntegerMap } from '../../graph/integer.ts'
import { formatOf, type Grid, type Rounding } from '../../graph/operators/grid.ts'
import type { FloatPlan, PlannedMap } from '../plan.ts'

/** A map with the codes that the model allows, which may be fewer than the format has. */
export interface GivenMap {
  readonly map: IntegerMap
  readonly low: number
  readonly high: number
  readonly rounding: Rounding
}

/**
 * Every map of a plan; `givesCodes`: its output has the model's codes, and so has what is only pooled on the way there. A map of fewer than 4, or of 5 to 7 bits lives in codes of 4 or 8 bits and is clamped to its own.
 *
 * @throws DlpError for a zero point that is no code of its map
 */
export function givenMaps(plan: FloatPlan, givesCodes = false): ReadonlyMap<string, GivenMap> {
  const kept = new Set([plan.output])
  if (givesCodes)
    for (const step of plan.steps.toReversed())
      if (step.kind === 'maxPool' && kept.has(step.output.name)) kept.add(step.source)
  const outputs = plan.steps.flatMap((step) => (step.kind === 'logits' ? [] : [step.output]))
  const inner = outputs.map((output) => [output.name, givenMap(output, !kept.has(output.name))] as const)
  return new Map([[plan.input.name, givenMap(plan.input, false)], ...inner])
}

function givenMap({ grid, ...planned }: PlannedMap, rebase: boolean): GivenMap {
  const { scale, zeroPoint, low, high, rounding } = grid as Grid
  // Signed codes of 8 bits from a zero point of −128 up are unsigned codes; input and output keep the model's own.
  const base = rebase && zeroPoint === -128 ? 128 : 0
  if (zeroPoint < low || zeroPoint > high)
    throw new DlpError({
      where: `map '${planned.name}'`,
      what: `zero point ${zeroPoint}, beyond the codes that are left of it`,
      allowed: `${low} to ${high}`,
      help: 'real 0 must have a code: check the quantiser that wrote the model',
    })
  const map = { ...planned, format: formatOf(low + base, high + base), zeroPoint: zeroPoint + base, scale }
  return { map, low: low + base, high: high + base, rounding }
}
