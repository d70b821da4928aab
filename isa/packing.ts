// Tensors in DRAM and the real values of their codes: the host's side of LOAD, STORE and STOREL.

import { defined } from '../base/defined.ts'
import { codeRange } from '../base/bits.ts'
import { DlpError, unreachable } from '../base/error.ts'
import { wordBits, wordGroupBytes } from './model/sizes.ts'
import { mostRegionBytes, wholeUnits } from './instructions.ts'
import { slotChannels } from './model/machine.ts'
import { brokenPreprocessingRule } from './preprocessing.ts'
import type { Machine } from './model/machine.ts'
import { nibbleOf, roundHalfEven } from './numerics.ts'
import type { Arrangement, InputStep, TensorDescriptor } from './program.ts'

/** Bytes that a tensor takes in DRAM; its descriptor may round them up to whole address units. */
export function tensorBytes(tensor: TensorDescriptor, machine: Machine): number {
  if (tensor.layout === 'logits') return 4 * elementsOf(tensor)
  const { positions, planes, slotOffset } = mapLayout(tensor, machine)
  return positions * planes * defined(slotOffset.at(-1))
}

/**
 * A tensor's bytes in DRAM: `tensor.bytes` of them. Pixels that rounding up to the space-to-depth factor adds, and stored channels
 * above those of the tensor, hold the zero point; lanes outside the map and padding hold zero.
 * @param codes [channels, height, width] for maps, [count] for logits
 * @throws DlpError when the codes are too many, too few or out of range, or the descriptor contradicts itself.
 */
export function packTensor(codes: ArrayLike<number>, tensor: TensorDescriptor, machine: Machine): Uint8Array {
  checkSizes(tensor, machine)
  const where = `tensor '${tensor.name}'`
  const elements = elementsOf(tensor)
  if (codes.length !== elements) {
    throw new DlpError({
      what: `${codes.length} codes`,
      where,
      allowed: `${elements}, shape [${tensor.shape.join(', ')}]`,
    })
  }
  const { low, high } = codeRange(tensor)
  for (let index = 0; index < elements; index++) {
    const code = codes[index]!
    if (!Number.isInteger(code) || code < low || code > high)
      throw new DlpError({ what: `code ${code} at ${index}`, where, allowed: `whole numbers ${low} to ${high}` })
  }
  const bytes = new Uint8Array(tensor.bytes)
  if (tensor.layout === 'logits') {
    const view = new DataView(bytes.buffer)
    for (let index = 0; index < elements; index++) view.setInt32(4 * index, codes[index]!, true)
    return bytes
  }
  forEachCode(tensor, machine, (index, byte, shift, plane) => {
    const code = index < 0 ? tensor.zeroPoint : codes[index]!
    bytes[byte]! |= nibbleOf(code, plane) << shift
  })
  return bytes
}

/**
 * The codes of a tensor: the inverse of `packTensor`; padding is ignored.
 * @returns [channels, height, width] for maps, [count] for logits
 * @throws DlpError when there are too few bytes or the descriptor contradicts itself.
 */
export function unpackTensor(bytes: Uint8Array, tensor: TensorDescriptor, machine: Machine): Int32Array {
  checkSizes(tensor, machine)
  if (bytes.length < tensor.bytes)
    throw new DlpError({ what: `${bytes.length} bytes`, where: `tensor '${tensor.name}'`, allowed: `${tensor.bytes}` })
  const codes = new Int32Array(elementsOf(tensor))
  if (tensor.layout === 'logits') {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let index = 0; index < codes.length; index++) codes[index] = view.getInt32(4 * index, true)
    return codes
  }
  forEachCode(tensor, machine, (index, byte, shift, plane) => {
    if (index >= 0) codes[index]! |= ((bytes[byte]! >> shift) & 15) << (4 * plane)
  })
  const unused = 32 - tensor.bits
  return tensor.signed ? codes.map((code) => (code << unused) >> unused) : codes
}

/**
 * The codes of real values: the model's own steps, then clamp(round(x ÷ scale) + zero point), the quotient rounded to float32 and then to
 * the nearest integer, halves to even: ONNX's QuantizeLinear.
 * @param real [channels, height, width]
 */
export function quantiseInput(real: ArrayLike<number>, tensor: TensorDescriptor): Int32Array {
  const { low, high } = codeRange(tensor)
  const perChannel = elementsOf(tensor) / tensor.shape[0]!
  return Int32Array.from(steppedInput(real, tensor.steps, tensor.shape[0]!), (value, index) => {
    const scale = tensor.scale[tensor.scale.length === 1 ? 0 : Math.floor(index / perChannel)]!
    return Math.min(high, Math.max(low, roundHalfEven(Math.fround(value / scale)) + tensor.zeroPoint))
  })
}

