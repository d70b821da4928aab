// Pieces: cuts the input's loading and the first layer's positions, so that computing starts while the image still arrives.
import { defined, elementAt, elements } from '../../base/defined.ts'
import type { LinearSource } from '../graph/integer.ts'
import type { Patch } from '../placement/patches.ts'

/** Some rows and columns of every lane's patch. */
export interface Area {
  readonly firstRow: number
  readonly rows: number
  readonly firstColumn: number
  readonly columns: number
}

/** Source positions to load, then output positions that can be computed when they are there; those wrap at the patch's ends. */
export interface InputChunk {
  readonly load: Area
  readonly compute: Area
}

export type SourceWindow = Pick<LinearSource, 'kernel' | 'stride' | 'pads' | 'dilation'>

/** What is to be cut, and what its parts cost. */
export interface ChunkedLayer {
  /** all those that the layer lays over the input */
  readonly windows: readonly SourceWindow[]
  readonly source: Patch
  readonly output: Patch
  /** a LOAD may begin at source positions that are multiples of this */
  readonly unit: number
  /** cycles of a LOAD of so many positions behind another */
  readonly loadCycles: (positions: number) => number
  /** cycles of one output position */
  readonly positionCycles: number
}

/** Pieces of whole rows: more save no more time than their instructions cost. */
const mostStrips = 8

/**
 * The pieces, in loading order, that end soonest, an instruction counted as a cycle. The output positions whose taps stay in the patch
 * come before those whose taps wrap.
 * @param byColumns whether a piece may have less than all columns; else there are at most eight
 */
export function cutChunks(cut: ChunkedLayer, byColumns: boolean): InputChunk[] {
  const rows = axisOf(cut, 0)
  const columns = axisOf(cut, 1)
  const isFree = byColumns && columns.size % cut.unit === 0
  const widths = isFree ? columns.ends.filter((end) => end % cut.unit === 0) : []
  const steps = powersBelow(rows.size)
  const sparse = Math.ceil((rows.size - elementAt(rows.ends, 0)) / (mostStrips - 1)) || 1
  let best: Course | undefined
  for (const width of [columns.size, ...widths]) {
    for (const step of width === columns.size && !byColumns ? [sparse] : [sparse, ...steps]) {
      const course = new Course(cut, rows, columns, step)
      const isBetter = (): boolean => best === undefined || course.cost() < best.cost()
      while (!course.isDone() && isBetter()) course.strip(width)
      if (isBetter()) best = course
    }
  }
  return defined(best).pieces
}

/** Rows or columns: the output's in the order in which they are computed, and how much of the source each needs. */
interface Axis {
  /** of the source */
  readonly size: number
  readonly order: readonly number[]
  /** [order] rows or columns from the first on that hold what the output reads, rising */
  readonly ends: readonly number[]
}

/** Output starts where no tap wraps to the source's last row, which is loaded last, and ends with what does. */
function axisOf({ windows, source, output }: ChunkedLayer, axis: 0 | 1): Axis {
  const [size, count] = axis === 0 ? [source.height, output.height] : [source.width, output.width]
  const starts = windows.map(({ stride, pads }) => Math.ceil(pads[axis] / stride[axis]))
  const start = Math.min(Math.max(0, ...starts), count - 1)
  const order = Array.from({ length: count }, (_, i) => (start + i) % count)
  return { size, order, ends: order.map((at) => Math.max(...windows.map((window) => endOf(window, axis, at, size)))) }
}

/** Source rows or columns from the first on that hold what an output row or column reads: all of them where a tap leaves the patch. */
export function endOf({ kernel, stride, pads, dilation }: SourceWindow, axis: 0 | 1, at: number, size: number): number {
  const first = stride[axis] * at - pads[axis]
  const last = first + dilation[axis] * (kernel[axis] - 1)
  return first < 0 || last >= size ? size : last + 1
}

