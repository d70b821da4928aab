// Windows: at how many positions a logits layer's window fits its map, and the limits that the formats set to any window.
import type { IntegerGraph, IntegerLayer, LinearSource, MaxPoolLayer } from '../graph/integer.ts'
import { fieldRange } from '../../base/bits.ts'
import { geometryFields, tapRows } from '../../isa/model/formats.ts'
import { allRefusals, firstRefusal, type Refusal, refused } from '../refusal.ts'

/** A kernel with more taps than a geometry has is cut into blocks of so many rows and columns, each with a geometry of its own. */
export const blockSide = tapRows

/** The most rows and columns of POOL's window. */
const mostPoolSide = 8

/** The limits of any window, in the words in which others are refused. */
export const windowLimits = {
  strides: `strides up to ${fieldRange(geometryFields.strideY).high}`,
  dilations: `dilations up to ${fieldRange(geometryFields.dilationY).high}`,
  pools: `windows up to ${mostPoolSide}×${mostPoolSide}`,
  taps: `taps that start ${fieldRange(geometryFields.offsetY).low} to ${fieldRange(geometryFields.offsetY).high} pixels from the output's`,
} as const

/** Rows and columns of positions that a logits layer sums over: its window leaves the map only above and to the left. */
export function logitsPositions(
  { kernel, stride, pads, dilation }: Pick<LinearSource, 'kernel' | 'stride' | 'pads' | 'dilation'>,
  map: { readonly height: number; readonly width: number },
): readonly [height: number, width: number] {
  const along = (extent: number, axis: 0 | 1): number =>
    Math.floor((extent + pads[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1
  return [along(map.height, 0), along(map.width, 1)]
}

/** A window of several pixels that fits its map exactly once. */
export const coversOnce = (
  { kernel, pads, dilation }: Pick<LinearSource, 'kernel' | 'pads' | 'dilation'>,
  map: { readonly height: number; readonly width: number },
): boolean =>
  kernel[0] * kernel[1] > 1 &&
  kernel[0] === map.height &&
  kernel[1] === map.width &&
  [...pads, dilation[0] - 1, dilation[1] - 1].every((n) => n === 0)

/** The fields of POOL for a layer's window. If windows overlap along a row, POOL reuses the last column at the next position. */
export const poolWindow = ({ kernel, stride }: Pick<MaxPoolLayer, 'kernel' | 'stride'>) =>
  ({
    op: 'POOL',
    windowHeight: kernel[0],
    windowWidth: kernel[1],
    advance: stride[1] < kernel[1] ? stride[1] : 0,
  }) as const

/** Refuses what no geometry can state and no POOL can do, before anything is scheduled: all such layers, by name. */
export const checkWindows = ({ name, layers }: IntegerGraph): Refusal | undefined =>
  allRefusals(layers, name, (layer) => firstRefusal(windowsOf(layer), (window) => checkWindow(layer.name, window)))

interface Window {
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly pads: readonly [number, number]
  readonly dilation: readonly [number, number]
  readonly mostSide?: number
}

function windowsOf(layer: IntegerLayer): readonly Window[] {
  switch (layer.kind) {
    case 'linear':
      return layer.sources
    case 'logits':
      return [layer.source]
    case 'maxPool':
      return [{ ...layer, dilation: [1, 1], mostSide: mostPoolSide }]
    case 'relayout':
      return []
  }
}

function checkWindow(layer: string, { kernel, stride, pads, dilation, mostSide }: Window): Refusal | undefined {
  const most = { stride: fieldRange(geometryFields.strideY).high, dilation: fieldRange(geometryFields.dilationY).high }
  const offset = fieldRange(geometryFields.offsetY)
  const refuse = (what: string, allowed: string, help = 'replace it by several smaller ones'): Refusal =>
    refused({ what, where: `layer '${layer}'`, allowed, help })
  const shown = (pair: readonly [number, number]): string => pair.join('×')
  const within = (pair: readonly [number, number], limit: number): boolean => pair.every((value) => value <= limit)
  if (!within(stride, most.stride)) return refuse(`strides ${shown(stride)}`, windowLimits.strides)
  if (!within(dilation, most.dilation)) return refuse(`dilations ${shown(dilation)}`, windowLimits.dilations)
  if (mostSide !== undefined && !within(kernel, mostSide))
    return refuse(
      `a pooling window of ${shown(kernel)}`,
      windowLimits.pools,
      'replace it by several smaller ones, one behind the other: the maximum of maxima is the same, such as of 4×4 with strides of 4',
    )
  return firstRefusal([0, 1] as const, (axis) => {
    const corner = (Math.ceil(kernel[axis] / blockSide) - 1) * blockSide * dilation[axis] - pads[axis]
    return corner <= offset.high && -pads[axis] >= offset.low
      ? undefined
      : refuse(`a kernel of ${shown(kernel)} with padding ${shown(pads)}`, windowLimits.taps)
  })
}
