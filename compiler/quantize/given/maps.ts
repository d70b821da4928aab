// The maps of a quantised model: the model's scales and zero points, in codes of 4 or 8 bits.

import { defined } from '../../../base/defined.ts'
import { DlpError } from '../../../base/error.ts'
import type { IntegerMap } from '../../graph/integer.ts'
import { codeOf, formatOf, type Grid, type Rounding } from '../../graph/operators/grid.ts'
import type { FloatPlan, PlannedMap, FloatLayer } from '../plan.ts'

/** A map and the model's codes, which may be fewer than those of the format. */
export interface GivenMap {
  readonly map: IntegerMap
  readonly low: number
  readonly high: number
  readonly rounding: Rounding
}

/** The greatest difference of two codes of 4 bits. */
const widthOf4Bits = 15

/**
 * Every map of a plan. A map of fewer than 4 bits, or of 5 to 7, is stored in codes of 4 or 8 bits and clamped to the model's own codes.
 *
 * @param givesCodes true if the output must have the model's codes; so must the maps that are only pooled to make it
 * @throws DlpError for a zero point that is no code of its map
 */
export function givenMaps(plan: FloatPlan, givesCodes = false): ReadonlyMap<string, GivenMap> {
  const kept = new Set([plan.output])
  if (givesCodes)
    for (const layer of plan.layers.toReversed())
      if (layer.kind === 'maxPool' && kept.has(layer.output.name)) kept.add(layer.source)
  const maps = new Map([[plan.input.name, givenMap(plan.input, { isKept: true })]])
  for (const layer of plan.layers) {
    if (layer.kind === 'logits') continue
    const { output } = layer
    maps.set(
      output.name,
      layer.kind === 'maxPool'
        ? pooled(defined(maps.get(layer.source)), output)
        : givenMap(output, { isKept: kept.has(output.name), layer }),
    )
  }
  return maps
}

/** The output of a pool has the codes of its source. */
const pooled = (from: GivenMap, { channels, height, width, name }: PlannedMap): GivenMap => ({
  ...from,
  map: { ...from.map, name, channels, height, width },
})

/**
 * The codes of an inner map may be offset: signed 8-bit codes whose zero point is their least become unsigned, and codes of which a layer's bounds leave at
 * most 16 become 4-bit codes. Input and output keep the model's codes.
 */
function givenMap(
  { grid, ...planned }: PlannedMap,
  { isKept, layer }: { isKept: boolean; layer?: FloatLayer },
): GivenMap {
  const { scale, zeroPoint, low: least, high: greatest, rounding } = grid as Grid
  if (zeroPoint < least || zeroPoint > greatest)
    throw new DlpError({
      where: `map '${planned.name}'`,
      what: `zero point ${zeroPoint}, which is not one of its codes`,
      allowed: `${least} to ${greatest}`,
      help: 'real 0 must have a code: check the quantiser that wrote the model',
    })
  const [low, high] = isKept || layer?.kind !== 'linear' ? [least, greatest] : codesWithin(grid as Grid, layer)
  const isFew = !isKept && high - low <= widthOf4Bits && formatOf(low, high).bits === 8
  const offset = isFew ? -low : !isKept && zeroPoint === -128 ? 128 : 0
  const map = { ...planned, format: formatOf(low + offset, high + offset), zeroPoint: zeroPoint + offset, scale }
  return { map, low: low + offset, high: high + offset, rounding }
}

/** The codes that a layer's bounds leave of its grid, always with the zero point, which padding reads. */
function codesWithin(
  grid: Grid,
  { low, high }: { readonly low: number; readonly high: number },
): readonly [number, number] {
  if (grid.rounding === 'sign') return [grid.low, grid.high]
  return [Math.min(codeOf(low, grid), grid.zeroPoint), Math.max(codeOf(high, grid), grid.zeroPoint)]
}
