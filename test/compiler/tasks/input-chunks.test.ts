// Chunks of the input: every source position is loaded once, every output position is computed once, and none before what it reads.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Area,
  type ChunkedLayer,
  cutChunks,
  type InputChunk,
  type SourceWindow,
} from '../../../compiler/tasks/input-chunks.ts'

interface Axis {
  readonly stride: number
  readonly output: number
  readonly windows: readonly { readonly kernel: number; readonly pad: number; readonly dilation: number }[]
}

const axis = (mostOutput: number): fc.Arbitrary<Axis> =>
  fc.record({
    stride: fc.integer({ min: 1, max: 4 }),
    output: fc.integer({ min: 1, max: mostOutput }),
    windows: fc.tuple(...[0, 1, 2].map(() => window)),
  })
const window = fc.record({
  kernel: fc.integer({ min: 1, max: 7 }),
  pad: fc.nat(6),
  dilation: fc.integer({ min: 1, max: 3 }),
})

const cut: fc.Arbitrary<ChunkedLayer> = fc
  .record({
    rows: axis(24),
    columns: axis(9),
    windows: fc.integer({ min: 1, max: 3 }),
    unit: fc.constantFrom(1, 1, 2, 4, 8),
    loadCycles: fc.integer({ min: 1, max: 20 }),
    perLoad: fc.integer({ min: 0, max: 40 }),
    positionCycles: fc.integer({ min: 1, max: 80 }),
  })
  .map(({ rows, columns, windows, unit, loadCycles, perLoad, positionCycles }) => {
    const source = { height: rows.stride * rows.output, width: columns.stride * columns.output }
    return {
      source,
      output: { height: rows.output, width: columns.output },
      windows: Array.from({ length: windows }, (_, i): SourceWindow => {
        const [down, across] = [rows.windows[i]!, columns.windows[i]!]
        return {
          kernel: [down.kernel, across.kernel],
          stride: [rows.stride, columns.stride],
          pads: [Math.min(down.pad, source.height), Math.min(across.pad, source.width)],
          dilation: [down.dilation, across.dilation],
        }
      }),
      unit,
      loadCycles: (positions) => positions * loadCycles + perLoad,
      positionCycles,
    }
  })

/** Numbers of the positions of an area, which wraps at the patch's ends. */
const positionsOf = (
  { firstRow, rows, firstColumn, columns }: Area,
  { height, width }: ChunkedLayer['source'],
): number[] =>
  Array.from({ length: rows * columns }, (_, i) => {
    const row = (firstRow + Math.floor(i / columns)) % height
    return row * width + ((firstColumn + (i % columns)) % width)
  })

/** Source positions that an output position reads, in its own lane's patch or a neighbour's. */
function readsOf({ windows, source, output }: ChunkedLayer, position: number): number[] {
  const at = [Math.floor(position / output.width), position % output.width] as const
  const within = (value: number, size: number): number => ((value % size) + size) % size
  return windows.flatMap(({ kernel, stride, pads, dilation }) => {
    const reached = (axis: 0 | 1, size: number): number[] =>
      Array.from({ length: kernel[axis] }, (_, tap) =>
        within(stride[axis] * at[axis] + dilation[axis] * tap - pads[axis], size),
      )
    const columns = reached(1, source.width)
    return reached(0, source.height).flatMap((row) => columns.map((column) => row * source.width + column))
  })
}

/** First positions and lengths of a chunk's LOADs. */
const loadsOf = (
  { load }: InputChunk,
  { source }: ChunkedLayer,
): { readonly first: number; readonly positions: number }[] =>
  load.columns === source.width
    ? [{ first: load.firstRow * source.width, positions: load.rows * source.width }]
    : Array.from({ length: load.rows }, (_, row) => ({
        first: (load.firstRow + row) * source.width + load.firstColumn,
        positions: load.columns,
      }))

/** Cycles until all chunks are computed, and their instructions. */
function costOf(
  chunks: readonly InputChunk[],
  of: ChunkedLayer,
): { readonly cycles: number; readonly instructions: number } {
  let [loaded, cycles, instructions] = [0, 0, 0]
  for (const chunk of chunks) {
    const loads = loadsOf(chunk, of)
    loaded += loads.reduce((sum, { positions }) => sum + of.loadCycles(positions), 0)
    cycles = Math.max(cycles, loaded) + chunk.compute.rows * chunk.compute.columns * of.positionCycles
    instructions += loads.length + 1
  }
  return { cycles, instructions }
}

