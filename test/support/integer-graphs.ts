// Random integer graphs for end-to-end tests: every kind of layer, groups, concatenations, and paths whose strides disagree.
import type {
  IntegerGraph,
  IntegerLayer,
  IntegerMap,
  LinearLayer,
  LinearSource,
  SparseWeights,
} from '../../compiler/graph/integer.ts'
import { codeRange } from '../../base/bits.ts'
import { random } from '../../base/random.ts'
import { withoutWeights } from './zero-weights.ts'

interface Dice {
  readonly uniform: () => number
  readonly int: (low: number, high: number) => number
  readonly pick: <T>(...choices: readonly T[]) => T
}

export interface GraphSizes {
  readonly mostChannels: number
  readonly mostSide: number
  readonly mostLayers: number
  /** windows of any stride and padding with outputs of any size, which graphs may have but few layouts support: for tests of the oracle */
  readonly anyWindows?: boolean
}

/** A graph of `npm run prove:graphs`, and whether its weights are resident; other tests can use the same seeds. */
export function graphCase(seed: number): { graph: IntegerGraph; weightsIn: 'resident' | 'streamed' } {
  const graph = randomGraph(seed, { mostChannels: 24, mostSide: 13, mostLayers: 6 })
  // Occasionally a layer, or its main source, has only zero weights.
  const dead = seed % 16 === 15 ? seed % graph.layers.length : -1
  const isDead = (source: LinearSource, layer: number): boolean =>
    layer === dead && (seed % 32 < 16 || source.role === 'main')
  return {
    graph: dead < 0 ? graph : withoutWeights(graph, isDead),
    weightsIn: seed % 5 === 0 ? 'streamed' : 'resident',
  }
}

