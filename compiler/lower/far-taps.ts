// Taps beyond the neighbouring lane: each reads a copy of the map that is shifted until the tap lies in the lane itself.
import { defined } from '../../base/defined.ts'
import type { CopyLayer, IntegerGraph, IntegerLayer, IntegerMap, LinearLayer, LinearSource } from '../graph/integer.ts'
import type { Patch } from '../placement/patches.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { selectEntries } from './sparse.ts'

/**
 * The same graph with copies in place of far taps; evaluates to the same codes. The graph itself where there is none.
 * @param patches of the graph's maps, chosen without regard to far taps
 */
export function moveFarTaps(graph: IntegerGraph, patches: ReadonlyMap<string, Patch>, machine: Machine): IntegerGraph {
  const maps = new Map([[graph.input.name, graph.input]])
  const copies = new Set<string>()
  const layers = graph.layers.flatMap((layer): IntegerLayer[] => {
    const made: CopyLayer[] = []
    const split =
      layer.kind === 'linear' && layer.overPixels !== true
        ? splitLayer(layer, maps, patches, (map, offset) => {
            const copy = shiftedCopy(map, offset, defined(patches.get(map.name)), machine)
            if (!copies.has(copy.name)) made.push(copy)
            copies.add(copy.name)
            return copy.output
          })
        : layer
    if (layer.kind !== 'logits') maps.set(layer.output.name, layer.output)
    return [...made, split]
  })
  return layers.every((layer, at) => layer === graph.layers[at]) ? graph : { ...graph, layers }
}

type Offset = readonly [number, number]

function splitLayer(
  layer: LinearLayer,
  maps: ReadonlyMap<string, IntegerMap>,
  patches: ReadonlyMap<string, Patch>,
  copyOf: (map: IntegerMap, offset: Offset) => IntegerMap,
): LinearLayer {
  const bias = layer.bias.slice()
  const output = defined(patches.get(layer.output.name))
  const sources = layer.sources.flatMap((source): LinearSource[] => {
    const map = defined(maps.get(source.map))
    const isFar = tapTest(source, defined(patches.get(source.map)), output)
    const taps = source.kernel[0] * source.kernel[1]
    const far = Array.from({ length: taps }, (_, tap) => tap).filter((tap) => isFar(tap))
    if (far.length === 0) return [source]
    const near = cropped(source, map.channels, isFar)
    const moved = far.flatMap((tap): LinearSource[] => {
      const weights = selectEntries(source.weights, map.channels, (column) =>
        column % taps === tap ? Math.floor(column / taps) : -1,
      )
      if (weights.column.length === 0) return []
      const offset = offsetOf(source, tap)
      if (isOutside(offset, source, map, layer.output)) {
        weights.value.forEach((value, at) => (bias[rowOf(weights.rowStart, at)]! += value * map.zeroPoint))
        return []
      }
      return [{ ...source, map: copyOf(map, offset).name, kernel: [1, 1], dilation: [1, 1], pads: [0, 0], weights }]
    })
    return near === undefined && moved.length > 0 ? moved : [near ?? emptied(source, map.channels), ...moved]
  })
  return sources.every((source, at) => source === layer.sources[at]) ? layer : { ...layer, bias, sources }
}

/** The part of the kernel that holds all near taps; none where all are far. */
function cropped(source: LinearSource, channels: number, isFar: (tap: number) => boolean): LinearSource | undefined {
  const [height, width] = source.kernel
  const near = Array.from({ length: height * width }, (_, tap) => tap).filter((tap) => !isFar(tap))
  if (near.length === 0) return undefined
  const rows = near.map((tap) => Math.floor(tap / width))
  const columns = near.map((tap) => tap % width)
  const [top, left] = [Math.min(...rows), Math.min(...columns)]
  const kernel = [Math.max(...rows) - top + 1, Math.max(...columns) - left + 1] as const
  const pads = [source.pads[0] - top * source.dilation[0], source.pads[1] - left * source.dilation[1]] as const
  const weights = selectEntries(source.weights, channels * kernel[0] * kernel[1], (column) => {
    const tap = column % (height * width)
    if (isFar(tap)) return -1
    const channel = Math.floor(column / (height * width))
    return (channel * kernel[0] + Math.floor(tap / width) - top) * kernel[1] + (tap % width) - left
  })
  // A kernel of one tap has no dilation, however large.
  const dilation = [kernel[0] === 1 ? 1 : source.dilation[0], kernel[1] === 1 ? 1 : source.dilation[1]] as const
  return { ...source, kernel, pads, dilation, weights }
}

/** A source without weights, where a layer would have none. */
const emptied = (source: LinearSource, channels: number): LinearSource => ({
  ...source,
  kernel: [1, 1],
  pads: [0, 0],
  dilation: [1, 1],
  weights: selectEntries(source.weights, channels, () => -1),
})

/** Where a tap reads at output (0, 0). */
const offsetOf = ({ kernel, pads, dilation }: LinearSource, tap: number): Offset => [
  Math.floor(tap / kernel[1]) * dilation[0] - pads[0],
  (tap % kernel[1]) * dilation[1] - pads[1],
]

/** Whether a tap leaves a lane by more than one for some position of the output's patch. */
function tapTest(source: LinearSource, patch: Patch, output: Patch): (tap: number) => boolean {
  const leaves = (offset: number, stride: number, side: number, outputSide: number): boolean =>
    offset < -side || stride * (outputSide - 1) + offset >= 2 * side
  return (tap) => {
    const [y, x] = offsetOf(source, tap)
    return (
      leaves(y, source.stride[0], patch.height, output.height) || leaves(x, source.stride[1], patch.width, output.width)
    )
  }
}

/** Whether a tap reads padding at every position. */
const isOutside = ([y, x]: Offset, { stride }: LinearSource, map: IntegerMap, output: IntegerMap): boolean =>
  y >= map.height || x >= map.width || y + stride[0] * (output.height - 1) < 0 || x + stride[1] * (output.width - 1) < 0

function rowOf(rowStart: Int32Array, at: number): number {
  let row = 0
  while (rowStart[row + 1]! <= at) row++
  return row
}

/** A copy that holds at each place what the map has `offset` further on; it fills the whole grid. */
function shiftedCopy(map: IntegerMap, offset: Offset, patch: Patch, machine: Machine): CopyLayer {
  const name = `${map.name}@${offset.join(',')}`
  const height = patch.height * machine.gridHeight
  const width = patch.width * machine.gridWidth
  return {
    kind: 'copy',
    name,
    source: map.name,
    stride: [1, 1],
    offset,
    lanes: 'kept',
    output: { ...map, name, height, width },
  }
}
