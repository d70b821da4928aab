// Lane use: the share of a layer's positions that are pixels of its map; at the others, lanes are idle.
import { defined, elementAt } from '../../base/defined.ts'
import { sourcesOf, sumsPixels, type IntegerLayer } from '../graph/integer.ts'
import { lanes, type Machine } from '../../isa/model/machine.ts'
import { areaOf, type PlacedMap } from '../placement/storage.ts'

/** Share of lanes × positions that hold a pixel, of the map over which a layer's positions run. */
export function laneUse(layer: IntegerLayer, maps: ReadonlyMap<string, PlacedMap>, machine: Machine): number {
  const overSource = layer.kind === 'logits' || (layer.kind === 'linear' && sumsPixels(layer))
  const { map, patch } = defined(maps.get(overSource ? elementAt(sourcesOf(layer), 0).map : layer.output.name))
  return (map.height * map.width) / (areaOf(patch) * lanes(machine))
}
