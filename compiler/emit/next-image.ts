// The next image of a run: its input arrives while the layers of this one compute.
import { sourceMaps } from '../graph/integer.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { link } from './build.ts'
import type { Draft, Emission, InputStyle, Turn } from './emission.ts'
import { loadInput } from './input.ts'
import { firstLayerPieces } from './matrix.ts'

/** LOADs of the image after this one, in order; none after the last. The first of them waits for the last reader of this one's input. */
export function nextLoads({ emission, input }: Draft, image: number): LegalInstruction[] {
  if (image + 1 === emission.images) return []
  const [first, ...others] = loadsOf(emission, image + 1, input)
  return [link(first!, { wait: ['inputFree'] }), ...others]
}

function loadsOf(emission: Emission, image: number, style: InputStyle): LegalInstruction[] {
  const scheduled = emission.layers[0]!
  return 'groups' in scheduled
    ? firstLayerPieces(emission, image, scheduled, style).flatMap(({ loads }) => loads)
    : [loadInput(emission, image)]
}

/**
 * Says, after the last layer that reads the input, that the next image may come.
 * @param start the layer's first instruction
 */
export function freeInput({ emission, infer }: Draft, { image, layer }: Turn, start: number): void {
  if (image + 1 === emission.images || layer !== lastReader(emission)) return
  const last = infer.findLastIndex(({ op }, at) => at >= start && readers.has(op))
  infer[last] = link(infer[last]!, { signal: ['inputFree'] })
}

const readers: ReadonlySet<string> = new Set(['COMPUTE', 'POOL', 'MOVE', 'REPATCH'])

/** The last layer that reads the input. */
export const lastReader = ({ graph }: Emission): number =>
  graph.layers.findLastIndex((layer) => sourceMaps(layer).includes(graph.input.name))
