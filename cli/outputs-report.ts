// What a simulation prints of a run's outputs: values as far as they are few, and the greatest scores by name.

import { dequantiseOutput, inModelOrder, modelShape, unpackTensor } from '../isa/packing.ts'
import type { Program, TensorDescriptor } from '../isa/program.ts'
import type { TensorBytes } from '../simulator/simulate.ts'

/** Values of an output that JSON carries at most. */
export const mostValues = 4096

/** Scores that are told. */
const told = 5

interface Score {
  readonly class: number
  readonly name?: string
  readonly value: number
}

/** For `--json`: every output of the first run, as real values. @param classes names, where they are known */
export function outputsJson(program: Program, bytes: TensorBytes, classes: readonly string[] | undefined): object[] {
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

/** For people: the greatest scores of every output that has any. */
export function outputFacts(
  program: Program,
  bytes: TensorBytes,
  classes: readonly string[] | undefined,
): (readonly [string, string])[] {
  return program.outputs.filter(isScores).map((tensor) => {
    const shown = greatest(valuesOf(program, tensor, bytes), classes).map(({ class: index, name, value }) =>
      name === undefined ? `${index} (${value.toPrecision(4)})` : `${index} ${name} (${value.toPrecision(4)})`,
    )
    return [`greatest of '${tensor.name}'`, shown.join(', ')] as const
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
