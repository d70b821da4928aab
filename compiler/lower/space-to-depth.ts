// Space-to-depth: a strided first convolution of few channels becomes a dense one of many, so that banks and clusters fill.
import { sourceMaps } from '../graph/integer.ts'
import type { IntegerGraph, LinearLayer, LinearSource, SparseWeights } from '../graph/integer.ts'
import { slotChannels, type Machine } from '../../isa/model/machine.ts'

export interface FoldedInput {
  /** The graph with its input map and first layer folded; it evaluates to the same codes on the folded input. */
  readonly graph: IntegerGraph
  /** 1 if nothing was folded */
  readonly factor: number
}

/**
 * Folds the input by the stride of the only convolution that reads it, if all folded channels fit one slot.
 * Channel (subY · factor + subX) · channels + c of the folded map holds pixel (factor·y + subY, factor·x + subX) of channel c.
 */
export function foldInput(graph: IntegerGraph, machine: Machine): FoldedInput {
  const readers = graph.layers.filter((layer) => sourceMaps(layer).includes(graph.input.name))
  const layer = readers[0]
  if (readers.length !== 1 || layer === undefined || layer.kind !== 'linear' || layer.sources.length !== 1)
    return { graph, factor: 1 }
  const source = layer.sources[0]!
  const factor = source.stride[0]
  const fits = graph.input.channels * factor * factor <= slotChannels(machine)
  const plain = source.stride[1] === factor && source.dilation[0] === 1 && source.dilation[1] === 1
  const dense = source.kernel[0] >= factor && source.kernel[1] >= factor
  if (factor === 1 || !fits || !plain || !dense) return { graph, factor: 1 }
  const input = {
    ...graph.input,
    channels: graph.input.channels * factor * factor,
    height: Math.ceil(graph.input.height / factor),
    width: Math.ceil(graph.input.width / factor),
  }
  const folded: LinearLayer = { ...layer, sources: [foldSource(source, graph.input.channels, factor)] }
  return { graph: { ...graph, input, layers: graph.layers.map((each) => (each === layer ? folded : each)) }, factor }
}

function foldSource(source: LinearSource, channels: number, factor: number): LinearSource {
  const axes = [0, 1].map((axis) => foldAxis(source.kernel[axis]!, source.pads[axis]!, factor))
  const [vertical, horizontal] = [axes[0]!, axes[1]!]
  const kernel = [vertical.kernel, horizontal.kernel] as const
  const [oldHeight, oldWidth] = source.kernel
  const weights = remapColumns(source.weights, channels * factor * factor * kernel[0] * kernel[1], (column) => {
    const channel = Math.floor(column / (oldHeight * oldWidth))
    const y = vertical.taps[Math.floor(column / oldWidth) % oldHeight]!
    const x = horizontal.taps[column % oldWidth]!
    const storage = (y.sub * factor + x.sub) * channels + channel
    return (storage * kernel[0] + y.tap) * kernel[1] + x.tap
  })
  return { ...source, kernel, stride: [1, 1], pads: [vertical.pad, horizontal.pad], weights }
}

/** Old tap k reads factor·o + k − pad = factor·(o + tap − newPad) + sub. */
function foldAxis(
  kernel: number,
  pad: number,
  factor: number,
): { kernel: number; pad: number; taps: { tap: number; sub: number }[] } {
  const newPad = Math.ceil(pad / factor)
  const taps = Array.from({ length: kernel }, (_, k) => {
    const floor = Math.floor((k - pad) / factor)
    return { tap: floor + newPad, sub: k - pad - floor * factor }
  })
  return { kernel: taps[kernel - 1]!.tap + 1, pad: newPad, taps }
}

/** The same weights under other column numbers, ascending again within each row. */
function remapColumns(weights: SparseWeights, columns: number, map: (column: number) => number): SparseWeights {
  const column = new Int32Array(weights.column.length)
  const value = new Int32Array(weights.value.length)
  for (let row = 0; row < weights.rows; row++) {
    const start = weights.rowStart[row]!
    const entries = Array.from(
      { length: weights.rowStart[row + 1]! - start },
      (_, i) => [map(weights.column[start + i]!), weights.value[start + i]!] as const,
    )
    entries.sort((a, b) => a[0] - b[0])
    entries.forEach(([newColumn, newValue], i) => {
      column[start + i] = newColumn
      value[start + i] = newValue
    })
  }
  return { rows: weights.rows, columns, rowStart: weights.rowStart, column, value }
}
