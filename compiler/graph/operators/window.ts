// The geometry of a sliding window: kernel, strides, dilations and padding of Conv and of the pools.

import { elementAt } from '../../../base/defined.ts'
import { numberOf, numbersOf, stringOf } from '../attributes.ts'
import type { Node } from '../graph.ts'
import type { Constraint } from '../operator.ts'
import { inputType, constraint } from './support.ts'

type Pair = readonly [number, number]

/** A window over two spatial axes, [rows, columns] each, without defaults. */
export interface WindowGeometry {
  readonly kernel: Pair
  readonly strides: Pair
  readonly dilations: Pair
  /** Rows above and columns left of the map. */
  readonly before: Pair
  /** Rows below and columns right of the map, including those that ceil_mode adds. */
  readonly after: Pair
  /** Extents of the output. */
  readonly output: Pair
  /** `after` without what ceil_mode adds: the padding that an average counts. */
  readonly declaredAfter: Pair
}

const paddings = ['NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER']

/** The constraints of every windowed operator on [N, C, H, W]. */
export const windowConstraints: readonly Constraint[] = [
  constraint(
    'the input has four axes: [batch, channels, height, width]',
    (call) => inputType(call, 0).shape.length === 4,
  ),
  constraint('strides and dilations are two integers of at least 1', ({ node }) =>
    ['strides', 'dilations'].every((name) => isPair(numbersOf(node, name) ?? [1, 1], 1)),
  ),
  constraint('kernel_shape is two integers of at least 1', ({ node }) =>
    isPair(numbersOf(node, 'kernel_shape') ?? [1, 1], 1),
  ),
  constraint('pads are four integers: top, left, bottom, right, none negative', ({ node }) => {
    const pads = numbersOf(node, 'pads') ?? [0, 0, 0, 0]
    return pads.length === 4 && pads.every((pad) => pad >= 0 && pad < 2 ** 20)
  }),
  constraint(`auto_pad is one of ${paddings.join(', ')}, without pads unless NOTSET`, ({ node }) => {
    const mode = stringOf(node, 'auto_pad', 'NOTSET')
    return paddings.includes(mode) && (mode === 'NOTSET' || (numbersOf(node, 'pads') ?? []).every((pad) => pad === 0))
  }),
]

/**
 * The window of a Conv or pool node.
 *
 * @param shape [N, C, H, W] of the input
 * @param kernel rows and columns of the kernel
 */
export function windowOf(node: Node, shape: readonly number[], kernel: readonly number[]): WindowGeometry {
  const mode = stringOf(node, 'auto_pad', 'NOTSET')
  const pads = mode === 'NOTSET' ? (numbersOf(node, 'pads') ?? [0, 0, 0, 0]) : [0, 0, 0, 0]
  const ceil = numberOf(node, 'ceil_mode', 0) !== 0
  const rows = alongAxis(0)
  const columns = alongAxis(1)
  return {
    kernel: [rows.taps, columns.taps],
    strides: [rows.stride, columns.stride],
    dilations: [rows.dilation, columns.dilation],
    before: [rows.before, columns.before],
    after: [rows.after, columns.after],
    output: [rows.output, columns.output],
    declaredAfter: [rows.declaredAfter, columns.declaredAfter],
  }

  function alongAxis(axis: 0 | 1) {
    const stride = elementAt(numbersOf(node, 'strides') ?? [1, 1], axis)
    const dilation = elementAt(numbersOf(node, 'dilations') ?? [1, 1], axis)
    const extent = elementAt(shape, 2 + axis)
    const taps = elementAt(kernel, axis)
    const span = dilation * (taps - 1) + 1
    if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
      const output = Math.ceil(extent / stride)
      const total = Math.max((output - 1) * stride + span - extent, 0)
      const before = mode === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2)
      return { taps, stride, dilation, before, after: total - before, declaredAfter: total - before, output }
    }
    const before = elementAt(pads, axis)
    const declaredAfter = elementAt(pads, 2 + axis)
    const free = extent + before + declaredAfter - span
    let output = (ceil ? Math.ceil(free / stride) : Math.floor(free / stride)) + 1
    // A window that would start past the end of the map and its leading padding is left out, as ONNX defines since operator set 19.
    if (ceil && (output - 1) * stride >= extent + before) output--
    const after = Math.max(declaredAfter, (output - 1) * stride + span - extent - before)
    return { taps, stride, dilation, before, after, declaredAfter, output }
  }
}

function isPair(list: readonly number[], least: number): boolean {
  return list.length === 2 && list.every((item) => item >= least && item < 2 ** 20)
}
