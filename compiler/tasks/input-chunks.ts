// Chunks of the input: the input's loading and the first layer's positions are divided, so that computing starts while the image still arrives.
import { defined, elementAt, elements } from '../../base/defined.ts'
import { type LinearSource, sourcesOf, sumsPixels } from '../graph/integer.ts'
import { positionBytes } from '../layout/dram.ts'
import { greatestCommonDivisor, type Patch } from '../placement/patches.ts'
import type { PlacedMap } from '../placement/storage.ts'
import type { MatrixLayer } from '../schedule/layers.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import { limitsOf, type Machine } from '../../isa/model/machine.ts'
import { wordGroups } from '../../isa/semantics/transfers.ts'
import { issueToAddressCycles, loadBeatToRetireCycles, loadGroupCycles, positionCycles } from '../../isa/timing.ts'
import { inputOf, type InputStyle, type Plan, outputPositionsOf } from './plan.ts'

/** Some rows and columns of every lane's patch. */
export interface Area {
  readonly firstRow: number
  readonly rows: number
  readonly firstColumn: number
  readonly columns: number
}

/** Source positions to load, and the output positions that can be computed once they are loaded; output positions wrap at the patch's ends. */
export interface InputChunk {
  readonly load: Area
  readonly compute: Area
}

export type SourceWindow = Pick<LinearSource, 'kernel' | 'stride' | 'pads' | 'dilation'>

/** A first layer, and the cost of its chunks. */
export interface ChunkedLayer {
  /** all windows of the layer over the input */
  readonly windows: readonly SourceWindow[]
  readonly source: Patch
  readonly output: Patch
  /** a LOAD may begin at source positions that are multiples of this */
  readonly unit: number
  /** cycles of a LOAD of so many positions that follows another LOAD */
  readonly loadCycles: (positions: number) => number
  /** cycles of one output position */
  readonly positionCycles: number
}

/** All positions of a map's patch. */
export const wholeArea = ({ patch }: Pick<PlacedMap, 'patch'>): Area => ({
  firstRow: 0,
  rows: patch.height,
  firstColumn: 0,
  columns: patch.width,
})

/**
 * The chunks of an image's input for the first layer. Later images arrive while others compute, so they take whole rows, or one chunk.
 * @param style of the first image's input
 */
export function inputChunks(
  plan: Plan,
  { layer, groups }: MatrixLayer,
  image: number,
  style: InputStyle,
): InputChunk[] {
  const { machine } = plan
  const input = inputOf(plan)
  const { placed } = outputPositionsOf(plan, layer)
  // A lane sum ends with its COMPUTE, so a layer that sums pixels waits for the whole input.
  if (sumsPixels(layer) || style === 'whole') return [{ load: wholeArea(input), compute: wholeArea(placed) }]
  const bytes = positionBytes(input.map.channels, input.planes, machine)
  const chunked = {
    windows: sourcesOf(layer),
    source: input.patch,
    output: placed.patch,
    unit: addressUnitBytes / greatestCommonDivisor(addressUnitBytes, bytes),
    loadCycles: (positions: number): number => loadCycles(machine, input, positions),
    positionCycles: positionCycles(machine, elementAt(groups, 0).stream.beats),
  }
  return cutChunks(chunked, style === 'columns' && image === 0)
}

/** Cycles of a LOAD that follows another: those of its data, or, if few transfers may be in flight, a share of its latency. */
function loadCycles(machine: Machine, input: PlacedMap, positions: number): number {
  const transfer = { channels: input.map.channels, wide: input.planes - 1 }
  const beats = wordGroups(machine, transfer).map(({ bytes }) =>
    Math.max(loadGroupCycles, (8 * bytes) / machine.axiBits),
  )
  const data = positions * beats.reduce((sum, each) => sum + each, 0)
  const latency = issueToAddressCycles + machine.dramLatencyCycles + data + loadBeatToRetireCycles + 1
  return Math.max(data + loadGroupCycles - 1, latency / limitsOf(machine).transfersInFlight)
}

/** Most chunks of whole rows: more save less time than their instructions cost. */
const mostRowChunks = 8

/**
 * The chunks, in loading order, with which the layer ends soonest; an instruction counts as a cycle. Output positions whose taps stay within
 * the patch come before those whose taps wrap.
 * @param byColumns whether a chunk may have less than all columns; if not, there are at most eight
 */
export function cutChunks(layer: ChunkedLayer, byColumns: boolean): InputChunk[] {
  const rows = axisOf(layer, 0)
  const columns = axisOf(layer, 1)
  const isFree = byColumns && columns.size % layer.unit === 0
  const widths = isFree ? columns.ends.filter((end) => end % layer.unit === 0) : []
  const heights = powersBelow(rows.size)
  const coarse = Math.ceil((rows.size - elementAt(rows.ends, 0)) / (mostRowChunks - 1)) || 1
  let best: Chunking | undefined
  for (const width of [columns.size, ...widths]) {
    for (const height of width === columns.size && !byColumns ? [coarse] : [coarse, ...heights]) {
      const candidate = new Chunking(layer, rows, columns, height)
      const isBetter = (): boolean => best === undefined || candidate.cost() < best.cost()
      while (!candidate.isComplete() && isBetter()) candidate.addStrip(width)
      if (isBetter()) best = candidate
    }
  }
  return defined(best).chunks
}

/** Rows or columns: the output's in the order in which they are computed, and how much of the source each reads. */
interface Axis {
  /** of the source */
  readonly size: number
  /** output rows or columns */
  readonly order: readonly number[]
  /** [order] the source rows or columns, counted from the first, that must be loaded before; rising */
  readonly ends: readonly number[]
}

