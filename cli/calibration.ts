// Calibration inputs: pictures or arrays as tensors of the shape that a model takes.

import type { FloatGraph } from '../compiler/graph/graph.ts'
import type { Tensor } from '../compiler/graph/tensor.ts'
import { realFromPixels } from '../host/images.ts'
import { checkPreprocessing } from '../isa/preprocessing.ts'
import type { Preprocessing } from '../isa/program.ts'
import type { InputData } from '../host/images.ts'
import { readInputs, type Shape } from './input-file.ts'
import { remark } from './output.ts'
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
 */
export async function calibrationOf(
  graph: FloatGraph,
  path: string,
  preprocessing: Preprocessing | undefined,
  most: number,
): Promise<Tensor[]> {
  const { tensorOf } = await import('../compiler/graph/tensor.ts')
  const [, channels = 1, height = 1, width = 1] = graph.inputs[0]?.shape ?? []
  const shape: Shape = [channels, height, width]
  checkPreprocessing(preprocessing, shape, `model '${graph.name}'`)
  const arrangement = graph.host?.taken
  const inputs = await readInputs(path, shape, most, false, { preprocessing, arrangement, onNote: notesOnce() })
  if (inputs.some(({ kind }) => kind === 'pixels')) warnUnknown(preprocessing, `model '${graph.name}'`)
  warnUseless(inputs, path)
  return inputs.map(({ kind, data }) =>
    tensorOf('float32', kind === 'pixels' ? realFromPixels(data, channels, preprocessing) : data, [1, ...shape]),
  )
}

/** Warns of inputs from which no range can be learnt. */
function warnUseless(inputs: readonly InputData[], path: string): void {
  const [value] = Array.from(inputs[0]!.data).slice(0, 1)
  const isConstant = inputs.every(({ data }) => Array.from(data).every((each) => each === value))
  if (!isConstant) return
  remark(`dlp: warning: ${path}: every calibration input is ${value} throughout: ranges of activations cannot be learnt from it; give inputs like those that the model will see`) // prettier-ignore
}

/** Warns where a single input tells all ranges. */
export function warnFew(calibration: readonly Tensor[] | undefined, path: string | undefined): void {
  if (calibration?.length !== 1) return
  remark(`dlp: warning: ${path}: one calibration input: ranges of activations may not hold for others; a few dozen are usual`) // prettier-ignore
}
