// The range of an output that a quantised model leaves without a quantiser, from calibration inputs or from seeded ones.

import { elementAt, elements } from '../../../base/defined.ts'
import { steppedInput } from '../../../isa/packing.ts'
import { seededImages } from '../../calibration.ts'
import { evaluateFloat } from '../../graph/evaluate-float.ts'
import type { FloatGraph } from '../../graph/graph.ts'
import { gridOf, isQuantize } from '../../graph/operators/grid.ts'
import { type Tensor, tensorOf } from '../../graph/tensor.ts'
import type { Pair } from '../plan.ts'

/** Inputs that are looked at: each is a run of the whole network in float. */
const enough = 16
const enoughSeeded = 4

/** How far beyond seeded images a trained network may go on what it was trained for: codes that are not used cost two bits, values cut off are lost. */
const margin = 4

/**
 * Least and greatest value of the graph's output.
 * @param form a model in the machine's form
 * @param calibration inputs as the model itself takes them, channels first; absent: seeded images over the range of the input's codes, with a margin
 */
export function outputRange(form: FloatGraph, calibration: readonly Tensor[] | undefined): Pair {
  const [{ name, shape }] = elements(form.inputs, 1)
  const stepped = ({ data }: Tensor) => tensorOf('float32', steppedInput(data, form.host?.steps, shape[1] ?? 1), shape)
  const inputs = calibration?.slice(0, enough).map(stepped) ?? seededInputs(form)
  let [least, greatest] = [Infinity, -Infinity]
  for (const input of inputs) {
    const [output] = elements(evaluateFloat(form, new Map([[name, input]])).values(), 1)
    for (const value of output.data) {
      if (value < least) least = value
      if (value > greatest) greatest = value
    }
  }
  return calibration === undefined ? [margin * least, margin * greatest] : [least, greatest]
}

/** Seeded images that fill the codes of the input as pictures do: three deviations to each side. */
function seededInputs(form: FloatGraph): readonly Tensor[] {
  const images = seededImages(form, enoughSeeded)
  const quantiser = form.nodes.find((node) => isQuantize(node) && node.inputs[0] === elementAt(form.inputs, 0).name)
  if (quantiser === undefined) return images
  const { low, high, scale, zeroPoint } = gridOf(quantiser)
  const [middle, deviation] = [((low + high) / 2 - zeroPoint) * scale, ((high - low) / 6) * scale]
  return images.map(({ data, shape }) =>
    tensorOf(
      'float32',
      Array.from(data, (value) => middle + deviation * value),
      shape,
    ),
  )
}
