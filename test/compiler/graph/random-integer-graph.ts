// Seeded integer graphs with every shape of layer: convolutions, residuals, projections, pools, logits.

import { codeRange } from '../../../compiler/graph/verify-integer.ts'
import type {
  CodeFormat,
  IntegerGraph,
  IntegerLayer,
  IntegerMap,
  LinearSource,
  SparseWeights,
} from '../../../compiler/graph/integer.ts'
import { random } from '../../../isa/random.ts'

/** A graph of one to four layers that obeys every law. */
export function randomIntegerGraph(seed: number): IntegerGraph {
  const uniform = random(seed)
  const integer = (low: number, high: number): number => low + Math.floor(uniform() * (high - low + 1))
  const format = (): CodeFormat => ({ bits: uniform() < 0.5 ? 4 : 8, signed: uniform() < 0.5 })
  const input = mapOf('input', integer(1, 5), integer(1, 9), integer(1, 9), format())
  const maps = [input]
  const layers: IntegerLayer[] = []
  const depth = integer(1, 4)
  for (let index = 0; index < depth; index++) {
    const last = index === depth - 1
    const source = maps[integer(0, maps.length - 1)]
    const kind = uniform()
    if (last && kind < 0.4) layers.push(logits(`layer${index}`, source))
    else if (kind < 0.6 && source.height > 2 && source.width > 2) layers.push(pool(`layer${index}`, source))
    else layers.push(linear(`layer${index}`))
    const made = layers[index]
    if (made.kind !== 'logits') maps.push(made.output)
  }
  const end = layers[depth - 1]
  return { name: `random${seed}`, input, layers, output: end.kind === 'logits' ? end.name : end.output.name }

  function mapOf(name: string, channels: number, height: number, width: number, form: CodeFormat): IntegerMap {
    const [low, high] = codeRange(form)
    return {
      name,
      channels,
      height,
      width,
      format: form,
      zeroPoint: uniform() < 0.5 ? integer(low, high) : Math.max(low, 0),
      scale: 2 ** -integer(0, 8),
    }
  }

  function linear(name: string) {
    const channels = integer(1, 6)
    const first = maps[integer(0, maps.length - 1)]
    const start = geometry(first)
    const height = integer(1, Math.max(1, Math.ceil((first.height + 2) / start.stride[0])))
    const width = integer(1, Math.max(1, Math.ceil((first.width + 2) / start.stride[1])))
    const sources: LinearSource[] = [{ ...start, role: 'main', weights: weightsOf(channels, first, start.kernel) }]
    while (sources.length < 3 && uniform() < 0.5) {
      const other = maps[integer(0, maps.length - 1)]
      const shape = geometry(other)
      sources.push({ ...shape, role: 'projection', weights: weightsOf(channels, other, shape.kernel) })
    }
    const form = format()
    const [least, most] = codeRange(form)
    const low = integer(least, most)
    return {
      kind: 'linear' as const,
      name,
      sources,
      bias: Int32Array.from({ length: channels }, () => integer(-5000, 5000)),
      multiplier: Int16Array.from({ length: channels }, () => integer(-32768, 32767)),
      shift: Uint8Array.from({ length: channels }, () => (uniform() < 0.1 ? 0 : integer(1, 30))),
      low,
      high: integer(low, most),
      output: mapOf(`${name}.map`, channels, height, width, form),
    }
  }

  function geometry(map: IntegerMap) {
    const pair = (low: number, high: number): readonly [number, number] => [integer(low, high), integer(low, high)]
    return { map: map.name, kernel: pair(1, 3), stride: pair(1, 3), pads: pair(0, 3), dilation: pair(1, 2) }
  }

  function weightsOf(rows: number, map: IntegerMap, kernel: readonly [number, number]): SparseWeights {
    const columns = map.channels * kernel[0] * kernel[1]
    const rowStart = new Int32Array(rows + 1)
    const column: number[] = []
    const value: number[] = []
    const density = uniform()
    for (let row = 0; row < rows; row++) {
      for (let at = 0; at < columns; at++) {
        if (uniform() >= density) continue
        column.push(at)
        value.push(integer(1, 127) * (uniform() < 0.5 ? -1 : 1))
      }
      rowStart[row + 1] = column.length
    }
    return { rows, columns, rowStart, column: Int32Array.from(column), value: Int32Array.from(value) }
  }

  function pool(name: string, source: IntegerMap) {
    const kernel: [number, number] = [integer(1, 3), integer(1, 3)]
    const stride: [number, number] = [integer(1, 3), integer(1, 3)]
    const pads: [number, number] = [integer(0, kernel[0] - 1), integer(0, kernel[1] - 1)]
    const extent = (size: number, axis: 0 | 1) =>
      Math.max(1, Math.floor((size + 2 * pads[axis] - kernel[axis]) / stride[axis]) + 1)
    const output = { ...source, name: `${name}.map`, height: extent(source.height, 0), width: extent(source.width, 1) }
    return { kind: 'maxPool' as const, name, source: source.name, kernel, stride, pads, output }
  }

  function logits(name: string, source: IntegerMap) {
    const rows = integer(1, 6)
    const kernel: [number, number] = uniform() < 0.5 ? [1, 1] : [source.height, source.width]
    return {
      kind: 'logits' as const,
      name,
      source: {
        map: source.name,
        role: 'main' as const,
        kernel,
        stride: [1, 1] as const,
        pads: [0, 0] as const,
        dilation: [1, 1] as const,
        weights: weightsOf(rows, source, kernel),
      },
      bias: Int32Array.from({ length: rows }, () => integer(-5000, 5000)),
      scale: Float64Array.from({ length: rows }, () => 2 ** -integer(0, 8)),
    }
  }
}

/** Codes of the graph's input map, the extremes among them. */
export function randomCodes({ input }: IntegerGraph, seed: number): Int16Array {
  const uniform = random(seed)
  const [low, high] = codeRange(input.format)
  return Int16Array.from({ length: input.channels * input.height * input.width }, () => {
    const kind = uniform()
    return kind < 0.1 ? low : kind < 0.2 ? high : low + Math.floor(uniform() * (high - low + 1))
  })
}
