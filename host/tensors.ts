// The tensors of a run by name: inputs to DRAM bytes, and DRAM bytes to output numbers.

import { DlpError } from '../base/error.ts'
import { dequantiseOutput, inModelOrder, modelShape, packTensor, unpackTensor } from '../isa/packing.ts'
import type { Program, TensorDescriptor } from '../isa/program.ts'
import type { InputData } from './images.ts'
import { inputCodes } from './images.ts'

/** One input, or each input by its tensor's name. */
export type Inputs = InputData | ReadonlyMap<string, InputData>

/** An output as codes, and as the real values that they stand for. */
export interface OutputData {
  /** as in the model, without the batch of one: [channels, height, width] of most maps, [count] of logits */
  readonly shape: readonly number[]
  readonly codes: Int32Array
  readonly values: Float32Array
}

/**
 * The DRAM bytes of a run's inputs.
 * @param inputs one input for a program with one, else a map with each
 * @throws DlpError where an input is missing, unknown, or has another number of elements than its tensor
 */
export function inputBytes(program: Program, inputs: Inputs): Record<string, Uint8Array> {
  const names = program.inputs.map(({ name }) => name)
  const byName = inputs instanceof Map ? inputs : new Map([[names[0] ?? '', inputs as InputData]])
  const [unknown] = [...byName.keys()].filter((name) => !names.includes(name))
  if (unknown !== undefined) throw mismatch(program, `there is no input '${unknown}'`, names)
  return Object.fromEntries(
    program.inputs.map((tensor) => {
      const data = byName.get(tensor.name)
      if (data === undefined) throw mismatch(program, `input '${tensor.name}' is missing`, names)
      return [tensor.name, packTensor(inputCodes(data, tensor), tensor, program.machine)]
    }),
  )
}

/**
 * The outputs of a run as numbers, by tensor.
 * @param outputs DRAM bytes by tensor, as a run returns them
 * @throws DlpError where the bytes of a tensor are missing or of the wrong number
 */
export function outputData(program: Program, outputs: Readonly<Record<string, Uint8Array>>): Map<string, OutputData> {
  return new Map(program.outputs.map((tensor) => [tensor.name, dataOf(tensor)]))

  function dataOf(tensor: TensorDescriptor): OutputData {
    const bytes = outputs[tensor.name]
    if (bytes?.length !== tensor.bytes)
      throw new DlpError({
        what: bytes === undefined ? 'no bytes' : `${bytes.length} bytes`,
        where: `output '${tensor.name}'`,
        allowed: `${tensor.bytes} bytes`,
      })
    const codes = Int32Array.from(unpackTensor(bytes, tensor, program.machine))
    const values = Float32Array.from(dequantiseOutput(codes, tensor))
    return {
      shape: modelShape(tensor),
      codes: inModelOrder(codes, tensor.arrangement),
      values: inModelOrder(values, tensor.arrangement),
    }
  }
}

const mismatch = ({ name }: Program, what: string, names: readonly string[]): DlpError =>
  new DlpError({ what, where: `program '${name}'`, allowed: names.map((each) => `'${each}'`).join(', ') })
