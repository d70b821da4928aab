// How pools enter the plan: a maximum as a layer of its own, an average as a convolution, the average of a whole map as a mean.

import { elementAt, elements } from '../../base/defined.ts'
import { numberOf, numbersOf } from '../graph/attributes.ts'
import type { Node } from '../graph/graph.ts'
import { windowOf } from '../graph/operators/window.ts'
import type { FuseState } from './fuse-state.ts'
import { defineSum, defineVector, unbounded } from './fuse-support.ts'
import { loweringError } from './lowering-errors.ts'
import { diagonalRows } from './rows.ts'
import { viewSources, wholeMap } from './view.ts'

/** A maximum over windows: each map of a view is pooled by itself. */
export function maxPool(state: FuseState, node: Node): void {
  const [input] = elements(node.inputs, 1)
  const view = state.viewOf(input)
  const { channels, height, width } = state.extents(input)
  const window = windowOf(node, [1, channels, height, width], numbersOf(node, 'kernel_shape') ?? [1, 1])
  if (window.dilations[0] !== 1 || window.dilations[1] !== 1)
    throw loweringError(node, 'its window is dilated', 'dilations are 1')
  if (node.outputs.length > 1 && node.outputs[1] !== '')
    throw loweringError(node, 'its indices are read', 'only the first output is read')
  const output = state.extents(elementAt(node.outputs, 0))
  const isWholeMap = wholeMap(view) !== undefined
  const pooled = view.maps.map((map, at) => {
    const own = map.grid === undefined ? output : { ...output, grid: map.grid }
    const part = isWholeMap ? own : { ...own, name: `${output.name}:${at}`, channels: map.channels }
    state.addPool({
      kind: 'maxPool',
      name: isWholeMap ? node.name : `${node.name}:${at}`,
      nodes: [node.name],
      source: map.name,
      kernel: window.kernel,
      stride: window.strides,
      pads: window.before,
      output: part,
    })
    return part
  })
  if (!isWholeMap) state.defineView(elementAt(node.outputs, 0), { ...view, maps: pooled })
}

export function averagePool(state: FuseState, node: Node): void {
  const [input] = elements(node.inputs, 1)
  const { channels, height, width } = state.extents(input)
  const window = windowOf(node, [1, channels, height, width], numbersOf(node, 'kernel_shape') ?? [1, 1])
  const { kernel, output, before, after } = window
  const padded = [...before, ...after].some((pad) => pad > 0)
  const plain = window.dilations.every((dilation) => dilation === 1)
  if (plain && !padded && output[0] * output[1] === 1 && kernel[0] === height && kernel[1] === width)
    return defineVector(state, node, { map: state.mapOf(input), isMean: true })
  const counted =
    numberOf(node, 'count_include_pad', 0) !== 0 &&
    window.after.every((pad, axis) => pad === window.declaredAfter[axis])
  if (padded && !counted)
    throw loweringError(
      node,
      'windows at the border average fewer pixels',
      'no window reaches into padding, unless count_include_pad is 1 and pads declare it',
      'set count_include_pad to 1 before training: then windows at the border are divided by their whole size',
    )
  const taps = kernel[0] * kernel[1]
  const shape = { kernel, stride: window.strides, pads: before, dilation: window.dilations } as const
  const sources = viewSources(
    state.viewOf(input),
    diagonalRows(channels, channels, taps, 1 / taps),
    {
      role: 'main',
      node: node.name,
      ...shape,
      weightScale: new Float64Array(channels).fill(1 / taps),
      needed: 1 / taps,
    },
    0,
  )
  defineSum(state, node, { ...unbounded, sources, bias: new Float64Array(channels) })
}
