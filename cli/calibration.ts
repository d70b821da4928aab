// Calibration inputs: pictures or arrays as tensors of the shape that a model takes.

import type { FloatGraph } from '../compiler/graph/graph.ts'
import type { Tensor } from '../compiler/graph/tensor.ts'
import { realFromPixels } from '../host/images.ts'
import type { Preprocessing } from '../isa/program.ts'
import { readInputs, type Shape } from './input-file.ts'

/** Pixels that suffice to find ranges and weights from, and bounds of the number of pictures. */
const enoughPixels = 2 ** 20
const fewest = 32
const usual = 128

/** How many inputs to take where nobody says: large ones hold more to learn from each. */
export function usualCount(graph: FloatGraph): number {
  const [, , height = 1, width = 1] = graph.inputs[0]?.shape ?? []
  return Math.min(usual, Math.max(fewest, Math.round(enoughPixels / (height * width))))
}

/**
 * The inputs of a simplified graph from a folder of pictures or a .npy file.
 *
 * @param most of them are read
 */
export async function calibrationOf(
  graph: FloatGraph,
  path: string,
  preprocessing: Preprocessing | undefined,
  most: number,
): Promise<Tensor[]> {
  const { tensorOf } = await import('../compiler/graph/tensor.ts')
  const { machineInterface } = await import('../compiler/passes/machine-interface.ts')
  // As the program takes it: a model may have its channels last.
  const [, channels = 1, height = 1, width = 1] = machineInterface(graph).inputs[0]?.shape ?? []
  const shape: Shape = [channels, height, width]
  const inputs = await readInputs(path, shape, most)
  return inputs.map(({ kind, data }) =>
    tensorOf('float32', kind === 'pixels' ? realFromPixels(data, channels, preprocessing) : data, [1, ...shape]),
  )
}
