// The maps of a quantised model: its own scales and zero points, in codes that the machine has.

import { defined } from '../../../base/defined.ts'
import { DlpError } from '../../../base/error.ts'
import type { IntegerMap } from '../../graph/integer.ts'
import { codeOf, formatOf, type Grid, type Rounding } from '../../graph/operators/grid.ts'
import type { FloatPlan, PlannedMap, PlanStep } from '../plan.ts'

/** A map with the codes that the model allows, which may be fewer than the format has. */
export interface GivenMap {
  readonly map: IntegerMap
  readonly low: number
  readonly high: number
  readonly rounding: Rounding
}

/** Codes that 4 bits hold. */
const fewCodes = 15

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
  const maps = new Map([[plan.input.name, givenMap(plan.input, { isKept: true })]])
  for (const step of plan.steps) {
    if (step.kind === 'logits') continue
    const { output } = step
    maps.set(
      output.name,
      step.kind === 'maxPool'
        ? pooled(defined(maps.get(step.source)), output)
        : givenMap(output, { isKept: kept.has(output.name), step }),
    )
  }
  return maps
}

/** A pool gives the codes that it reads. */
const pooled = (from: GivenMap, { channels, height, width, name }: PlannedMap): GivenMap => ({
  ...from,
  map: { ...from.map, name, channels, height, width },
})

/**
 * Codes of an inner map may be counted from elsewhere: signed ones of 8 bits whose zero point is their least become unsigned ones, and where bounds leave
 * no more than 16 of them they fit 4 bits. Input and output keep the model's own.
 */
function givenMap({ grid, ...planned }: PlannedMap, { isKept, step }: { isKept: boolean; step?: PlanStep }): GivenMap {
  const { scale, zeroPoint, low: least, high: greatest, rounding } = grid as Grid
  if (zeroPoint < least || zeroPoint > greatest)
    throw new DlpError({
      where: `map '${planned.name}'`,
      what: `zero point ${zeroPoint}, beyond the codes that are left of it`,
      allowed: `${least} to ${greatest}`,
      help: 'real 0 must have a code: check the quantiser that wrote the model',
    })
  const [low, high] = isKept || step?.kind !== 'linear' ? [least, greatest] : codesWithin(grid as Grid, step)
  const isFew = !isKept && high - low <= fewCodes && formatOf(low, high).bits === 8
  const base = isFew ? -low : !isKept && zeroPoint === -128 ? 128 : 0
  const map = { ...planned, format: formatOf(low + base, high + base), zeroPoint: zeroPoint + base, scale }
  return { map, low: low + base, high: high + base, rounding }
}

/** The codes that a layer's bounds leave of its grid, the zero point among them: what is padded reads it. */
function codesWithin(
  grid: Grid,
  { low, high }: { readonly low: number; readonly high: number },
): readonly [number, number] {
  if (grid.rounding === 'sign') return [grid.low, grid.high]
  return [Math.min(codeOf(low, grid), grid.zeroPoint), Math.max(codeOf(high, grid), grid.zeroPoint)]
}
