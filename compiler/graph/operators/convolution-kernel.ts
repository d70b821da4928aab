// A fast two-dimensional convolution in plain JavaScript: panels of gathered patches (im2col) times blocks of four channels.

import { elements } from '../../../base/defined.ts'
import { type Tensor, zeros } from '../tensor.ts'
import type { WindowGeometry } from './window.ts'

/** Pixels whose patches are gathered at a time, chosen so that the panel of a 3×3×512 kernel stays in the second-level cache. */
const panelPixels = 32

/**
 * The cross-correlation of ONNX's Conv, accumulated in float64 and rounded once to float32.
 *
 * @param input [N, C, H, W]
 * @param weights [M, C / group, kernel rows, kernel columns]
 * @param bias [M], or undefined
 * @returns [N, M, output rows, output columns]
 */
export function convolve(
  input: Tensor,
  weights: Tensor,
  bias: Tensor | undefined,
  window: WindowGeometry,
  group: number,
): Tensor {
  const [batch, channels] = elements(input.shape, 2)
  const [outputChannels] = elements(weights.shape, 1)
  const output = zeros('float32', [batch, outputChannels, ...window.output])
  const pixels = window.output[0] * window.output[1]
  const [padded, plane, width] = pad(input, window)
  const groupChannels = channels / group
  const groupOutputs = outputChannels / group
  const taps = tapOffsets(groupChannels, window, plane, width)
  const starts = pixelOffsets(window, width)
  const panel = new Float64Array(taps.length * panelPixels)
  for (let n = 0; n < batch; n++)
    for (let g = 0; g < group; g++) {
      const packed = packWeights(weights, g * groupOutputs, groupOutputs, taps.length)
      const origin = (n * channels + g * groupChannels) * plane
      for (let first = 0; first < pixels; first += panelPixels) {
        const count = Math.min(panelPixels, pixels - first)
        gather(padded, origin, taps, starts, first, count, panel)
        for (let m = 0; m < groupOutputs; m += 4) {
          const channel = g * groupOutputs + m
          const at = (n * outputChannels + channel) * pixels + first
          const rows = Math.min(4, groupOutputs - m)
          multiply(packed, m * taps.length, panel, taps.length, count, output.data, at, pixels, rows)
          if (bias !== undefined)
            for (let row = 0; row < rows; row++)
              addBias(output.data, at + row * pixels, count, bias.data[channel + row]!)
        }
      }
    }
  return output
}

/** The padded input in float64, [N, C, rows, columns], and the number of elements of a plane and of a row. */
function pad(input: Tensor, window: WindowGeometry): [Float64Array, number, number] {
  const [batch, channels, rows, columns] = elements(input.shape, 4)
  const width = columns + window.before[1] + window.after[1]
  const plane = (rows + window.before[0] + window.after[0]) * width
  const padded = new Float64Array(batch * channels * plane)
  for (let map = 0; map < batch * channels; map++)
    for (let y = 0; y < rows; y++) {
      const from = (map * rows + y) * columns
      const to = map * plane + (y + window.before[0]) * width + window.before[1]
      for (let x = 0; x < columns; x++) padded[to + x] = input.data[from + x]!
    }
  return [padded, plane, width]
}

/** Offsets of the inputs of a patch from its first pixel, in the order of the weights. */
function tapOffsets(channels: number, { kernel, dilations }: WindowGeometry, plane: number, width: number): Int32Array {
  const offsets = new Int32Array(channels * kernel[0] * kernel[1])
  let at = 0
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < kernel[0]; y++)
      for (let x = 0; x < kernel[1]; x++) offsets[at++] = c * plane + y * dilations[0] * width + x * dilations[1]
  return offsets
}

/** Offset of each output pixel's patch in a padded plane. */
function pixelOffsets({ output, strides }: WindowGeometry, width: number): Int32Array {
  const offsets = new Int32Array(output[0] * output[1])
  let at = 0
  for (let y = 0; y < output[0]; y++)
    for (let x = 0; x < output[1]; x++) offsets[at++] = y * strides[0] * width + x * strides[1]
  return offsets
}

/** Weights of a group as [channels / 4, taps, 4], the last block filled up with zeros. */
function packWeights(weights: Tensor, first: number, count: number, taps: number): Float64Array {
  const packed = new Float64Array(Math.ceil(count / 4) * 4 * taps)
  for (let m = 0; m < count; m++) {
    const from = (first + m) * taps
    const to = (m >> 2) * 4 * taps + (m & 3)
    for (let k = 0; k < taps; k++) packed[to + k * 4] = weights.data[from + k]!
  }
  return packed
}

/** Patches of `count` pixels as [pixels / 2, taps, 2]. An odd last pixel is paired with itself. */
function gather(
  padded: Float64Array,
  origin: number,
  taps: Int32Array,
  starts: Int32Array,
  first: number,
  count: number,
  panel: Float64Array,
): void {
  let to = 0
  for (let pixel = 0; pixel < count; pixel += 2) {
    const a = origin + starts[first + pixel]!
    const b = origin + starts[first + Math.min(pixel + 1, count - 1)]!
    for (let k = 0; k < taps.length; k++) {
      const tap = taps[k]!
      panel[to] = padded[a + tap]!
      panel[to + 1] = padded[b + tap]!
      to += 2
    }
  }
}

/** Multiplies four channels by two pixels at a time, so that eight sums stay in registers. */
function multiply(
  weights: Float64Array,
  weightsAt: number,
  panel: Float64Array,
  taps: number,
  count: number,
  output: Tensor['data'],
  outputAt: number,
  pitch: number,
  rows: number,
): void {
  for (let pixel = 0; pixel < count; pixel += 2) {
    let a0 = 0,
      a1 = 0,
      a2 = 0,
      a3 = 0
    let b0 = 0,
      b1 = 0,
      b2 = 0,
      b3 = 0
    let w = weightsAt
    let p = pixel * taps
    for (let k = 0; k < taps; k++) {
      const a = panel[p]!
      const b = panel[p + 1]!
      const w0 = weights[w]!
      a0 += w0 * a
      b0 += w0 * b
      const w1 = weights[w + 1]!
      a1 += w1 * a
      b1 += w1 * b
      const w2 = weights[w + 2]!
      a2 += w2 * a
      b2 += w2 * b
      const w3 = weights[w + 3]!
      a3 += w3 * a
      b3 += w3 * b
      w += 4
      p += 2
    }
    const at = outputAt + pixel
    output[at] = a0
    if (rows > 1) output[at + pitch] = a1
    if (rows > 2) output[at + 2 * pitch] = a2
    if (rows > 3) output[at + 3 * pitch] = a3
    if (pixel + 1 === count) continue
    output[at + 1] = b0
    if (rows > 1) output[at + 1 + pitch] = b1
    if (rows > 2) output[at + 1 + 2 * pitch] = b2
    if (rows > 3) output[at + 1 + 3 * pitch] = b3
  }
}

function addBias(data: Tensor['data'], from: number, count: number, bias: number): void {
  for (let at = from; at < from + count; at++) data[at]! += bias
}