/** Real values after the steps that a model takes before it quantises them, each rounded to float32. @param real [channels, …] */
export function steppedInput(
  real: ArrayLike<number>,
  steps: readonly InputStep[] | undefined,
  channels: number,
): ArrayLike<number> {
  if (steps === undefined) return real
  const perChannel = real.length / channels
  return Float32Array.from(real, (value, index) => {
    const channel = Math.floor(index / perChannel)
    return steps.reduce((x, { op, by }) => stepped(x, op, by[by.length === 1 ? 0 : channel]!), Math.fround(value))
  })
}

function stepped(value: number, op: InputStep['op'], by: number): number {
  switch (op) {
    case 'add':
      return Math.fround(value + by)
    case 'sub':
      return Math.fround(value - by)
    case 'mul':
      return Math.fround(value * by)
    case 'div':
      return Math.fround(value / by)
    default:
      return unreachable(op)
  }
}

/** The shape in which the model itself takes or returns a tensor, the batch of one left out. */
export const modelShape = ({
  shape,
  arrangement,
}: Pick<TensorDescriptor, 'shape' | 'arrangement'>): readonly number[] => arrangement?.shape ?? shape

type Numbers =
  Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array

/** Values of a tensor in the order in which the model itself takes or returns them: of the shape `modelShape`. @param values in the order of `shape` */
export function inModelOrder<T extends Numbers>(values: T, arrangement: Arrangement | undefined): T {
  if (arrangement === undefined || isPlain(arrangement)) return values
  const result = values.slice() as T
  forEachElement(arrangement, (model, own) => (result[model] = values[own]!))
  return result
}

/** The inverse of `inModelOrder`. @param values in the order of `modelShape` */
export function inOwnOrder<T extends Numbers>(values: T, arrangement: Arrangement | undefined): T {
  if (arrangement === undefined || isPlain(arrangement)) return values
  const result = values.slice() as T
  forEachElement(arrangement, (model, own) => (result[own] = values[model]!))
  return result
}

const isPlain = ({ order }: Arrangement): boolean => order.every((axis, at) => axis === at)

/** Every element: its index in the model's order, and its own. */
function forEachElement({ split, order }: Arrangement, visit: (model: number, own: number) => void): void {
  const strides = split.map((_, axis) => product(split.slice(axis + 1)))
  const index = new Array<number>(order.length).fill(0)
  const elements = product(split)
  for (let model = 0, own = 0; model < elements; model++) {
    visit(model, own)
    for (let at = order.length - 1; at >= 0; at--) {
      const axis = order[at]!
      own += strides[axis]!
      if (++index[at]! < split[axis]!) break
      own -= strides[axis]! * split[axis]!
      index[at] = 0
    }
  }
}

/** The real values of codes: scale · (code − zero point), rounded to float32. */
export function dequantiseOutput(codes: ArrayLike<number>, tensor: TensorDescriptor): Float32Array {
  const perChannel = elementsOf(tensor) / tensor.shape[0]!
  return Float32Array.from(codes, (code, index) => {
    const scale = tensor.scale[tensor.scale.length === 1 ? 0 : Math.floor(index / perChannel)]!
    return scale * (code - tensor.zeroPoint)
  })
}

const elementsOf = ({ shape }: TensorDescriptor): number => product(shape)

const product = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1)

interface MapLayout {
  /** rows and columns of the map after space-to-depth */
  readonly height: number
  readonly width: number
  readonly positions: number
  readonly planes: number
  /** [slots + 1] bytes of one plane of all slots before this one */
  readonly slotOffset: readonly number[]
}

function mapLayout(tensor: TensorDescriptor, machine: Machine): MapLayout {
  const perSlot = slotChannels(machine)
  const slotOffset = [0]
  for (let first = 0; first < tensor.storedChannels; first += perSlot)
    slotOffset.push(
      defined(slotOffset.at(-1)) + wordGroupBytes(machine, Math.min(perSlot, tensor.storedChannels - first)),
    )
  return {
    height: Math.ceil(tensor.shape[1]! / tensor.spaceToDepth),
    width: Math.ceil(tensor.shape[2]! / tensor.spaceToDepth),
    positions: tensor.patch[0] * tensor.patch[1],
    planes: tensor.bits / 4,
    slotOffset,
  }
}

