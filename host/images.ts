// Pixels, real numbers or codes to the codes of an input tensor.

import { DlpError } from '../base/error.ts'
import { codeRange } from '../base/bits.ts'
import { quantiseInput } from '../isa/packing.ts'
import { checkPreprocessing, plainMean, plainStd, scalesPixels } from '../isa/preprocessing.ts'
import type { Preprocessing, TensorDescriptor } from '../isa/program.ts'
import { random } from '../base/random.ts'

/** One input, [channels, height, width] in row-major order, with the meaning of its numbers. */
export type InputData =
  | { readonly kind: 'pixels'; readonly data: ArrayLike<number> }
  | { readonly kind: 'real'; readonly data: ArrayLike<number> }
  | { readonly kind: 'codes'; readonly data: ArrayLike<number> }

/**
 * Real values of pixels 0 to 255: (pixel ÷ 255 − mean) ÷ std, rounded to float32; without preprocessing pixel ÷ 255.
 * @param pixels [channels, height, width]
 * @throws DlpError when preprocessing has neither one value nor one for each channel
 */
export function realFromPixels(
  pixels: ArrayLike<number>,
  channels: number,
  preprocessing?: Preprocessing,
): Float32Array {
  const { mean = plainMean, std = plainStd } = preprocessing ?? {}
  checkPreprocessing({ mean, std }, [channels], 'preprocessing')
  const perChannel = pixels.length / channels
  return Float32Array.from(pixels, (pixel, index) => {
    const channel = Math.floor(index / perChannel)
    return (pixel / 255 - (mean[channel] ?? mean[0]!)) / (std[channel] ?? std[0]!)
  })
}

/**
 * The codes of an input. Pixels of a model that takes bytes itself are its codes, unless a preprocessing is given.
 * @throws DlpError when the number of elements is not the tensor's, real values are not finite, or pixels have no meaning for the tensor
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
      checkFinite(data, tensor.name)
      return quantiseInput(data, tensor)
    case 'pixels':
      if (tensor.elementType !== undefined && !scalesPixels(tensor.preprocessing)) {
        if (tensor.elementType === 'uint8') return data
        throw pixelsForCodes(tensor.elementType, `input '${tensor.name}'`)
      }
      return quantiseInput(realFromPixels(data, tensor.shape[0]!, tensor.preprocessing), tensor)
  }
}

/** The error where it is undefined which codes pixels stand for. */
export function pixelsForCodes(elementType: string, where: string): DlpError {
  return new DlpError({
    what: `pixels for a model that takes ${elementType} codes`,
    where,
    allowed: 'codes; pixels only for a model that takes uint8',
    help: 'give --mean and --std when the model is compiled or evaluated, or a .npy file of codes',
  })
}

function checkFinite(data: ArrayLike<number>, name: string): void {
  for (let at = 0; at < data.length; at++)
    if (!Number.isFinite(data[at]))
      throw new DlpError({ what: `element ${at} is ${data[at]}`, where: `input '${name}'`, allowed: 'finite numbers' })
}

/** An input that depends only on its seed: pixels where the tensor takes images, else codes, uniformly distributed. */
export function seededInput(tensor: TensorDescriptor, seed: number): InputData {
  const draw = random(seed)
  const length = tensor.shape.reduce((product, size) => product * size, 1)
  const takesPixels =
    tensor.elementType === undefined ? tensor.preprocessing !== undefined : scalesPixels(tensor.preprocessing)
  if (takesPixels) return { kind: 'pixels', data: Uint8Array.from({ length }, () => Math.floor(draw() * 256)) }
  const { low, high } = codeRange(tensor)
  return { kind: 'codes', data: Int16Array.from({ length }, () => low + Math.floor(draw() * (high - low + 1))) }
}
