// Records in a program how the model's own inputs and outputs differ from the program's: element type, order of elements and shape.

import { elementAt } from '../base/defined.ts'
import { DlpError } from '../base/error.ts'
import { type Arrangement, type CodeType, codeTypes, type Program, type TensorDescriptor } from '../isa/program.ts'
import type { FloatGraph } from './graph/graph.ts'
import { type ElementType, sizeOf } from './graph/tensor.ts'

const isCodeType = (type: ElementType): type is CodeType => codeTypes.some((each) => each === type)

/** The element type of a quantised model's output, if that holds codes. @throws DlpError for integers of another type */
export function outputCodeType({ outputs: [output] }: FloatGraph): CodeType | undefined {
  if (output === undefined || output.elementType === 'float32') return undefined
  if (isCodeType(output.elementType)) return output.elementType
  throw new DlpError({
    where: `output '${output.name}'`,
    what: `its element type is ${output.elementType}`,
    allowed: `float32, or codes: ${codeTypes.join(', ')}`,
    help: 'end the model with a QuantizeLinear to codes, or with float values',
  })
}

/**
 * The program with the model's element types and arrangements recorded at its tensors.
 * @param form the model in the form that is lowered (`machineForm`)
 */
export function withModelTypes(program: Program, read: FloatGraph, form: FloatGraph, isGiven: boolean): Program {
  const inputType = isGiven ? inputCodeType(read) : undefined
  const outputType = isGiven && form.host?.isTruncated !== true ? outputCodeType(read) : undefined
  const { inputSteps: steps, inputArrangement: arrangement, outputArrangement } = form.host ?? {}
  const model = outputArrangement ?? rowMajor(withoutBatch(elementAt(read.outputs, 0).shape))
  const arrangedAs = ({ shape }: TensorDescriptor) => (differs(model, shape) ? model : undefined)
  return {
    ...program,
    inputs: program.inputs.map((tensor) => ({ ...tensor, ...present({ elementType: inputType, steps, arrangement }) })),
    outputs: program.outputs.map((tensor) => ({
      ...tensor,
      ...present({ elementType: outputType, arrangement: arrangedAs(tensor) }),
    })),
  }
}

/** The arrangement that keeps the order of the elements. */
const rowMajor = (shape: readonly number[]): Arrangement => ({ split: [sizeOf(shape)], order: [0], shape })

/** Whether the model's arrangement differs from a tensor of this shape in row-major order. */
const differs = ({ order, shape }: Arrangement, own: readonly number[]): boolean =>
  sizeOf(shape) === sizeOf(own) && (shape.join() !== own.join() || order.some((axis, at) => axis !== at))

/** The shape of one image. */
export const withoutBatch = (shape: readonly number[]): readonly number[] =>
  shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape

/** The fields that are not undefined. */
function present<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}

/** The element type of a quantised model's input, if that holds codes; integers that the model casts to float32 are values, not codes. */
export function inputCodeType({ inputs: [input], nodes }: FloatGraph): CodeType | undefined {
  if (input === undefined) return undefined
  const isRead = nodes.some(({ op, inputs }) => op !== 'Cast' && inputs.includes(input.name))
  return isRead && isCodeType(input.elementType) ? input.elementType : undefined
}
