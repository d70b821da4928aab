// What a model itself takes and gives – codes, orders and shapes – written at the tensors of its program.

import { elementAt } from '../base/defined.ts'
import { DlpError } from '../base/error.ts'
import { type Arrangement, type CodeType, codeTypes, type Program, type TensorDescriptor } from '../isa/program.ts'
import type { FloatGraph } from './graph/graph.ts'
import { type ElementType, sizeOf } from './graph/tensor.ts'

const isCodeType = (type: ElementType): type is CodeType => codeTypes.some((each) => each === type)

/** The type of the codes that a quantised model gives, if it gives codes. @throws DlpError for whole numbers that are none */
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
 * The program with what the model takes and gives written at its tensors.
 * @param form the model in the machine's form
 */
export function withModelTypes(program: Program, read: FloatGraph, form: FloatGraph, isGiven: boolean): Program {
  const takenType = isGiven ? inputCodeType(read) : undefined
  const givenType = isGiven && form.host?.isCut !== true ? outputCodeType(read) : undefined
  const { steps, taken: arrangement, given: own } = form.host ?? {}
  const model = own ?? plainly(withoutBatch(elementAt(read.outputs, 0).shape))
  const arrangedAs = ({ shape }: TensorDescriptor) => (differs(model, shape) ? model : undefined)
  return {
    ...program,
    inputs: program.inputs.map((tensor) => ({ ...tensor, ...present({ elementType: takenType, steps, arrangement }) })),
    outputs: program.outputs.map((tensor) => ({
      ...tensor,
      ...present({ elementType: givenType, arrangement: arrangedAs(tensor) }),
    })),
  }
}

/** A shape whose elements stand in the order that they have. */
const plainly = (shape: readonly number[]): Arrangement => ({ split: [sizeOf(shape)], order: [0], shape })

/** Whether a tensor must state the model's own shape and order, since they differ from the program's. */
const differs = ({ order, shape }: Arrangement, own: readonly number[]): boolean =>
  sizeOf(shape) === sizeOf(own) && (shape.join() !== own.join() || order.some((axis, at) => axis !== at))

/** The shape of one image. */
export const withoutBatch = (shape: readonly number[]): readonly number[] =>
  shape.length > 1 && shape[0] === 1 ? shape.slice(1) : shape

/** The fields that have a value. */
function present<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}

/** The type of the codes that a quantised model takes, if it takes codes: what it casts to float32 are numbers. */
export function inputCodeType({ inputs: [input], nodes }: FloatGraph): CodeType | undefined {
  if (input === undefined) return undefined
  const isRead = nodes.some(({ op, inputs }) => op !== 'Cast' && inputs.includes(input.name))
  return isRead && isCodeType(input.elementType) ? input.elementType : undefined
}
