// Grids for values of a quantised model that must be stored but have no quantiser: that of another reader, or one that covers the output's range.

import { elements } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { type Grid, gridOf, isQuantize } from '../graph/operators/grid.ts'
import { commutesWithRounding } from '../passes/quantized/hoist-quantize.ts'
import type { AssumedGrid, Pair } from './plan.ts'
import type { RowRanges } from './row-ranges.ts'
import { unquantisedError } from './lowering-errors.ts'

type ReadersOf = (name: string) => readonly Node[]

/** The grids that have been assumed for maps of a graph. */
export class AssumedGrids {
  readonly all: AssumedGrid[] = []
  readonly #readersOf: ReadersOf
  readonly #outputs: ReadonlySet<string>
  readonly #range: Pair | undefined

  /** @param range least and greatest value of the output, where they have been measured */
  constructor(readersOf: ReadersOf, outputs: ReadonlySet<string>, range: Pair | undefined) {
    this.#readersOf = readersOf
    this.#outputs = outputs
    this.#range = range
  }

  /** The grid for a value that must be stored. @throws DlpError where nothing determines its range */
  gridFor(name: string, ranges: () => RowRanges): Grid {
    const beside = gridBeside(name, this.#readersOf, (grid) => !cutsSign(grid, ranges()))
    if (beside === undefined && !this.#outputs.has(name)) throw unquantisedError(name)
    const grid = beside ?? gridCovering(ranges(), this.#range)
    this.all.push({ value: name, from: beside === undefined ? 'range' : 'quantiser beside', scale: grid.scale })
    return grid
  }
}

/** Warnings about values whose grids were assumed. @param isCalibrated whether the output's range is that of calibration inputs */
export function assumptions(assumed: readonly AssumedGrid[], isCalibrated: boolean): string[] {
  const beside = assumed.flatMap(({ value, from }) => (from === 'quantiser beside' ? [value] : []))
  const named = beside.slice(0, mostNamed).map((value) => `'${value}'`)
  const others = beside.length - named.length
  const list = `${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}`
  const own = assumed.flatMap(({ value, from, scale }) => {
    if (from === 'quantiser beside') return []
    const step = `output '${value}' has no quantiser: it is given in 255 steps of ${scale.toPrecision(3)}`
    return isCalibrated
      ? [`${step}, over what the calibration inputs reach`]
      : [`${step}, over four times what seeded images reach; give --calibration for steps that fit real ones`]
  })
  return [
    ...(beside.length > 0
      ? [`float in the model where some nodes read them, and taken in the codes of the quantiser beside: ${list}`]
      : []),
    ...own,
  ]
}

/** Values that a warning names. */
const mostNamed = 3

/**
 * The grid to which some readers round a value, also behind operators that only select or move its elements; of several grids the widest. Readers of
 * the unrounded value (TensorRT leaves shortcuts unrounded) may read these codes instead.
 */
function gridBeside(name: string, readersOf: ReadersOf, holds: (grid: Grid) => boolean): Grid | undefined {
  const found: Grid[] = []
  const visited = new Set([name])
  const open = [name]
  for (let value = open.pop(); value !== undefined; value = open.pop())
    for (const node of readersOf(value)) {
      const [output] = elements(node.outputs, 1)
      const isMoved = commutesWithRounding.includes(node.op) && !visited.has(output)
      if (isMoved) {
        visited.add(output)
        open.push(output)
      }
      if (isQuantize(node)) found.push(gridOf(node))
    }
  const width = ({ low, high, scale }: Grid): number => (high - low) * scale
  const rounded = found.filter((grid) => grid.rounding === 'nearest' && holds(grid))
  return rounded.reduce<Grid | undefined>(
    (most, grid) => (most !== undefined && width(most) >= width(grid) ? most : grid),
    undefined,
  )
}

/** True if a grid has no codes for one sign that the value may have: its quantiser is also a Relu, and the other readers read no Relu. */
function cutsSign({ low, high, zeroPoint }: Grid, { least, greatest }: RowRanges): boolean {
  return (
    (low >= zeroPoint && least.some((value) => value < 0)) || (high <= zeroPoint && greatest.some((value) => value > 0))
  )
}

/** The greatest code of 8 bits. */
const most = 255

/** A grid of 8 bits for the output: the range of its rows, narrowed to the measured range where there is one. */
function gridCovering({ least, greatest }: RowRanges, range?: Pair): Grid {
  const lowest = least.reduce((a, b) => Math.min(a, b), 0)
  const highest = greatest.reduce((a, b) => Math.max(a, b), 0)
  const low = range === undefined ? lowest : Math.max(lowest, Math.min(range[0], 0))
  const high = range === undefined ? highest : Math.min(highest, Math.max(range[1], 0))
  const scale = Math.fround((high - low) / most) || 1
  return { scale, zeroPoint: Math.min(Math.round(-low / scale), most), low: 0, high: most, rounding: 'nearest' }
}