/** Visits every nibble of a map: the code's index or −1 where no pixel or channel is, its byte and shift there, and its plane. */
function forEachCode(
  tensor: TensorDescriptor,
  machine: Machine,
  visit: (index: number, byte: number, shift: number, plane: number) => void,
): void {
  const { height, width, positions, planes, slotOffset } = mapLayout(tensor, machine)
  const [channels, fullHeight, fullWidth] = tensor.shape as [number, number, number]
  const [patchHeight, patchWidth] = tensor.patch
  const factor = tensor.spaceToDepth
  const perSlot = slotChannels(machine)
  const wordBytes = wordBits(machine) / 8
  const positionBytes = tensorBytes(tensor, machine) / positions
  for (let stored = 0; stored < tensor.storedChannels; stored++) {
    const slot = Math.floor(stored / perSlot)
    const groupBytes = slotOffset[slot + 1]! - slotOffset[slot]!
    const sub = Math.floor(stored / channels)
    const exists = sub < factor * factor
    const channel = stored % channels
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const fullY = y * factor + Math.floor(sub / factor)
        const fullX = x * factor + (sub % factor)
        const inside = exists && fullY < fullHeight && fullX < fullWidth
        const index = inside ? (channel * fullHeight + fullY) * fullWidth + fullX : -1
        const lane = Math.floor(y / patchHeight) * machine.gridWidth + Math.floor(x / patchWidth)
        const local = (y % patchHeight) * patchWidth + (x % patchWidth)
        const word = local * positionBytes + slotOffset[slot]! * planes + (stored % perSlot) * wordBytes
        for (let plane = 0; plane < planes; plane++)
          visit(index, word + plane * groupBytes + (lane >> 1), 4 * (lane & 1), plane)
      }
  }
}

/** Refuses a descriptor whose sizes contradict each other or the machine. */
function checkSizes(tensor: TensorDescriptor, machine: Machine): void {
  const broken = brokenTensorRule(tensor, machine)
  if (broken !== undefined)
    throw new DlpError({ what: 'its descriptor contradicts itself', where: `tensor '${tensor.name}'`, allowed: broken })
}

/** The first rule that a tensor's descriptor breaks on a machine; undefined when it keeps them all. */
export function brokenTensorRule(tensor: TensorDescriptor, machine: Machine): string | undefined {
  const { layout, shape, bits, patch, spaceToDepth, storedChannels, scale } = tensor
  const whole = (value: number, low: number, high: number): boolean =>
    Number.isInteger(value) && value >= low && value <= high
  if (!shape.every((size) => whole(size, 1, 2 ** 20)) || elementsOf(tensor) > 2 ** 28)
    return 'a shape of at most 2^28 elements'
  if (scale.length !== 1 && scale.length !== shape[0]) return 'one scale, or one a channel'
  if (layout === 'logits') {
    if (shape.length !== 1) return 'a shape of one size for logits'
    if (bits !== 32 || !tensor.signed) return 'signed codes of 32 bits for logits'
  } else {
    if (shape.length !== 3) return 'a shape of three sizes for maps'
    if (bits !== 4 && bits !== 8) return 'codes of 4 or 8 bits for maps'
    if (!whole(spaceToDepth, 1, 16)) return 'a space-to-depth factor of 1 to 16'
    if (!patch.every((size) => whole(size, 1, 255))) return 'a patch of 1 to 255 rows and columns'
    if (!whole(storedChannels, shape[0]! * spaceToDepth ** 2, 4095))
      return 'storedChannels from channels · spaceToDepth² to 4,095'
    const { low, high } = codeRange(tensor)
    if (!whole(tensor.zeroPoint, low, high)) return `a zero point of ${low} to ${high}`
    const broken = tensor.preprocessing && brokenPreprocessingRule(tensor.preprocessing, shape)
    if (broken !== undefined) return `${broken.allowed} (${broken.what})`
    if (patch[0] * machine.gridHeight * spaceToDepth < shape[1]!) return 'patches that cover the map’s rows'
    if (patch[1] * machine.gridWidth * spaceToDepth < shape[2]!) return 'patches that cover the map’s columns'
  }
  const broken = brokenHostRule(tensor)
  if (broken !== undefined) return broken
  const needed = tensorBytes(tensor, machine)
  if (needed > mostRegionBytes) return 'at most 2^30 bytes'
  const most = wholeUnits(needed)
  if (!whole(tensor.bytes, needed, most))
    return most === needed ? `${needed} bytes` : `${needed} bytes, or ${most} with what fills its last address unit`
  return undefined
}

/** The first rule that the host's own part of a tensor's descriptor breaks. */
function brokenHostRule({ region, shape, steps, arrangement }: TensorDescriptor): string | undefined {
  if (steps !== undefined) {
    if (region !== 'input') return 'steps at inputs alone'
    if (!steps.every(({ by }) => by.length === 1 || by.length === shape[0]))
      return 'steps by one number, or by one a channel'
    if (steps.some(({ op, by }) => op === 'div' && by.includes(0))) return 'no step that divides by 0'
  }
  if (arrangement === undefined) return undefined
  const elements = product(shape)
  if (product(arrangement.split) !== elements || product(arrangement.shape) !== elements)
    return 'an arrangement of as many elements as the tensor has'
  const sorted = [...arrangement.order].sort((a, b) => a - b)
  const isOrder = sorted.length === arrangement.split.length && sorted.every((axis, at) => axis === at)
  return isOrder ? undefined : 'an arrangement that orders each axis once'
}
