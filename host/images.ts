// From what people have – pixels, real numbers, codes – to the codes of an input tensor.

import { DlpError } from '../isa/error.ts'
import { codeRange, quantiseInput } from '../isa/packing.ts'
import type { Preprocessing, TensorDescriptor } from '../isa/program.ts'
import { random } from '../isa/random.ts'

/** One input, [channels, height, width] in row-major order, by what its numbers mean. */
export type InputData =
  | { readonly kind: 'pixels'; readonly data: ArrayLike<number> }
  | { readonly kind: 'real'; readonly data: ArrayLike<number> }
  | { readonly kind: 'codes'; readonly data: ArrayLike<number> }

/**
 * Real values of pixels 0 to 255: (pixel ÷ 255 − mean) ÷ std, rounded to float32; without preprocessing pixel ÷ 255.
 * @param pixels [channels, height, width]
 * @throws DlpError when preprocessing has neither one value nor one a channel
 */
export function realFromPixels(
  pixels: ArrayLike<number>,
  channels: number,
  preprocessing?: Preprocessing,
): Float32Array {
  const { mean, std } = preprocessing ?? { mean: [0], std: [1] }
  for (const [name, values] of [
    ['mean', mean],
    ['std', std],
  ] as const)
    if (values.length !== 1 && values.length !== channels)
      throw new DlpError({
        what: `${values.length} values`,
        where: name,
        allowed: `one, or ${channels}: one a channel`,
      })
  const perChannel = pixels.length / channels
  return Float32Array.from(pixels, (pixel, index) => {
    const channel = Math.floor(index / perChannel)
    return (pixel / 255 - (mean[channel] ?? mean[0]!)) / (std[channel] ?? std[0]!)
  })
}

/**
 * The codes of an input. Pixels of a model that takes bytes itself are its codes, unless a preprocessing says otherwise.
 * @throws DlpError when it has another number of elements than the tensor, or pixels have no meaning for it
 */
export function inputCodes({ kind, data }: InputData, tensor: TensorDescriptor): ArrayLike<number> {
  const elements = tensor.shape.reduce((product, size) => product * size, 1)
  if (data.length !== elements)
    throw new DlpError({
      what: `${data.length} numbers`,
      where: `input '${tensor.name}'`,
      allowed: `${elements}: shape [${tensor.shape.join(', ')}]`,
    })
  switch (kind) {
    case 'codes':
      return data
    case 'real':
      return quantiseInput(data, tensor)
    case 'pixels':
      if (tensor.elementType !== undefined && tensor.preprocessing === undefined) {
        if (tensor.elementType === 'uint8') return data
        throw pixelsForCodes(tensor.elementType, `input '${tensor.name}'`)
      }
      return quantiseInput(realFromPixels(data, tensor.shape[0]!, tensor.preprocessing), tensor)
  }
}

/** The error where pixels could be codes in more than one way. */
export function pixelsForCodes(elementType: string, where: string): DlpError {
  return new DlpError({
    what: `pixels for a model that takes ${elementType} codes`,
    where,
    allowed: 'codes; pixels are those of a model that takes uint8',
    help: 'give --mean and --std when the model is compiled or evaluated, or a .npy file of codes',
  })
}

/** An input that depends on nothing but its seed: pixels where the tensor takes images, else codes, evenly spread. */
export function seededInput(tensor: TensorDescriptor, seed: number): InputData {
  const draw = random(seed)
  const length = tensor.shape.reduce((product, size) => product * size, 1)
  if (tensor.preprocessing !== undefined)
    return { kind: 'pixels', data: Uint8Array.from({ length }, () => Math.floor(draw() * 256)) }
  const { low, high } = codeRange(tensor)
  return { kind: 'codes', data: Int16Array.from({ length }, () => low + Math.floor(draw() * (high - low + 1))) }
}