/** A graph that depends on the seed alone. */
export function randomGraph(seed: number, sizes: GraphSizes): IntegerGraph {
  const uniform = random(seed)
  const int = (low: number, high: number): number => low + Math.floor(uniform() * (high - low + 1))
  const dice: Dice = { uniform, int, pick: (...choices) => choices[int(0, choices.length - 1)]! }
  const input = newMap('input', int(1, 4), int(3, sizes.mostSide), int(3, sizes.mostSide), dice, 8)
  const layers: IntegerLayer[] = []
  const maps: IntegerMap[] = [input]
  const count = int(1, sizes.mostLayers)
  for (let index = 0; index < count; index++) {
    const source = index === 0 ? input : maps[maps.length - 1]!
    const layer = nextLayer(`layer${index}`, source, maps, sizes, dice)
    layers.push(layer)
    if (layer.kind !== 'logits') maps.push(layer.output)
  }
  const last = maps[maps.length - 1]!
  if (uniform() < 0.6) {
    const rows = int(2, 20)
    const whole = uniform() < 0.3 && last.height * last.width <= 100
    const kernel = whole ? ([last.height, last.width] as const) : ([1, 1] as const)
    const source = linearSource(last, rows, { ...pointwise, kernel }, dice, 'main', 127)
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

type Pair = readonly [number, number]
interface Window {
  readonly kernel: Pair
  readonly stride: Pair
  readonly pads: Pair
  readonly dilation: Pair
}
const pointwise: Window = { kernel: [1, 1], stride: [1, 1], pads: [0, 0], dilation: [1, 1] }

/** Mostly convolutions with shortcuts and concatenations, some pools, some layers with an output of one pixel. */
function nextLayer(
  name: string,
  source: IntegerMap,
  earlier: readonly IntegerMap[],
  sizes: GraphSizes,
  dice: Dice,
): IntegerLayer {
  const large = source.height > 3 && source.width > 3
  if (earlier.length > 1 && large && dice.uniform() < 0.2) return poolLayer(name, source, dice)
  if (dice.uniform() < 0.1) return onePixel(name, source, sizes, dice)
  if (sizes.anyWindows === true) return anyLayer(name, source, earlier, sizes, dice)
  return linearLayer(name, source, earlier, sizes, dice)
}

function poolLayer(name: string, source: IntegerMap, dice: Dice): IntegerLayer {
  const kernel = dice.int(2, 3)
  const pad = kernel === 3 ? 1 : 0
  const step = dice.pick(1, 2, 2)
  const size = (side: number): number => Math.floor((side + 2 * pad - kernel) / step) + 1
  const output = { ...source, name: `${name}.out`, height: size(source.height), width: size(source.width) }
  return {
    kind: 'maxPool',
    name,
    source: source.name,
    kernel: [kernel, kernel],
    stride: [step, step],
    pads: [pad, pad],
    output,
  }
}

/** A sum over all pixels, or a window as large as the map. */
function onePixel(name: string, source: IntegerMap, sizes: GraphSizes, dice: Dice): IntegerLayer {
  const rows = dice.int(1, sizes.mostChannels)
  const output = newMap(`${name}.out`, rows, 1, 1, dice, dice.pick(4, 8))
  const whole = source.height * source.width <= 100 && dice.uniform() < 0.5
  const window = whole ? { ...pointwise, kernel: [source.height, source.width] as const } : pointwise
  const made = post(name, [linearSource(source, rows, window, dice, 'main', 119)], output, dice)
  return whole ? made : { ...made, overPixels: true }
}

function linearLayer(
  name: string,
  source: IntegerMap,
  earlier: readonly IntegerMap[],
  sizes: GraphSizes,
  dice: Dice,
): IntegerLayer {
  const kernel = [dice.pick(1, 3, 3, 5, dice.int(1, 7)), dice.pick(1, 3, 3, dice.int(1, 5))] as const
  const dilation = [dice.pick(1, 1, 1, 2, dice.int(1, 5)), dice.pick(1, 1, 1, 2)] as const
  const large = source.height >= 4 && source.width >= 4
  const stride = large ? dice.pick<Pair>([1, 1], [1, 1], [2, 2], [1, 2]) : ([1, 1] as const)
  const pads = [0, 1].map((axis) => Math.floor((dilation[axis]! * (kernel[axis]! - 1) + 1) / 2)) as [number, number]
  // Occasionally a window starts inside the map.
  if (dice.uniform() < 0.1) pads[0] -= dice.int(0, 2)
  const height = Math.floor((source.height - 1) / stride[0]) + 1
  const width = Math.floor((source.width - 1) / stride[1]) + 1
  const rows = dice.int(1, sizes.mostChannels)
  const output = newMap(`${name}.out`, rows, height, width, dice, dice.pick(4, 8))
  const window = { kernel, stride, pads, dilation }
  const magnitude = dice.pick(7, 119, 127)
  const sources = [linearSource(source, rows, window, dice, 'main', magnitude)]
  for (const map of earlier) {
    if (map === source || sources.length >= 3 || dice.uniform() < 0.4) continue
    const same = map.height === source.height && map.width === source.width
    // Maps of one size are concatenated; maps of other sizes are read with a stride that covers the output, so that paths may disagree in their strides.
    if (same && dice.uniform() < 0.3) sources.push(linearSource(map, rows, window, dice, 'main', magnitude))
    else sources.push(joined(map, rows, [height, width], dice))
  }
  return post(name, sources, output, dice)
}

/** Sources, windows, output and bounds that need not match. */
function anyLayer(
  name: string,
  source: IntegerMap,
  earlier: readonly IntegerMap[],
  { mostChannels }: GraphSizes,
  dice: Dice,
): IntegerLayer {
  const pair = (low: number, high: number): Pair => [dice.int(low, high), dice.int(low, high)]
  const window = (): Window => ({ kernel: pair(1, 3), stride: pair(1, 3), pads: pair(-1, 3), dilation: pair(1, 2) })
  const main = window()
  const [height, width] = [source.height, source.width].map((size, axis) =>
    dice.int(1, Math.max(1, Math.ceil((size + 2) / main.stride[axis]!))),
  )
  const rows = dice.int(1, mostChannels)
  const output = newMap(`${name}.out`, rows, height!, width!, dice, dice.pick(4, 8))
  const sources = [linearSource(source, rows, main, dice, 'main', 127)]
  for (const map of earlier)
    if (sources.length < 3 && dice.uniform() < 0.5)
      sources.push(linearSource(map, rows, window(), dice, 'projection', 127))
  const { low: least, high: most } = codeRange(output.format)
  const low = dice.int(least, most)
  return { ...post(name, sources, output, dice), low, high: dice.int(low, most) }
}

/** A shortcut or a projection whose stride comes near the ratio of the sizes. */
function joined(map: IntegerMap, rows: number, [height, width]: Pair, dice: Dice): LinearSource {
  const near = (from: number, to: number): number => Math.min(15, Math.max(1, Math.round(from / to)))
  const stride = [near(map.height, height), near(map.width, width)] as const
  return dice.uniform() < 0.5
    ? residual(map, rows, stride, dice)
    : linearSource(map, rows, { ...pointwise, stride }, dice, 'projection', 100)
}

function post(name: string, sources: readonly LinearSource[], output: IntegerMap, dice: Dice): LinearLayer {
  const rows = output.channels
  const range = output.format.signed ? 2 ** (output.format.bits - 1) : 0
  const requantisers = Array.from({ length: rows }, () => requantiser(dice))
  const even = Uint8Array.from(requantisers, (each) => each.even)
  return {
    kind: 'linear',
    name,
    sources,
    output,
    bias: biases(rows, dice),
    multiplier: Int16Array.from(requantisers, ({ multiplier }) => multiplier),
    shift: Uint8Array.from(requantisers, ({ shift }) => shift),
    ...(dice.uniform() < 0.5 ? {} : { even }),
    low: dice.pick(0 - range, Math.max(0, -range)),
    high: 2 ** output.format.bits - 1 - range,
  }
}

/** Rounding of halves: up, or to even with shifts that permit it and multipliers that are powers of two, so that halves are frequent. */
function requantiser(dice: Dice): { multiplier: number; shift: number; even: number } {
  if (dice.uniform() < 0.5)
    return { multiplier: dice.int(-32768, 32767), shift: dice.pick(dice.int(0, 47), dice.int(18, 26)), even: 0 }
  return { multiplier: dice.pick(-1, 1, 3) * 2 ** dice.int(3, 13), shift: dice.pick(15, 15, 30), even: 1 }
}

function residual(map: IntegerMap, rows: number, stride: Pair, dice: Dice): LinearSource {
  const kept = Array.from({ length: rows }, (_, row) => row).filter((row) => row < map.channels)
  const rowStart = new Int32Array(rows + 1)
  for (let row = 0; row < rows; row++) rowStart[row + 1] = rowStart[row]! + (row < map.channels ? 1 : 0)
  const value = Int32Array.from(kept, () => dice.pick(1, 16, 17, 113, 130, dice.int(1, 4095)))
  return {
    map: map.name,
    role: 'residual',
    kernel: [1, 1],
    stride,
    pads: [0, 0],
    dilation: [1, 1],
    weights: { rows, columns: map.channels, rowStart, column: Int32Array.from(kept), value },
  }
}

function linearSource(
  map: IntegerMap,
  rows: number,
  window: Window,
  dice: Dice,
  role: LinearSource['role'],
  magnitude: number,
): LinearSource {
  const taps = window.kernel[0] * window.kernel[1]
  // Grouped convolution: each group of channels is read by its own rows.
  const groups = dice.uniform() < 0.2 ? dice.int(1, Math.min(rows, map.channels)) : 1
  return { map: map.name, role, ...window, weights: randomWeights(rows, map.channels, taps, groups, dice, magnitude) }
}

function randomWeights(
  rows: number,
  channels: number,
  taps: number,
  groups: number,
  dice: Dice,
  magnitude: number,
): SparseWeights {
  const density = dice.pick(0.2, 0.5, 1)
  const rowStart = new Int32Array(rows + 1)
  const column: number[] = []
  const value: number[] = []
  for (let row = 0; row < rows; row++) {
    for (let each = 0; each < channels * taps; each++) {
      if (Math.floor(each / taps) % groups !== row % groups) continue
      const weight = dice.int(-magnitude, magnitude)
      if (weight === 0 || dice.uniform() >= density) continue
      column.push(each)
      value.push(weight)
    }
    rowStart[row + 1] = column.length
  }
  return { rows, columns: channels * taps, rowStart, column: Int32Array.from(column), value: Int32Array.from(value) }
}

const biases = (rows: number, dice: Dice): Int32Array => Int32Array.from({ length: rows }, () => dice.int(-5000, 5000))
