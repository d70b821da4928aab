// Calibration inputs: pictures or arrays as tensors of the shape that a model takes.

import { elementAt } from '../../base/defined.ts'
import type { FloatGraph } from '../../compiler/graph/graph.ts'
import type { Tensor } from '../../compiler/graph/tensor.ts'
import { realFromPixels } from '../../host/images.ts'
import { checkPreprocessing } from '../../isa/preprocessing.ts'
import type { Preprocessing } from '../../isa/program.ts'
import type { InputData } from '../../host/images.ts'
import { readInputs, type Shape } from './input-file.ts'
import { tensorOf } from '../../compiler/graph/tensor.ts'
import type { OnWarning } from '../warning.ts'
import { notesOnce, warnUnknown } from './preprocessing.ts'

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
 * The inputs of a model in the machine's form (`machineForm`) from a folder of pictures or a .npy file.
 *
 * @param most of them are read
 * @param onWarning of what nothing can be learnt from, and of what is done to pictures unasked
 */
export async function calibrationOf(
  graph: FloatGraph,
  path: string,
  preprocessing: Preprocessing | undefined,
  most: number,
  onWarning: OnWarning,
): Promise<Tensor[]> {
  const [, channels = 1, height = 1, width = 1] = graph.inputs[0]?.shape ?? []
  const shape: Shape = [channels, height, width]
  checkPreprocessing(preprocessing, shape, `model '${graph.name}'`)
  const arrangement = graph.host?.taken
  const reading = { preprocessing, arrangement, onNote: notesOnce(onWarning) }
  const inputs = await readInputs(path, shape, most, false, reading)
  if (inputs.some(({ kind }) => kind === 'pixels')) warnUnknown(preprocessing, `model '${graph.name}'`, onWarning)
  warnUseless(inputs, path, onWarning)
  return inputs.map(({ kind, data }) =>
    tensorOf('float32', kind === 'pixels' ? realFromPixels(data, channels, preprocessing) : data, [1, ...shape]),
  )
}

/** Warns of inputs from which no range can be learnt. */
function warnUseless(inputs: readonly InputData[], path: string, onWarning: OnWarning): void {
  const [value] = Array.from(elementAt(inputs, 0).data).slice(0, 1)
  const isConstant = inputs.every(({ data }) => Array.from(data).every((each) => each === value))
  if (!isConstant) return
  onWarning(
    `${path}: every calibration input is ${value} throughout: ranges of activations cannot be learnt from it; give inputs like those that the model will see`,
  )
}