/** The order starts where no tap wraps to the source's last row or column, which is loaded last. It ends with the positions that wrap. */
function axisOf({ windows, source, output }: ChunkedLayer, axis: 0 | 1): Axis {
  const [size, count] = axis === 0 ? [source.height, output.height] : [source.width, output.width]
  const starts = windows.map(({ stride, pads }) => Math.ceil(pads[axis] / stride[axis]))
  const start = Math.min(Math.max(0, ...starts), count - 1)
  const order = Array.from({ length: count }, (_, i) => (start + i) % count)
  return { size, order, ends: order.map((at) => Math.max(...windows.map((window) => endOf(window, axis, at, size)))) }
}

/** Source rows or columns, counted from the first, that an output row or column reads; all of them if a tap leaves the patch. */
export function endOf({ kernel, stride, pads, dilation }: SourceWindow, axis: 0 | 1, at: number, size: number): number {
  const first = stride[axis] * at - pads[axis]
  const last = first + dilation[axis] * (kernel[axis] - 1)
  return first < 0 || last >= size ? size : last + 1
}

/** One way to cut: strips of columns one after the other, each cut by rows. Every next chunk is as large as it may be without a wait for its data. */
class Chunking {
  readonly chunks: InputChunk[] = []
  #instructions = 0
  /** the cycle in which all chunks so far are loaded, and the one in which they are computed */
  #loaded = 0
  #computed = 0
  /** source columns and output columns of the strips so far */
  #sourceColumns = 0
  #outputColumns = 0
  readonly #layer: ChunkedLayer
  readonly #rows: Axis
  readonly #columns: Axis
  readonly #leastRows: number

  /** @param leastRows source rows that a chunk has at least */
  constructor(layer: ChunkedLayer, rows: Axis, columns: Axis, leastRows: number) {
    this.#layer = layer
    this.#rows = rows
    this.#columns = columns
    this.#leastRows = leastRows
  }

  isComplete(): boolean {
    return this.#outputColumns === this.#columns.order.length
  }

  cost(): number {
    return this.#computed + this.#instructions
  }

  /** @param width source columns of the first strip */
  addStrip(width: number): void {
    const first = this.#sourceColumns
    const end = first === 0 ? width : this.#nextEnd()
    const from = this.#outputColumns
    this.#outputColumns = covered(this.#columns, from, end)
    // The last strip loads the columns that this layer skips, too: later layers may read them.
    this.#sourceColumns = this.isComplete() ? this.#columns.size : end
    const loads = { firstColumn: first, columns: this.#sourceColumns - first }
    const isWhole = loads.columns === this.#columns.size
    const columns = this.#outputColumns - from
    const computes = { firstColumn: isWhole ? 0 : elementAt(this.#columns.order, from), columns }
    if (!isWhole) this.#instructions++
    let [loaded, computed] = [0, 0]
    while (computed < this.#rows.order.length) {
      const next = this.#nextRows(loaded, computed, loads.columns)
      const count = covered(this.#rows, computed, next) - computed
      // The last chunk of a strip loads the rows that this layer skips, for the same reason.
      const rows = (computed + count === this.#rows.order.length ? this.#rows.size : next) - loaded
      const load = { firstRow: loaded, rows, ...loads }
      const compute = { firstRow: this.#rows.order[computed]!, rows: count, ...computes }
      this.chunks.push({ load, compute })
      this.#loaded += this.#loadCycles(loads.columns, rows)
      this.#computed = Math.max(this.#computed, this.#loaded) + count * computes.columns * this.#layer.positionCycles
      this.#instructions += 1 + (isWhole ? 1 : rows)
      loaded += rows
      computed += count
    }
  }

  /** Source columns with which the next strip ends: the most whose first rows arrive in time. */
  #nextEnd(): number {
    const { size, ends } = this.#columns
    const [first] = elements(this.#rows.ends, 1)
    let best: number | undefined
    for (const end of ends.slice(this.#outputColumns)) {
      if (end % this.#layer.unit !== 0 && end !== size) continue
      const inTime = this.#loaded + this.#loadCycles(end - this.#sourceColumns, first) <= this.#computed
      if (best === undefined || inTime) best = end
    }
    return best ?? size
  }

  /** Source rows with which the next chunk ends: the most that arrive in time. */
  #nextRows(loaded: number, computed: number, columns: number): number {
    const { size, ends } = this.#rows
    const least = Math.max(ends[computed]!, loaded === 0 ? 0 : loaded + this.#leastRows)
    const mayBegin = (row: number): boolean => row === size || (row * this.#layer.source.width) % this.#layer.unit === 0
    let end = Math.min(size, least)
    while (!mayBegin(end)) end++
    for (let next = end + 1; next <= size; next++) {
      if (this.#loaded + this.#loadCycles(columns, next - loaded) > this.#computed) break
      if (mayBegin(next)) end = next
    }
    return end
  }

  /** Cycles to load some source rows: by one LOAD if they have all columns, else by one each. */
  #loadCycles(columns: number, rows: number): number {
    const isWhole = columns === this.#columns.size
    return isWhole ? this.#layer.loadCycles(columns * rows) : rows * this.#layer.loadCycles(columns)
  }
}

/** How many output rows or columns of the order can be computed with the source's up to `end`; the first `from` of them can. */
function covered({ order, ends }: Axis, from: number, end: number): number {
  let to = from
  while (to < order.length && ends[to]! <= end) to++
  return to
}

const powersBelow = (size: number): number[] =>
  Array.from({ length: Math.max(1, Math.ceil(Math.log2(size))) }, (_, power) => 2 ** power)
