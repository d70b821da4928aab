// Far taps, past the neighbouring lane: each reads a relayout of the map, shifted so that the tap lies in the lane itself.
import { defined } from '../../base/defined.ts'
import type {
  RelayoutLayer,
  IntegerGraph,
  IntegerLayer,
  IntegerMap,
  LinearLayer,
  LinearSource,
} from '../graph/integer.ts'
import type { Patch } from '../placement/patches.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { selectEntries } from './sparse.ts'

/**
 * The graph with relayouts for its far taps; it evaluates to the same codes. The graph itself if it has none.
 * @param patches of the graph's maps, chosen without regard to far taps
 */
export function moveFarTaps(graph: IntegerGraph, patches: ReadonlyMap<string, Patch>, machine: Machine): IntegerGraph {
  const maps = new Map([[graph.input.name, graph.input]])
  const relayouts = new Set<string>()
  const layers = graph.layers.flatMap((layer): IntegerLayer[] => {
    const added: RelayoutLayer[] = []
    const split =
      layer.kind === 'linear' && layer.overPixels !== true
        ? splitLayer(layer, maps, patches, (map, offset) => {
            const relayout = shiftedRelayout(map, offset, defined(patches.get(map.name)), machine)
            if (!relayouts.has(relayout.name)) added.push(relayout)
            relayouts.add(relayout.name)
            return relayout.output
          })
        : layer
    if (layer.kind !== 'logits') maps.set(layer.output.name, layer.output)
    return [...added, split]
  })
  return layers.every((layer, at) => layer === graph.layers[at]) ? graph : { ...graph, layers }
}

type Offset = readonly [number, number]

function splitLayer(
  layer: LinearLayer,
  maps: ReadonlyMap<string, IntegerMap>,
  patches: ReadonlyMap<string, Patch>,
  relayoutOf: (map: IntegerMap, offset: Offset) => IntegerMap,
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
      return [{ ...source, map: relayoutOf(map, offset).name, kernel: [1, 1], dilation: [1, 1], pads: [0, 0], weights }]
    })
    return near === undefined && moved.length > 0 ? moved : [near ?? emptied(source, map.channels), ...moved]
  })
  return sources.every((source, at) => source === layer.sources[at]) ? layer : { ...layer, bias, sources }
}

/** The part of the kernel that holds all near taps; undefined if all are far. */
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
  // The dilation of a single tap has no effect, so it need not fit its field.
  const dilation = [kernel[0] === 1 ? 1 : source.dilation[0], kernel[1] === 1 ? 1 : source.dilation[1]] as const
  return { ...source, kernel, pads, dilation, weights }
}

/** A source without weights, for a layer that would have no source. */
const emptied = (source: LinearSource, channels: number): LinearSource => ({
  ...source,
  kernel: [1, 1],
  pads: [0, 0],
  dilation: [1, 1],
  weights: selectEntries(source.weights, channels, () => -1),
})

/** The pixel that a tap reads at output (0, 0). */
const offsetOf = ({ kernel, pads, dilation }: LinearSource, tap: number): Offset => [
  Math.floor(tap / kernel[1]) * dilation[0] - pads[0],
  (tap % kernel[1]) * dilation[1] - pads[1],
]

/** A test whether a tap lies past the next lane at some position of the output's patch. */
function tapTest(source: LinearSource, patch: Patch, output: Patch): (tap: number) => boolean {
  const isPast = (offset: number, stride: number, side: number, outputSide: number): boolean =>
    offset < -side || stride * (outputSide - 1) + offset >= 2 * side
  return (tap) => {
    const [y, x] = offsetOf(source, tap)
    return (
      isPast(y, source.stride[0], patch.height, output.height) || isPast(x, source.stride[1], patch.width, output.width)
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

/** A relayout that holds at each position the pixel that the map has at that position plus `offset`; it fills the whole grid. */
function shiftedRelayout(map: IntegerMap, offset: Offset, patch: Patch, machine: Machine): RelayoutLayer {
  const name = `${map.name}@${offset.join(',')}`
  const height = patch.height * machine.gridHeight
  const width = patch.width * machine.gridWidth
  return {
    kind: 'relayout',
    name,
    source: map.name,
    stride: [1, 1],
    offset,
    lanes: 'kept',
    output: { ...map, name, height, width },
  }
}
