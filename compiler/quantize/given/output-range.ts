// The range of an output that a quantised model leaves without a quantiser, from calibration inputs.

import { steppedInput } from '../../../isa/packing.ts'
import { evaluateFloat } from '../../graph/evaluate-float.ts'
import type { FloatGraph } from '../../graph/graph.ts'
import { type Tensor, tensorOf } from '../../graph/tensor.ts'
import type { Pair } from '../plan.ts'

/** Inputs that are looked at: each is a run of the whole network in float. */
const enough = 16

/**
 * Least and greatest value of the graph's output.
 * @param form a model in the machine's form
 * @param calibration inputs as the model itself takes them
 */
export function outputRange(form: FloatGraph, calibration: readonly Tensor[]): Pair {
  const [{ name, shape }] = form.inputs
  let [least, greatest] = [Infinity, -Infinity]
  for (const { data } of calibration.slice(0, enough)) {
    const input = tensorOf('float32', steppedInput(data, form.host?.steps, shape[1] ?? 1), shape)
    const [output] = evaluateFloat(form, new Map([[name, input]])).values()
    for (const value of output.data) {
      if (value < least) least = value
      if (value > greatest) greatest = value
    }
  }
  return [least, greatest]
}
