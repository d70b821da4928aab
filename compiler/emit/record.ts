// The layer map of a program: what each layer is worth, for the reports.
import type { IntegerLayer, LinearSource } from '../graph/integer.ts'
import type { PlacedMap } from '../layout/storage.ts'
import { termCount } from '../lower/terms.ts'
import type { LayerRecord } from '../../isa/program.ts'
import { sourcesOf, type ScheduledLayer } from './emit.ts'

/**
 * The record of one layer whose instructions are given.
 * @param original the layer before space-to-depth, which knows how many weights the model has
 */
export function recordLayer(scheduled: ScheduledLayer, original: IntegerLayer, range: { readonly first: number; readonly end: number }, maps: ReadonlyMap<string, PlacedMap>): LayerRecord {
  const { layer } = scheduled
  if (!('groups' in scheduled) || layer.kind === 'maxPool') {
    const map = (layer as { output: { channels: number; height: number; width: number } }).output
    return { name: layer.name, kind: 'maxPool', ...range, shape: [map.channels, map.height, map.width], usefulMacs: 0, nonZeros: 0, weights: 0, boundBeats: 0, beats: 0 }
  }
  const sources = sourcesOf(layer)
  const output = layer.kind === 'linear' ? layer.output : undefined
  const pixels = output ?? maps.get(sources[0]!.map)!.map
  const weighted = original.kind === 'maxPool' ? [] : sourcesOf(original).filter((source) => source.role !== 'residual')
  return {
    name: layer.name,
    kind: layer.kind,
    ...range,
    shape: output === undefined ? [layer.bias.length, 1, 1] : [output.channels, output.height, output.width],
    usefulMacs: pixels.height * pixels.width * sources.reduce((sum, source) => sum + sourceTerms(source) * maps.get(source.map)!.planes, 0),
    nonZeros: weighted.reduce((sum, { weights }) => sum + weights.value.length, 0),
    weights: weighted.reduce((sum, { weights }) => sum + weights.rows * weights.columns, 0),
    boundBeats: scheduled.groups.reduce((sum, group) => sum + group.boundBeats, 0),
    beats: scheduled.groups.reduce((sum, group) => sum + group.stream.beats, 0),
  }
}

/** Terms of all weights of a source: products per output pixel and plane. */
function sourceTerms({ weights }: LinearSource): number {
  let terms = 0
  for (const value of weights.value) terms += termCount(value)
  return terms
}
