// The compiled inner loops of COMPUTE and their memory, which holds the intermediate values of one instruction at a time.
import type { InstructionOf } from '../../instruction.ts'
import type { RowParameters } from '../../model/formats.ts'
import { growTo, wasmExports } from '../../../base/wasm.ts'
import { kernelBytes, type IsaKernels } from './generated/kernel-bytes.ts'

/** Elements that the kernels process at a time; their operands are padded to a multiple. */
export const kernelElements = 16

/** A count, padded. */
export const padded = (count: number): number => Math.ceil(count / kernelElements) * kernelElements

export interface KernelMemorySizes {
  /** entries of a row */
  readonly entries: number
  readonly operandBytes: number
  readonly sums: number
  /** sums of a row */
  readonly rowSums: number
}

/** Views of the memory, valid until the next call of `kernelMemory`. */
export interface KernelMemory {
  /** [entries] */
  readonly columns: Int32Array
  /** [entries] */
  readonly coefficients: Int32Array
  /** [2 × rowSums] the nibbles of a row's codes, plane by plane */
  readonly codes: Uint8Array
  readonly operands: Int8Array
  /** zeros */
  readonly sums: Int32Array
}

/** The kernels may read so many bytes before the first and after the last element. */
const slackBytes = 256

let exports: IsaKernels | undefined

/** Compiled at the first use, once a thread: 2 KB. */
function kernels(): IsaKernels {
  exports ??= wasmExports(kernelBytes) as IsaKernels
  return exports
}

/** Memory for one instruction, in place of the previous one. It grows as needed and does not shrink. */
export function kernelMemory({ entries, operandBytes, sums, rowSums }: KernelMemorySizes): KernelMemory {
  const { memory } = kernels()
  const firstCoefficient = slackBytes + aligned(4 * entries)
  const firstCode = firstCoefficient + aligned(4 * entries)
  const firstOperand = firstCode + aligned(2 * rowSums)
  const firstSum = firstOperand + aligned(operandBytes)
  const bytes = firstSum + 4 * sums + slackBytes
  growTo(memory, bytes)
  const { buffer } = memory
  return {
    columns: new Int32Array(buffer, slackBytes, entries),
    coefficients: new Int32Array(buffer, firstCoefficient, entries),
    codes: new Uint8Array(buffer, firstCode, 2 * rowSums),
    operands: new Int8Array(buffer, firstOperand, operandBytes),
    sums: new Int32Array(buffer, firstSum, sums).fill(0),
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / slackBytes) * slackBytes

/**
 * `addProducts` of accumulate.ts for the memory's first entries, whose coefficients fit 16 bits.
 * @param from first sum
 * @param elements of a column in the memory's operands, a multiple of `kernelElements`
 */
export function addProductsFast(space: KernelMemory, entries: number, from: number, elements: number): void {
  const { columns, coefficients, operands, sums } = space
  const firstSum = sums.byteOffset + 4 * from
  kernels().addProducts(columns.byteOffset, coefficients.byteOffset, entries, operands.byteOffset, firstSum, elements)
}

/** What `requantiseFast` takes from the LAYER in force. */
export type OutputCodes = Pick<InstructionOf<'LAYER'>, 'zeroPoint' | 'low' | 'high'>

/** `requantise` of isa/numerics for `count` sums from `from` on (a multiple of `kernelElements`), as nibbles into the memory's codes. */
export function requantiseFast(
  space: KernelMemory,
  from: number,
  count: number,
  by: RowParameters,
  to: OutputCodes,
): void {
  const { bias, multiplier, shift, even } = by
  const { zeroPoint, low, high } = to
  const half = shift === 0 ? 0 : 2 ** (shift - 1)
  const first = space.sums.byteOffset + 4 * from
  kernels().requantise(
    first,
    count,
    bias,
    multiplier,
    half,
    2 ** -shift,
    even,
    zeroPoint,
    low,
    high,
    space.codes.byteOffset,
  )
}

/** The first of `count` sums from `from` on that overflows int32 with the bias, or −1. */
export function firstOverflow(space: KernelMemory, from: number, count: number, bias: number): number {
  return kernels().firstOverflow(space.sums.byteOffset + 4 * from, count, bias)
}
