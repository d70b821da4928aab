// The layer records of a program: instructions, products, weights and beats of each layer, for reports.
import { defined, elementAt } from '../../base/defined.ts'
import type { RelayoutLayer, LinearSource, MaxPoolLayer } from '../graph/integer.ts'
import { termsOfAll } from '../terms.ts'
import type { LayerRecord } from '../../isa/program.ts'
import { sourcesOf, sumsPixels } from '../graph/integer.ts'
import type { Plan } from '../tasks/plan.ts'

/** The record of layer `index`. @param range its instructions */
export function recordLayer(
  { layers, original, maps }: Plan,
  index: number,
  range: { readonly first: number; readonly end: number },
): LayerRecord {
  const scheduled = elementAt(layers, index)
  const { layer } = scheduled
  const common = { name: layer.name, ...range }
  if (!('groups' in scheduled)) {
    const { channels, height, width } = scheduled.layer.output
    return {
      ...common,
      kind: kindOf(scheduled.layer),
      shape: [channels, height, width],
      usefulMacs: 0,
      nonZeros: 0,
      weights: 0,
      boundBeats: 0,
      beats: 0,
    }
  }
  const output = scheduled.layer.kind === 'linear' ? scheduled.layer.output : undefined
  // Only the layer before space-to-depth and relayouts has as many weights as the model.
  const before = defined(original.layers.find(({ name }) => name === layer.name))
  const weighted = sourcesOf(before).filter((source) => denseOf(source) > 0)
  // A layer that sums pixels is a matrix behind an average: the network multiplies by it once, not once a pixel.
  const positions = sumsPixels(scheduled.layer) ? 1 : defined(output).height * defined(output).width
  return {
    ...common,
    kind: scheduled.layer.kind,
    shape: output === undefined ? [scheduled.layer.bias.length, 1, 1] : [output.channels, output.height, output.width],
    usefulMacs: Math.round(
      positions *
        sourcesOf(scheduled.layer).reduce(
          (sum, source) => sum + neededTerms(source) * defined(maps.get(source.map)).planes,
          0,
        ),
    ),
    nonZeros: weighted.reduce((sum, { weights }) => sum + weights.value.length, 0),
    weights: Math.round(weighted.reduce((sum, source) => sum + denseOf(source), 0)),
    boundBeats: scheduled.groups.reduce((sum, group) => sum + group.boundBeats, 0),
    beats: scheduled.groups.reduce((sum, group) => sum + group.stream.beats, 0),
  }
}

const kindOf = (layer: MaxPoolLayer | RelayoutLayer): LayerRecord['kind'] =>
  layer.kind === 'maxPool' ? 'maxPool' : layer.lanes === 'free' ? 'repatch' : 'move'

/** Products at one position and plane that the network itself needs: the terms of all weights of a source, without what the machine adds. */
const neededTerms = ({ weights, needed = 1 }: LinearSource): number => needed * termsOfAll(weights)

const denseOf = ({
  role,
  weights,
  dense = role === 'residual' ? 0 : weights.rows * weights.columns,
}: LinearSource): number => dense
