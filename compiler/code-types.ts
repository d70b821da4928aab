// What a quantised model itself takes and gives where that are codes, written at the tensors of its program.

import { DlpError } from '../base/error.ts'
import { type CodeType, codeTypes, type Program } from '../isa/program.ts'
import type { FloatGraph } from './graph/graph.ts'
import type { ElementType } from './graph/tensor.ts'

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

/** The program with what the model takes and gives written at its tensors. */
export function withCodeTypes(program: Program, read: FloatGraph): Program {
  const marked = (tensors: Program['inputs'], elementType: CodeType | undefined): Program['inputs'] =>
    elementType === undefined ? tensors : tensors.map((tensor) => ({ ...tensor, elementType }))
  return {
    ...program,
    inputs: marked(program.inputs, inputCodeType(read)),
    outputs: marked(program.outputs, outputCodeType(read)),
  }
}

/** The type of the codes that a quantised model takes, if it takes codes: what it casts to float32 are numbers. */
export function inputCodeType({ inputs: [input], nodes }: FloatGraph): CodeType | undefined {
  const isRead = nodes.some(({ op, inputs }) => op !== 'Cast' && inputs.includes(input.name))
  return isRead && isCodeType(input.elementType) ? input.elementType : undefined
}