/** Strips of columns one after the other, each cut by rows: every next piece is as large as it may be without computing having to wait. */
class Course {
  readonly pieces: InputChunk[] = []
  #instructions = 0
  /** cycles until what was asked for is loaded, and computed */
  #loaded = 0
  #computed = 0
  /** source columns and output columns of the strips so far */
  #sourceColumns = 0
  #outputColumns = 0
  readonly #cut: ChunkedLayer
  readonly #rows: Axis
  readonly #columns: Axis
  readonly #step: number

  /** @param step source rows that a piece has at least */
  constructor(cut: ChunkedLayer, rows: Axis, columns: Axis, step: number) {
    this.#cut = cut
    this.#rows = rows
    this.#columns = columns
    this.#step = step
  }

  isDone(): boolean {
    return this.#outputColumns === this.#columns.order.length
  }

  cost(): number {
    return this.#computed + this.#instructions
  }

  /** @param width source columns of the first strip */
  strip(width: number): void {
    const first = this.#sourceColumns
    const end = first === 0 ? width : this.#nextEnd()
    const from = this.#outputColumns
    this.#outputColumns = covered(this.#columns, from, end)
    // Columns that this layer skips are for later ones.
    this.#sourceColumns = this.isDone() ? this.#columns.size : end
    const loads = { firstColumn: first, columns: this.#sourceColumns - first }
    const isWhole = loads.columns === this.#columns.size
    const columns = this.#outputColumns - from
    const computes = { firstColumn: isWhole ? 0 : elementAt(this.#columns.order, from), columns }
    if (!isWhole) this.#instructions++
    let [loaded, computed] = [0, 0]
    while (computed < this.#rows.order.length) {
      const next = this.#nextRows(loaded, computed, loads.columns)
      const count = covered(this.#rows, computed, next) - computed
      // So are rows.
      const rows = (computed + count === this.#rows.order.length ? this.#rows.size : next) - loaded
      const load = { firstRow: loaded, rows, ...loads }
      const compute = { firstRow: this.#rows.order[computed]!, rows: count, ...computes }
      this.pieces.push({ load, compute })
      this.#loaded += this.#loadCycles(loads.columns, rows)
      this.#computed = Math.max(this.#computed, this.#loaded) + count * computes.columns * this.#cut.positionCycles
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
      if (end % this.#cut.unit !== 0 && end !== size) continue
      const inTime = this.#loaded + this.#loadCycles(end - this.#sourceColumns, first) <= this.#computed
      if (best === undefined || inTime) best = end
    }
    return best ?? size
  }

  /** Source rows with which the next piece ends: the most that arrive in time. */
  #nextRows(loaded: number, computed: number, columns: number): number {
    const { size, ends } = this.#rows
    const wanted = Math.max(ends[computed]!, loaded === 0 ? 0 : loaded + this.#step)
    const mayBegin = (row: number): boolean => row === size || (row * this.#cut.source.width) % this.#cut.unit === 0
    let end = Math.min(size, wanted)
    while (!mayBegin(end)) end++
    for (let next = end + 1; next <= size; next++) {
      if (this.#loaded + this.#loadCycles(columns, next - loaded) > this.#computed) break
      if (mayBegin(next)) end = next
    }
    return end
  }

  /** Cycles of some source rows: a LOAD for all of them where they have all columns, else one each. */
  #loadCycles(columns: number, rows: number): number {
    const isWhole = columns === this.#columns.size
    return isWhole ? this.#cut.loadCycles(columns * rows) : rows * this.#cut.loadCycles(columns)
  }
}

/** Output rows or columns, the first ones in order, that are there with the source's up to `end`. */
function covered({ order, ends }: Axis, from: number, end: number): number {
  let to = from
  while (to < order.length && ends[to]! <= end) to++
  return to
}

const powersBelow = (size: number): number[] =>
  Array.from({ length: Math.max(1, Math.ceil(Math.log2(size))) }, (_, power) => 2 ** power)
