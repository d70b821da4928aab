// A run's outputs in a report: values of small outputs, and the greatest scores by name.

import { dequantiseOutput, inModelOrder, modelShape, unpackTensor } from '../../isa/packing.ts'
import type { Program, TensorDescriptor } from '../../isa/program.ts'
import type { TensorBytes } from '../../simulator/simulate.ts'
import type { RtlReport } from './simulation-schema.ts'

export type OutputReport = RtlReport['outputs'][number]
type Score = NonNullable<OutputReport['greatest']>[number]

/** Greatest number of values of an output in a report. */
const maximumValues = 4096

/** Number of greatest scores in a report. */
const reportedClasses = 5

/** Every output of a run, as real values. @param classes names, where they are known */
export function outputReports(
  program: Program,
  bytes: TensorBytes,
  classes: readonly string[] | undefined,
): OutputReport[] {
  return program.outputs.map((tensor) => {
    const values = valuesOf(program, tensor, bytes)
    const { name, image } = tensor
    return {
      name,
      ...(image === undefined ? {} : { image }),
      shape: modelShape(tensor),
      ...(values.length <= maximumValues
        ? { values: Array.from(values) }
        : {
            note: `${values.length} values, more than the ${maximumValues} that are shown: --output FILE.npy writes all`,
          }),
      ...(isScores(tensor) ? { greatest: greatest(values, classes) } : {}),
    }
  })
}

const valuesOf = ({ machine }: Program, tensor: TensorDescriptor, bytes: TensorBytes): ArrayLike<number> =>
  inModelOrder(dequantiseOutput(unpackTensor(bytes[tensor.name]!, tensor, machine), tensor), tensor.arrangement)

/** Whether there is one value for each class: logits, or a map of one pixel. */
const isScores = ({ shape }: TensorDescriptor): boolean => shape.slice(1).every((extent) => extent === 1)

function greatest(values: ArrayLike<number>, classes: readonly string[] | undefined): Score[] {
  const order = Array.from({ length: values.length }, (_, index) => index)
  order.sort((a, b) => values[b]! - values[a]! || a - b)
  return order.slice(0, reportedClasses).map((index): Score => {
    const name = classes?.[index]
    return { class: index, ...(name === undefined ? {} : { name }), value: values[index]! }
  })
}
