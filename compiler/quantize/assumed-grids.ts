// Grids for the values of a quantised model that have none of their own: of a quantiser beside, or wide enough for the last layer.

import { elements } from '../../base/defined.ts'
import type { Node } from '../graph/graph.ts'
import { type Grid, gridOf, isQuantize } from '../graph/operators/grid.ts'
import { choosers } from '../passes/quantized/hoist-quantize.ts'
import type { AssumedGrid, Pair } from './plan.ts'
import type { Reach } from './reach.ts'
import { unquantised } from './unquantised.ts'

type ReadersOf = (name: string) => readonly Node[]

/** What has been assumed for the maps of a graph. */
export class AssumedGrids {
  readonly all: AssumedGrid[] = []
  readonly #readersOf: ReadersOf
  readonly #outputs: ReadonlySet<string>
  readonly #range: Pair | undefined

  /** @param range least and greatest value of the output, where they are known */
  constructor(readersOf: ReadersOf, outputs: ReadonlySet<string>, range: Pair | undefined) {
    this.#readersOf = readersOf
    this.#outputs = outputs
    this.#range = range
  }

  /** The grid for a value that has to be stored. @throws DlpError where nothing tells its range */
  gridFor(name: string, reach: () => Reach): Grid {
    const beside = gridBeside(name, this.#readersOf, (grid) => !cutsSign(grid, reach()))
    if (beside === undefined && !this.#outputs.has(name)) throw unquantised(name)
    const grid = beside ?? gridCovering(reach(), this.#range)
    this.all.push({ value: name, from: beside === undefined ? 'range' : 'quantiser beside', scale: grid.scale })
    return grid
  }
}

/** What a user is told of values whose grids were assumed. @param isCalibrated whether the output's range is that of calibration inputs */
export function assumptions(assumed: readonly AssumedGrid[], isCalibrated: boolean): string[] {
  const beside = assumed.flatMap(({ value, from }) => (from === 'quantiser beside' ? [value] : []))
  const named = beside.slice(0, mostNamed).map((value) => `'${value}'`)
  const rest = beside.length - named.length
  const list = `${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
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

const mostNamed = 3

/**
 * The grid that a value is rounded to by some of its readers, also where what they read is only chosen from it; of several the widest. Where others read
 * the value as it is – TensorRT leaves shortcuts so – they may read these codes.
 */
function gridBeside(name: string, readersOf: ReadersOf, holds: (grid: Grid) => boolean): Grid | undefined {
  const found: Grid[] = []
  const seen = new Set([name])
  const open = [name]
  for (let value = open.pop(); value !== undefined; value = open.pop())
    for (const node of readersOf(value)) {
      const [output] = elements(node.outputs, 1)
      const isMoved = choosers.includes(node.op) && !seen.has(output)
      if (isMoved) {
        seen.add(output)
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

/** True if a grid has no codes on a side of 0 that the value may be on: its quantiser is a Relu as well, which the other readers do not see. */
function cutsSign({ low, high, zeroPoint }: Grid, { least, greatest }: Reach): boolean {
  return (
    (low >= zeroPoint && least.some((value) => value < 0)) || (high <= zeroPoint && greatest.some((value) => value > 0))
  )
}

/** Codes of a byte. */
const most = 255

/** A grid of 8 bits for the output: all that its rows can reach, or less where `range` says what they do reach. */
function gridCovering({ least, greatest }: Reach, range?: Pair): Grid {
  const lowest = least.reduce((a, b) => Math.min(a, b), 0)
  const highest = greatest.reduce((a, b) => Math.max(a, b), 0)
  const low = range === undefined ? lowest : Math.max(lowest, Math.min(range[0], 0))
  const high = range === undefined ? highest : Math.min(highest, Math.max(range[1], 0))
  const scale = Math.fround((high - low) / most) || 1
  return { scale, zeroPoint: Math.min(Math.round(-low / scale), most), low: 0, high: most, rounding: 'nearest' }
}
