// Small maps, windows and layers of integer graphs for tests.
import type {
  IntegerGraph,
  IntegerLayer,
  IntegerMap,
  LinearLayer,
  LinearSource,
} from '../../../compiler/graph/integer.ts'
import { random } from '../../../base/random.ts'

type Pair = readonly [number, number]

/** A map, by default of unsigned 8-bit codes. */
export function mapOf(
  name: string,
  shape: readonly [number, number, number],
  own: Partial<IntegerMap> = {},
): IntegerMap {
  const [channels, height, width] = shape
  return { name, channels, height, width, format: { bits: 8, signed: false }, zeroPoint: 0, scale: 0.1, ...own }
}

export interface WindowOptions {
  readonly kernel?: Pair
  readonly stride?: Pair
  readonly pads?: Pair
  readonly dilation?: Pair
  readonly density?: number
  /** weights are −magnitude to magnitude */
  readonly magnitude?: number
  readonly seed?: number
}

/** A window with seeded random weights over a map. */
export function windowOn(map: IntegerMap, rows: number, options: WindowOptions = {}): LinearSource {
  const { kernel = [1, 1], stride = [1, 1], pads = [0, 0], dilation = [1, 1] } = options
  const { density = 1, magnitude = 7, seed = 1 } = options
  const uniform = random(seed)
  const columns = map.channels * kernel[0] * kernel[1]
  const rowStart = new Int32Array(rows + 1)
  const column: number[] = []
  const value: number[] = []
  for (let row = 0; row < rows; row++) {
    for (let each = 0; each < columns; each++) {
      const weight = Math.round((2 * uniform() - 1) * magnitude)
      if (uniform() >= density || weight === 0) continue
      column.push(each)
      value.push(weight)
    }
    rowStart[row + 1] = column.length
  }
  const weights = { rows, columns, rowStart, column: Int32Array.from(column), value: Int32Array.from(value) }
  return { map: map.name, role: 'main', kernel, stride, pads, dilation, weights }
}

/** A layer whose requantiser keeps most of the information in its sums. */
export function layerOf(name: string, sources: readonly LinearSource[], output: IntegerMap): LinearLayer {
  const rows = output.channels
  return {
    kind: 'linear',
    name,
    sources,
    bias: Int32Array.from({ length: rows }, (_, row) => 37 * row - 100),
    multiplier: new Int16Array(rows).fill(21_000),
    shift: new Uint8Array(rows).fill(21),
    low: 0,
    high: 2 ** output.format.bits - 1 - (output.format.signed ? 2 ** (output.format.bits - 1) : 0),
    output,
  }
}

/** A graph that ends with its last layer. */
export function graphOf(input: IntegerMap, layers: readonly IntegerLayer[]): IntegerGraph {
  const last = layers[layers.length - 1]!
  return { name: 'test', input, layers, output: last.kind === 'logits' ? last.name : last.output.name }
}

/** Weights by (row, column of CSR). */
export function weightsOf({ weights }: LinearSource): { row: number; column: number; value: number }[] {
  return Array.from({ length: weights.rows }, (_, row) =>
    Array.from(weights.column.subarray(weights.rowStart[row], weights.rowStart[row + 1]), (column, i) => ({
      row,
      column,
      value: weights.value[weights.rowStart[row]! + i]!,
    })),
  ).flat()
}
