// Channel permutation: the graph with the channels of some maps in another order; its results are the same.
import type { IntegerGraph, IntegerLayer, LinearLayer, LinearSource, SparseWeights } from '../graph/integer.ts'

/** [maps] the channel at each position. Outputs of pools have the order of their source. */
export type ChannelOrders = ReadonlyMap<string, Int32Array>

/** The map that determines the order of a map's channels: itself, or the source of the pools or relayouts that made it. */
export function channelRoot(graph: IntegerGraph, map: string): string {
  return rootsOf(graph).get(map) ?? map
}

const roots = new WeakMap<IntegerGraph, ReadonlyMap<string, string>>()

/** The roots of the outputs of pools and relayouts. Layers are in execution order, so one traversal finds them all, however long their chains. */
function rootsOf(graph: IntegerGraph): ReadonlyMap<string, string> {
  const known = roots.get(graph)
  if (known !== undefined) return known
  const found = new Map<string, string>()
  for (const layer of graph.layers)
    if (layer.kind === 'maxPool' || layer.kind === 'relayout')
      found.set(layer.output.name, found.get(layer.source) ?? layer.source)
  roots.set(graph, found)
  return found
}

/** The same graph with the channels of the given maps in their orders. */
export function permuteChannels(graph: IntegerGraph, orders: ChannelOrders): IntegerGraph {
  const orderOf = (map: string): Int32Array | undefined => orders.get(channelRoot(graph, map))
  const layers = graph.layers.map((layer): IntegerLayer => {
    if (layer.kind === 'maxPool' || layer.kind === 'relayout') return layer
    if (layer.kind === 'logits') return { ...layer, source: withColumns(layer.source, orderOf(layer.source.map)) }
    const sources = layer.sources.map((source) => withColumns(source, orderOf(source.map)))
    const order = orders.get(layer.output.name)
    return order === undefined ? { ...layer, sources } : withRows({ ...layer, sources }, order)
  })
  return { ...graph, layers }
}

function withRows(layer: LinearLayer, order: Int32Array): LinearLayer {
  const { bias, multiplier, shift, even } = layer
  return {
    ...layer,
    sources: layer.sources.map((source) => ({ ...source, weights: rowsInOrder(source.weights, order) })),
    bias: order.map((row) => bias[row]!),
    multiplier: Int16Array.from(order, (row) => multiplier[row]!),
    shift: Uint8Array.from(order, (row) => shift[row]!),
    ...(even === undefined ? {} : { even: Uint8Array.from(order, (row) => even[row]!) }),
  }
}

function rowsInOrder({ rows, columns, rowStart, column, value }: SparseWeights, order: Int32Array): SparseWeights {
  const starts = new Int32Array(rows + 1)
  const newColumn = new Int32Array(column.length)
  const newValue = new Int32Array(value.length)
  order.forEach((row, position) => {
    const [from, to] = [rowStart[row]!, rowStart[row + 1]!]
    newColumn.set(column.subarray(from, to), starts[position]!)
    newValue.set(value.subarray(from, to), starts[position]!)
    starts[position + 1] = starts[position]! + to - from
  })
  return { rows, columns, rowStart: starts, column: newColumn, value: newValue }
}

function withColumns(source: LinearSource, order: Int32Array | undefined): LinearSource {
  if (order === undefined) return source
  const { rows, columns, rowStart, column, value } = source.weights
  const taps = source.kernel[0] * source.kernel[1]
  const position = positionsOf(order)
  const moved = Int32Array.from(
    { length: columns },
    (_, old) => position[Math.floor(old / taps)]! * taps + (old % taps),
  )
  const newColumn = column.map((old) => moved[old]!)
  const newValue = new Int32Array(value.length)
  // [columns] the row's weight there; leftovers of earlier rows are not read.
  const weightAt = new Int32Array(columns)
  for (let row = 0; row < rows; row++) {
    const [first, end] = [rowStart[row]!, rowStart[row + 1]!]
    for (let at = first; at < end; at++) weightAt[newColumn[at]!] = value[at]!
    newColumn.subarray(first, end).sort()
    for (let at = first; at < end; at++) newValue[at] = weightAt[newColumn[at]!]!
  }
  return { ...source, weights: { rows, columns, rowStart, column: newColumn, value: newValue } }
}

/** [channels] the position of each channel in an order. */
export function positionsOf(order: Int32Array): Int32Array {
  const positions = new Int32Array(order.length)
  order.forEach((channel, position) => (positions[channel] = position))
  return positions
}
