// Maps placed one after the other in the feature memory, sources over them, and the columns of these.
import fc from 'fast-check'
import type { IntegerMap, LinearSource } from '../../../compiler/graph/integer.ts'
import { loadPeriod, mapWords, planesOf, type PlacedMap } from '../../../compiler/placement/storage.ts'
import { layColumns, type LayerColumns } from '../../../compiler/lower/columns.ts'
import { orThrow } from '../../../compiler/refusal.ts'
import { slotChannels, type Machine } from '../../../isa/model/machine.ts'
import { mapOf, windowOn } from './sources.ts'

/** A map at an address. @param hasReplicas whether its channels are repeated over the slot as LOAD does */
export function placeAt(
  map: IntegerMap,
  base: number,
  machine: Machine,
  hasReplicas = false,
  startBank = 0,
): PlacedMap {
  const slots = Math.ceil(map.channels / slotChannels(machine))
  const patch = {
    height: Math.ceil(map.height / machine.gridHeight),
    width: Math.ceil(map.width / machine.gridWidth),
  }
  const period = hasReplicas && slots === 1 ? loadPeriod(map.channels, machine) : slots * slotChannels(machine)
  const planeStride = patch.height * patch.width
  return { map, patch, planeStride, planes: planesOf(map), slots, period, startBank, base }
}

export interface Laid {
  readonly sources: readonly LinearSource[]
  readonly maps: ReadonlyMap<string, PlacedMap>
  readonly columns: LayerColumns
}

/** Columns of sources over maps that lie one after the other. */
export function lay(
  pairs: readonly { readonly map: IntegerMap; readonly source: LinearSource }[],
  machine: Machine,
  hasReplicas = false,
): Laid {
  const maps = new Map<string, PlacedMap>()
  let base = 0
  for (const { map } of pairs) {
    const placed = placeAt(map, base, machine, hasReplicas, maps.size % machine.banks)
    maps.set(map.name, placed)
    base += mapWords(placed)
  }
  const sources = pairs.map(({ source }) => source)
  return { sources, maps, columns: orThrow(layColumns('layer', sources, maps, machine)) }
}

/** One to three sources with maps of their own. */
export const anySources = sourcesUpTo(4095)

/** The same with weights of at most such a magnitude. */
export function sourcesUpTo(magnitude: number) {
  return fc
    .array(
      fc.record({
        shape: fc.tuple(
          fc.integer({ min: 1, max: 24 }),
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 1, max: 9 }),
        ),
        bits: fc.constantFrom(4, 8),
        signed: fc.boolean(),
        zero: fc.nat(7),
        kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 })),
        stride: fc.constantFrom([1, 1] as const, [2, 1] as const),
        pads: fc.tuple(fc.nat(2), fc.nat(2)),
        dilation: fc.constantFrom([1, 1] as const, [1, 2] as const),
        magnitude: fc.constantFrom(7, Math.min(119, magnitude), magnitude),
        density: fc.constantFrom(0.2, 1),
        seed: fc.nat(),
      }),
      { minLength: 1, maxLength: 3 },
    )
    .map((list) =>
      list.map(({ shape, bits, signed, zero, ...options }, index) => {
        const map = mapOf(`map${index}`, shape, { format: { bits: bits as 4 | 8, signed }, zeroPoint: zero })
        return { map, source: windowOn(map, 20, options) }
      }),
    )
}
