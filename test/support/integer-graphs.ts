// Random integer graphs for whole-path tests: residuals, projections, strides, kernels and precisions mixed.
import type {
  IntegerGraph,
  IntegerLayer,
  IntegerMap,
  LinearSource,
  SparseWeights,
} from '../../compiler/graph/integer.ts'
import { random } from '../../isa/random.ts'

interface Dice {
  readonly uniform: () => number
  readonly int: (low: number, high: number) => number
  readonly pick: <T>(...choices: readonly T[]) => T
}

export interface GraphSizes {
  readonly mostChannels: number
  readonly mostSide: number
  readonly mostLayers: number
}

/** A graph that depends on the seed alone. */
export function randomGraph(seed: number, sizes: GraphSizes): IntegerGraph {
  const uniform = random(seed)
  const int = (low: number, high: number): number => low + Math.floor(uniform() * (high - low + 1))
  const dice: Dice = { uniform, int, pick: (...choices) => choices[int(0, choices.length - 1)]! }
  const input = newMap('input', int(1, 4), int(3, sizes.mostSide), int(3, sizes.mostSide), dice, 8)
  const layers: IntegerLayer[] = []
  const maps: IntegerMap[] = [input]
  const reduction = new Map([[input.name, 1]])
  const count = int(1, sizes.mostLayers)
  for (let index = 0; index < count; index++) {
    const source = index === 0 ? input : maps[maps.length - 1]!
    const isPool = index > 0 && uniform() < 0.2 && source.height > 3 && source.width > 3
    const layer = isPool
      ? poolLayer(`layer${index}`, source, reduction, dice)
      : linearLayer(`layer${index}`, source, maps, reduction, sizes, dice)
    layers.push(layer)
    if (layer.kind !== 'logits') maps.push(layer.output)
  }
  const last = maps[maps.length - 1]!
  if (uniform() < 0.6) {
    const rows = int(2, 20)
    const source = linearSource(last, rows, [1, 1], [1, 1], [0, 0], dice, 'main', 127)
    layers.push({
      kind: 'logits',
      name: 'logits',
      source,
      bias: biases(rows, dice),
      scale: new Float64Array(rows).fill(0.01),
    })
    return { name: `random-${seed}`, input, layers, output: 'logits' }
  }
  return { name: `random-${seed}`, input, layers, output: last.name }
}

/** Input codes [channels, height, width] in the input's range. */
export function randomCodes(map: IntegerMap, seed: number): Int16Array {
  const uniform = random(seed)
  const low = map.format.signed ? -(2 ** (map.format.bits - 1)) : 0
  return Int16Array.from(
    { length: map.channels * map.height * map.width },
    () => low + Math.floor(uniform() * 2 ** map.format.bits),
  )
}

function newMap(name: string, channels: number, height: number, width: number, dice: Dice, bits: 4 | 8): IntegerMap {
  const signed = dice.uniform() < 0.4
  const low = signed ? -(2 ** (bits - 1)) : 0
  return {
    name,
    channels,
    height,
    width,
    format: { bits, signed },
    zeroPoint: dice.pick(0, dice.int(low, low + 2 ** bits - 1)),
    scale: 0.05,
  }
}

function poolLayer(name: string, source: IntegerMap, reduction: Map<string, number>, dice: Dice): IntegerLayer {
  const kernel = dice.int(2, 3)
  const pad = kernel === 3 ? 1 : 0
  const size = (side: number): number => Math.floor((side + 2 * pad - kernel) / 2) + 1
  const output = { ...source, name: `${name}.out`, height: size(source.height), width: size(source.width) }
  reduction.set(output.name, reduction.get(source.name)! * 2)
  return {
    kind: 'maxPool',
    name,
    source: source.name,
    kernel: [kernel, kernel],
    stride: [2, 2],
    pads: [pad, pad],
    output,
  }
}

