// The range of a quantised model's output that has no quantiser, measured on calibration inputs or on seeded ones.

import { elementAt, elements } from '../../../base/defined.ts'
import { steppedInput } from '../../../isa/packing.ts'
import { seededImages } from '../../calibration.ts'
import { evaluateFloat } from '../../graph/evaluate-float.ts'
import type { FloatGraph } from '../../graph/graph.ts'
import { gridOf, isQuantize } from '../../graph/operators/grid.ts'
import { type Tensor, tensorOf } from '../../graph/tensor.ts'
import type { Pair } from '../plan.ts'

/** Inputs that are evaluated: each takes a run of the whole network in float. */
const calibrationInputs = 16
const seededInputCount = 4

/** The factor by which a trained network's outputs on real images may exceed those on seeded ones: unused codes cost two bits, but saturated values are lost. */
const margin = 4

/**
 * Least and greatest value of the graph's output.
 * @param form a model in its normal form for the machine
 * @param calibration inputs of the model as it was exported, channels first; absent: seeded images over the range of the input's codes, with a margin
 */
export function outputRange(form: FloatGraph, calibration: readonly Tensor[] | undefined): Pair {
  const [{ name, shape }] = elements(form.inputs, 1)
  const stepped = ({ data }: Tensor) =>
    tensorOf('float32', steppedInput(data, form.host?.inputSteps, shape[1] ?? 1), shape)
  const inputs = calibration?.slice(0, calibrationInputs).map(stepped) ?? seededInputs(form)
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

/** Seeded images whose values fill the codes of the input as those of pictures do: the range is three standard deviations to each side. */
function seededInputs(form: FloatGraph): readonly Tensor[] {
  const images = seededImages(form, seededInputCount)
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
