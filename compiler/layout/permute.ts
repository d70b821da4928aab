// Permuted channels: the same graph with the channels of some maps in another order; its results are the same.
import type { IntegerGraph, IntegerLayer, LinearLayer, LinearSource, SparseWeights } from '../graph/integer.ts'

/** [map] the channel at each place; maps that pools make have the order of their source. */
export type ChannelOrders = ReadonlyMap<string, Int32Array>

/** The map whose channels a map has in their order: itself, or what a pool or copy made it of. */
export function channelRoot(graph: IntegerGraph, map: string): string {
  const layer = graph.layers.find((each) => each.kind !== 'logits' && each.output.name === map)
  return layer?.kind === 'maxPool' || layer?.kind === 'copy' ? channelRoot(graph, layer.source) : map
}

/** The same graph with the channels of the given maps in their orders. */
export function permuteChannels(graph: IntegerGraph, orders: ChannelOrders): IntegerGraph {
  const orderOf = (map: string): Int32Array | undefined => orders.get(channelRoot(graph, map))
  const layers = graph.layers.map((layer): IntegerLayer => {
    if (layer.kind === 'maxPool' || layer.kind === 'copy') return layer
    if (layer.kind === 'logits') return { ...layer, source: withColumns(layer.source, orderOf(layer.source.map)) }
    const sources = layer.sources.map((source) => withColumns(source, orderOf(source.map)))
    const order = orders.get(layer.output.name)
    return order === undefined ? { ...layer, sources } : withRows({ ...layer, sources }, order)
  })
  return { ...graph, layers }
}

function withRows(layer: LinearLayer, order: Int32Array): LinearLayer {
  const { bias, multiplier, shift } = layer
  return {
    ...layer,
    sources: layer.sources.map((source) => ({ ...source, weights: rowsInOrder(source.weights, order) })),
    bias: order.map((row) => bias[row]!),
    multiplier: Int16Array.from(order, (row) => multiplier[row]!),
    shift: Uint8Array.from(order, (row) => shift[row]!),
  }
}

function rowsInOrder({ rows, columns, rowStart, column, value }: SparseWeights, order: Int32Array): SparseWeights {
  const starts = new Int32Array(rows + 1)
  const newColumn = new Int32Array(column.length)
  const newValue = new Int32Array(value.length)
  order.forEach((row, place) => {
    const [from, to] = [rowStart[row]!, rowStart[row + 1]!]
    newColumn.set(column.subarray(from, to), starts[place]!)
    newValue.set(value.subarray(from, to), starts[place]!)
    starts[place + 1] = starts[place]! + to - from
  })
  return { rows, columns, rowStart: starts, column: newColumn, value: newValue }
}

function withColumns(source: LinearSource, order: Int32Array | undefined): LinearSource {
  if (order === undefined) return source
  const { rows, columns, rowStart, column, value } = source.weights
  const taps = source.kernel[0] * source.kernel[1]
  const place = placesOf(order)
  const moved = Int32Array.from({ length: columns }, (_, old) => place[Math.floor(old / taps)]! * taps + (old % taps))
  const newColumn = column.map((old) => moved[old]!)
  const newValue = new Int32Array(value.length)
  // [columns] the row's weight there; what earlier rows left is not read.
  const weightAt = new Int32Array(columns)
  for (let row = 0; row < rows; row++) {
    const [first, end] = [rowStart[row]!, rowStart[row + 1]!]
    for (let at = first; at < end; at++) weightAt[newColumn[at]!] = value[at]!
    newColumn.subarray(first, end).sort()
    for (let at = first; at < end; at++) newValue[at] = weightAt[newColumn[at]!]!
  }
  return { ...source, weights: { rows, columns, rowStart, column: newColumn, value: newValue } }
}

/** [channels] the place of each channel in an order. */
export function placesOf(order: Int32Array): Int32Array {
  const places = new Int32Array(order.length)
  order.forEach((channel, place) => (places[channel] = place))
  return places
}