function linearLayer(
  name: string,
  source: IntegerMap,
  earlier: readonly IntegerMap[],
  reduction: Map<string, number>,
  sizes: GraphSizes,
  dice: Dice,
): IntegerLayer {
  const kernel = [dice.pick(1, 3, 3, 5, dice.int(1, 7)), dice.pick(1, 3, 3, dice.int(1, 5))] as const
  const dilation = [dice.pick(1, 1, 1, 2), dice.pick(1, 1, 1, 2)] as const
  const stride =
    source.height >= 4 && source.width >= 4
      ? dice.pick([1, 1] as const, [1, 1] as const, [2, 2] as const)
      : ([1, 1] as const)
  const extent = [0, 1].map((axis) => dilation[axis]! * (kernel[axis]! - 1) + 1)
  const pads = [Math.floor(extent[0]! / 2), Math.floor(extent[1]! / 2)] as const
  const height = Math.floor((source.height - 1) / stride[0]) + 1
  const width = Math.floor((source.width - 1) / stride[1]) + 1
  const rows = dice.int(1, sizes.mostChannels)
  const output = newMap(`${name}.out`, rows, height, width, dice, dice.pick(4, 8))
  const sources = [linearSource(source, rows, kernel, stride, pads, dice, 'main', dice.pick(7, 119, 127), dilation)]
  reduction.set(output.name, reduction.get(source.name)! * stride[0])
  for (const map of earlier) {
    // Paths to the sum must agree in their strides and sizes.
    const ratio = reduction.get(output.name)! / reduction.get(map.name)!
    const lines = Math.ceil(map.height / ratio) === height && Math.ceil(map.width / ratio) === width
    if (!lines || map === source || sources.length >= 3 || dice.uniform() < 0.4) continue
    sources.push(
      dice.uniform() < 0.5
        ? residual(map, rows, ratio, dice)
        : linearSource(map, rows, [1, 1], [ratio, ratio], [0, 0], dice, 'projection', 100),
    )
  }
  const range = output.format.signed ? 2 ** (output.format.bits - 1) : 0
  return {
    kind: 'linear',
    name,
    sources,
    output,
    bias: biases(rows, dice),
    multiplier: Int16Array.from({ length: rows }, () => dice.int(-32768, 32767)),
    shift: Uint8Array.from({ length: rows }, () => dice.pick(dice.int(0, 47), dice.int(18, 26))),
    low: dice.pick(-range, Math.max(0, -range)),
    high: 2 ** output.format.bits - 1 - range,
  }
}

function residual(map: IntegerMap, rows: number, stride: number, dice: Dice): LinearSource {
  const kept = Array.from({ length: rows }, (_, row) => row).filter((row) => row < map.channels)
  const rowStart = new Int32Array(rows + 1)
  for (let row = 0; row < rows; row++) rowStart[row + 1] = rowStart[row]! + (row < map.channels ? 1 : 0)
  const value = Int32Array.from(kept, () => dice.pick(1, 16, 17, 113, 130, dice.int(1, 4095)))
  return {
    map: map.name,
    role: 'residual',
    kernel: [1, 1],
    stride: [stride, stride],
    pads: [0, 0],
    dilation: [1, 1],
    weights: { rows, columns: map.channels, rowStart, column: Int32Array.from(kept), value },
  }
}

function linearSource(
  map: IntegerMap,
  rows: number,
  kernel: readonly [number, number],
  stride: readonly [number, number],
  pads: readonly [number, number],
  dice: Dice,
  role: LinearSource['role'],
  magnitude: number,
  dilation: readonly [number, number] = [1, 1],
): LinearSource {
  return {
    map: map.name,
    role,
    kernel,
    stride,
    pads,
    dilation,
    weights: randomWeights(rows, map.channels * kernel[0] * kernel[1], dice, magnitude),
  }
}

function randomWeights(rows: number, columns: number, dice: Dice, magnitude: number): SparseWeights {
  const density = dice.pick(0.2, 0.5, 1)
  const rowStart = new Int32Array(rows + 1)
  const column: number[] = []
  const value: number[] = []
  for (let row = 0; row < rows; row++) {
    for (let each = 0; each < columns; each++) {
      const weight = dice.int(-magnitude, magnitude)
      if (weight === 0 || dice.uniform() >= density) continue
      column.push(each)
      value.push(weight)
    }
    rowStart[row + 1] = column.length
  }
  return { rows, columns, rowStart, column: Int32Array.from(column), value: Int32Array.from(value) }
}

const biases = (rows: number, dice: Dice): Int32Array => Int32Array.from({ length: rows }, () => dice.int(-5000, 5000))
