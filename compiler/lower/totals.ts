// The overflow proof of totals over clusters, parts and pixels: every row's total fits the 32 bits of PSUM and logits memory.
import { sumsPixels, type IntegerMap, type LinearLayer, type LogitsLayer } from '../graph/integer.ts'
import { greatestMagnitude } from '../../base/bits.ts'
import { defined } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { logitsPositions } from '../placement/windows.ts'

/**
 * @param maps the layer's source maps by name
 * @throws DlpError naming the first row whose total can leave int32
 */
export function proveTotals(layer: LinearLayer | LogitsLayer, maps: ReadonlyMap<string, IntegerMap>): void {
  const sources = layer.kind === 'linear' ? layer.sources : [layer.source]
  // The most that a weight of 1 can add to a row's total.
  const mosts = sources.map((source) => {
    const map = defined(maps.get(source.map))
    const [rows, columns] = sumsPixels(layer) ? logitsPositions(source, map) : [1, 1]
    return greatestMagnitude(map.format) * rows * columns
  })
  for (let row = 0; row < layer.bias.length; row++) {
    let total = 0
    for (let source = 0; source < sources.length; source++) {
      const { rowStart, value } = sources[source]!.weights
      let magnitudes = 0
      for (let at = rowStart[row]!, end = rowStart[row + 1]!; at < end; at++) magnitudes += Math.abs(value[at]!)
      total += magnitudes * mosts[source]!
    }
    if (total + Math.abs(layer.bias[row]!) >= 2 ** 31) {
      throw new DlpError({
        what: `the sum of output channel ${row} can leave 32 bits`,
        where: `layer '${layer.name}'`,
        allowed: '|sum| below 2^31',
        help: 'use fewer bits for the weights or the activations',
      })
    }
  }
}
