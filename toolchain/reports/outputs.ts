// What a report tells of a run's outputs: values as far as they are few, and the greatest scores by name.

import { dequantiseOutput, inModelOrder, modelShape, unpackTensor } from '../../isa/packing.ts'
import type { Program, TensorDescriptor } from '../../isa/program.ts'
import type { TensorBytes } from '../../simulator/simulate.ts'
import type { RtlReport } from './simulation-schema.ts'

export type OutputReport = RtlReport['outputs'][number]
type Score = NonNullable<OutputReport['greatest']>[number]

/** Values of an output that a report holds at most. */
const mostValues = 4096

/** Scores that are told. */
const told = 5

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
      ...(values.length <= mostValues
        ? { values: Array.from(values) }
        : {
            note: `${values.length} values, more than the ${mostValues} that are shown: --output FILE.npy writes all`,
          }),
      ...(isScores(tensor) ? { greatest: greatest(values, classes) } : {}),
    }
  })
}

const valuesOf = ({ machine }: Program, tensor: TensorDescriptor, bytes: TensorBytes): ArrayLike<number> =>
  inModelOrder(dequantiseOutput(unpackTensor(bytes[tensor.name]!, tensor, machine), tensor), tensor.arrangement)

/** One value a class: logits, or a map of one pixel. */
const isScores = ({ shape }: TensorDescriptor): boolean => shape.slice(1).every((extent) => extent === 1)

function greatest(values: ArrayLike<number>, classes: readonly string[] | undefined): Score[] {
  const order = Array.from({ length: values.length }, (_, index) => index)
  order.sort((a, b) => values[b]! - values[a]! || a - b)
  return order.slice(0, told).map((index): Score => {
    const name = classes?.[index]
    return { class: index, ...(name === undefined ? {} : { name }), value: values[index]! }
  })
}