const upwards = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b)

describe('chunks of the input', () => {
  test('load every source position once, in LOADs that begin at whole address units', () => {
    fc.assert(
      fc.property(cut, fc.boolean(), (each, byColumns) => {
        const chunks = cutChunks(each, byColumns)
        const loads = chunks.flatMap((chunk) => loadsOf(chunk, each))
        expect(loads.every(({ first, positions }) => positions > 0 && first % each.unit === 0)).toBe(true)
        const loaded = loads.flatMap(({ first, positions }) => upwards(positions).map((i) => first + i))
        expect(sorted(loaded)).toEqual(upwards(each.source.height * each.source.width))
      }),
      { numRuns: 300 },
    )
  })

  test('compute every output position once, after all that it reads', () => {
    fc.assert(
      fc.property(cut, fc.boolean(), (each, byColumns) => {
        const loaded = new Set<number>()
        const computed: number[] = []
        for (const { load, compute } of cutChunks(each, byColumns)) {
          for (const position of positionsOf(load, each.source)) loaded.add(position)
          const positions = positionsOf(compute, each.output)
          expect(positions.length).toBeGreaterThan(0)
          for (const position of positions)
            expect(readsOf(each, position).filter((source) => !loaded.has(source))).toEqual([])
          computed.push(...positions)
        }
        expect(sorted(computed)).toEqual(upwards(each.output.height * each.output.width))
      }),
      { numRuns: 300 },
    )
  })

  test('of whole rows are at most eight', () => {
    fc.assert(
      fc.property(cut, (each) => {
        const chunks = cutChunks(each, false)
        expect(chunks.length).toBeLessThanOrEqual(8)
        for (const { load, compute } of chunks)
          expect([load.columns, compute.columns]).toEqual([each.source.width, each.output.width])
      }),
    )
  })

  test('of some columns pay for their instructions', () => {
    let gain = 0
    fc.assert(
      fc.property(cut, (each) => {
        const [rows, columns] = [false, true].map((byColumns) => costOf(cutChunks(each, byColumns), each))
        // COLUMNS instructions are not counted.
        expect(columns!.cycles + columns!.instructions).toBeLessThanOrEqual(rows!.cycles + rows!.instructions)
        gain += rows!.cycles - columns!.cycles
      }),
      { numRuns: 300 },
    )
    expect(gain).toBeGreaterThan(0)
  })

  const plain = { unit: 1, loadCycles: (positions: number) => 12 * positions + 1, positionCycles: 29 }

  test('of a 3×3 window begin with the positions whose taps stay in the lane', () => {
    const window: SourceWindow = { kernel: [3, 3], stride: [1, 1], pads: [1, 1], dilation: [1, 1] }
    const patch = { height: 16, width: 16 }
    const chunks = cutChunks({ windows: [window], source: patch, output: patch, ...plain }, false)
    expect(chunks[0]).toEqual({
      load: { firstRow: 0, rows: 3, firstColumn: 0, columns: 16 },
      compute: { firstRow: 1, rows: 1, firstColumn: 0, columns: 16 },
    })
    expect(chunks.at(-1)!.compute).toMatchObject({ firstRow: 9, rows: 8 })
  })

  test('of a 7×7 image, folded, begin with six of sixteen columns', () => {
    const window: SourceWindow = { kernel: [4, 4], stride: [1, 1], pads: [2, 2], dilation: [1, 1] }
    const patch = { height: 16, width: 16 }
    const [first, ...others] = cutChunks({ windows: [window], source: patch, output: patch, ...plain }, true)
    expect(first).toEqual({
      load: { firstRow: 0, rows: 4, firstColumn: 0, columns: 6 },
      compute: { firstRow: 2, rows: 1, firstColumn: 2, columns: 3 },
    })
    expect(others.at(-1)!.compute).toMatchObject({ firstColumn: 5, columns: 13 })
  })

  test('of a window that skips the last source rows and columns load them too: a later layer may read them', () => {
    const window: SourceWindow = { kernel: [1, 1], stride: [2, 2], pads: [0, 0], dilation: [1, 1] }
    const source = { height: 8, width: 8 }
    const chunks = cutChunks({ windows: [window], source, output: { height: 4, width: 4 }, ...plain }, true)
    expect(chunks.reduce((sum, { load }) => sum + load.rows * load.columns, 0)).toBe(64)
  })
})
