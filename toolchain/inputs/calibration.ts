// Calibration inputs: pictures or arrays as tensors of the model's input shape.

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

/** Number of pixels that suffices for ranges and weights, and bounds of the number of pictures. */
const sufficientPixels = 2 ** 20
const minimumCount = 32
const maximumCount = 128

/** The default number of inputs; fewer of large pictures, since each has more pixels. */
export function defaultCount(graph: FloatGraph): number {
  const [, , height = 1, width = 1] = graph.inputs[0]?.shape ?? []
  return Math.min(maximumCount, Math.max(minimumCount, Math.round(sufficientPixels / (height * width))))
}

/**
 * The inputs of a model in the machine's form (`machineForm`) from a folder of pictures or a .npy file.
 *
 * @param most greatest number of inputs
 * @param onWarning called for inputs that are useless for calibration, and for pictures that are resized or lose their transparency
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
  const arrangement = graph.host?.inputArrangement
  const reading = { preprocessing, arrangement, onNote: notesOnce(onWarning) }
  const inputs = await readInputs(path, shape, most, false, reading)
  if (inputs.some(({ kind }) => kind === 'pixels')) warnUnknown(preprocessing, `model '${graph.name}'`, onWarning)
  warnUseless(inputs, path, onWarning)
  return inputs.map(({ kind, data }) =>
    tensorOf('float32', kind === 'pixels' ? realFromPixels(data, channels, preprocessing) : data, [1, ...shape]),
  )
}

/** Warns of inputs from which no range can be derived. */
function warnUseless(inputs: readonly InputData[], path: string, onWarning: OnWarning): void {
  const [value] = Array.from(elementAt(inputs, 0).data).slice(0, 1)
  const isConstant = inputs.every(({ data }) => Array.from(data).every((each) => each === value))
  if (!isConstant) return
  onWarning(
    `${path}: all calibration inputs are constantly ${value}: no ranges of activations can be derived from them; give inputs like those of later use`,
  )
}
