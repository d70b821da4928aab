// The inner loops of COMPUTE: one row's sum of coefficient × operand vectors, modulo the accumulators' widths, with overflows reported.
import type { Execution, Overflow } from './execution.ts'
import { addProductsFast } from './kernels/kernels.ts'
import type { KernelMemory } from './kernels/kernels.ts'
import { lanes } from '../model/machine.ts'
import type { GroupPlan } from './decoded.ts'

/** Operand vectors of a range of positions. */
export interface PositionTile {
  /** first position */
  readonly from: number
  /** positions × P */
  readonly elements: number
  /** elements from a column's operands to the next one's; those after its own are zeros */
  readonly pitch: number
  /** operands [columns × pitch]; sums */
  readonly space: KernelMemory
  /** greatest magnitude of an operand */
  readonly greatest: number
}

/** Σ over parts of Σ over clusters of the wrapped cluster sums of one row, modulo 2^32, added to the tile's elements from sum `at` on. */
export function addRowSums(execution: Execution, plan: GroupPlan, row: number, tile: PositionTile, at: number): void {
  const { machine } = execution.state
  const segments = plan.parts * machine.clusters
  const first = row * segments
  let total = 0
  let widest = 0
  for (let segment = first; segment < first + segments; segment++) {
    const bound = plan.magnitude[segment]! * tile.greatest
    total += bound
    if (bound > widest) widest = bound
  }
  if (widest < 2 ** (machine.accumulatorBits - 1) && total < 2 ** 31) {
    // No cluster can overflow its width and no total int32: parts and clusters are one sum.
    addOnce(plan, plan.starts[first]!, plan.starts[first + segments]!, tile, at)
  } else addWrapped(execution, plan, row, tile, ownSums(tile, at), total >= 2 ** 31)
}

const ownSums = ({ space, elements }: PositionTile, at: number): Int32Array => space.sums.subarray(at, at + elements)

/** The compiled loop where the coefficients fit it. */
function addOnce(plan: GroupPlan, first: number, end: number, tile: PositionTile, at: number): void {
  const { space, pitch } = tile
  if (!plan.narrow) return addProducts(plan, first, end, tile, ownSums(tile, at))
  space.columns.set(plan.column.subarray(first, end))
  space.coefficients.set(plan.coefficient.subarray(first, end))
  addProductsFast(space, end - first, at, pitch)
}

/** sums += Σ coefficient · operand, modulo 2^32. Tests compare the compiled loop with it. */
export function addProducts(
  plan: Pick<GroupPlan, 'column' | 'coefficient'>,
  first: number,
  end: number,
  tile: Pick<PositionTile, 'elements' | 'pitch' | 'space'>,
  sums: Int32Array,
): void {
  const { column, coefficient } = plan
  const { elements, pitch } = tile
  const { operands } = tile.space
  let entry = first
  for (; entry + 8 <= end; entry += 8) {
    const a = coefficient[entry]!
    const b = coefficient[entry + 1]!
    const c = coefficient[entry + 2]!
    const d = coefficient[entry + 3]!
    const e = coefficient[entry + 4]!
    const f = coefficient[entry + 5]!
    const g = coefficient[entry + 6]!
    const h = coefficient[entry + 7]!
    const atA = column[entry]! * pitch
    const atB = column[entry + 1]! * pitch
    const atC = column[entry + 2]! * pitch
    const atD = column[entry + 3]! * pitch
    const atE = column[entry + 4]! * pitch
    const atF = column[entry + 5]! * pitch
    const atG = column[entry + 6]! * pitch
    const atH = column[entry + 7]! * pitch
    for (let i = 0; i < elements; i++) {
      sums[i] =
        (((((((sums[i]! + Math.imul(a, operands[atA + i]!)) | 0) + Math.imul(b, operands[atB + i]!)) | 0) +
          ((Math.imul(c, operands[atC + i]!) + Math.imul(d, operands[atD + i]!)) | 0)) |
          0) +
          ((((Math.imul(e, operands[atE + i]!) + Math.imul(f, operands[atF + i]!)) | 0) +
            ((Math.imul(g, operands[atG + i]!) + Math.imul(h, operands[atH + i]!)) | 0)) |
            0)) |
        0
    }
  }
  for (; entry < end; entry++) {
    const a = coefficient[entry]!
    const atA = column[entry]! * pitch
    for (let i = 0; i < elements; i++) sums[i] = (sums[i]! + Math.imul(a, operands[atA + i]!)) | 0
  }
}

/** Cluster by cluster and part by part; where a sum may overflow its width, the exact sum is computed too. */
function addWrapped(
  execution: Execution,
  plan: GroupPlan,
  row: number,
  tile: PositionTile,
  sums: Int32Array,
  totals: boolean,
): void {
  const { machine } = execution.state
  const bits = machine.accumulatorBits
  const own = new Int32Array(tile.elements)
  const total = totals ? Float64Array.from(sums.subarray(0, tile.elements)) : undefined
  for (let part = 0; part < plan.parts; part++) {
    for (let cluster = 0; cluster < machine.clusters; cluster++) {
      const segment = (row * plan.parts + part) * machine.clusters + cluster
      own.fill(0)
      addProducts(plan, plan.starts[segment]!, plan.starts[segment + 1]!, tile, own)
      const bound = plan.magnitude[segment]! * tile.greatest
      if (bound >= 2 ** (bits - 1)) {
        const truth: Int32Array | Float64Array = bound < 2 ** 31 ? own : trueSums(plan, segment, tile)
        report(execution, truth, bits, tile, { kind: 'cluster', row, cluster, part })
        for (let i = 0; i < tile.elements; i++) own[i] = (own[i]! << (32 - bits)) >> (32 - bits)
      }
      for (let i = 0; i < tile.elements; i++) sums[i] = (sums[i]! + own[i]!) | 0
      if (total !== undefined) for (let i = 0; i < tile.elements; i++) total[i]! += own[i]!
    }
  }
  if (total !== undefined) report(execution, total, 32, tile, { kind: 'total', row, cluster: -1, part: -1 })
}

function trueSums(plan: GroupPlan, segment: number, tile: PositionTile): Float64Array {
  const truth = new Float64Array(tile.elements)
  for (let entry = plan.starts[segment]!; entry < plan.starts[segment + 1]!; entry++) {
    const value = (plan.exact ?? plan.coefficient)[entry]!
    const at = plan.column[entry]! * tile.pitch
    for (let i = 0; i < tile.elements; i++) truth[i]! += value * tile.space.operands[at + i]!
  }
  return truth
}

function report(
  execution: Execution,
  truth: Int32Array | Float64Array,
  bits: number,
  tile: PositionTile,
  place: Pick<Overflow, 'kind' | 'row' | 'cluster' | 'part'>,
): void {
  const limit = 2 ** (bits - 1)
  const at = truth.findIndex((value) => value < -limit || value >= limit)
  if (at < 0) return
  const p = lanes(execution.state.machine)
  const overflow = { ...place, position: tile.from + Math.floor(at / p), lane: at % p, value: truth[at]! }
  execution.observer.overflow?.(overflow, execution.index)
}
