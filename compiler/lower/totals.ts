// The proof for sums over clusters, parts and pixels: every row's total fits the 32 bits of PSUM and logits memory.
import { sumsPixels, type IntegerMap, type LinearLayer, type LogitsLayer } from '../graph/integer.ts'
import { DlpError } from '../../isa/error.ts'
import { logitsPositions } from './windows.ts'

/**
 * @param maps the layer's source maps by name
 * @throws DlpError naming the first row whose total can leave int32
 */
export function proveTotals(layer: LinearLayer | LogitsLayer, maps: ReadonlyMap<string, IntegerMap>): void {
  const sources = layer.kind === 'linear' ? layer.sources : [layer.source]
  for (let row = 0; row < layer.bias.length; row++) {
    let total = 0
    for (const source of sources) {
      const { weights } = source
      const map = maps.get(source.map)!
      const { format } = map
      const most = format.signed ? 2 ** (format.bits - 1) : 2 ** format.bits - 1
      const [rows, columns] = sumsPixels(layer) ? logitsPositions(source, map) : [1, 1]
      const pixels = rows * columns
      for (let at = weights.rowStart[row]!; at < weights.rowStart[row + 1]!; at++)
        total += Math.abs(weights.value[at]!) * most * pixels
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
