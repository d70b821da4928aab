// Gaps are compared with a model that records the cycle of every read and write: none is too short and none too long.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GapModel, type TimedCompute } from '../../../compiler/tasks/gaps.ts'
import { orderBeats } from '../../../compiler/tasks/time.ts'
import { columnIdBits, type Geometry } from '../../../isa/model/formats.ts'
import { machines, type Machine } from '../../../isa/model/machine.ts'
import { random } from '../../../base/random.ts'
import { rowPlanes } from '../../../isa/semantics/post.ts'
import { positionsOf, tapReads, type ColumnRange } from '../../../isa/semantics/taps.ts'
import { readCycle, writeCycle } from '../../../isa/timing.ts'
import { emptyBeats, pageOf } from '../../../isa/weights/beats.ts'

const machine: Machine = machines.tiny
const tapBits = 4

interface Access {
  readonly cycle: number
  /** cluster, bank and address */
  readonly word: string
}

/** Every read of a COMPUTE whose first beat has the given cycle. */
function readsOf(
  { stream, geometries, slots, patch, rows, columns }: TimedCompute,
  firstRow: number,
  firstBeat: number,
): Access[] {
  const positions = positionsOf(firstRow, rows, patch.height, patch.width, columns)
  const accesses: Access[] = []
  for (let beat = 0; beat < stream.beats; beat++)
    for (let cluster = 0; cluster < machine.clusters; cluster++)
      for (let row = 0; row < machine.rows; row++) {
        const at = beat * machine.clusters + cluster
        if (stream.values[at * machine.rows + row] === 0) continue
        const bank = stream.selects[at * machine.rows + row]!
        const id = stream.ids[at * machine.banks + bank]!
        const slot = slots[pageOf(stream.flags[at]!) * 2 ** (columnIdBits - tapBits) + (id >> tapBits)]!
        const geometry = geometries[slot.geometry]!
        const [tapRow, tapColumn] = [(id & 15) >> geometry.columnBits, id & (2 ** geometry.columnBits - 1)]
        const { offset } = tapReads(machine, geometry, tapRow, tapColumn, positions)
        offset.forEach((address, position) =>
          accesses.push({
            cycle: readCycle(machine, firstBeat, stream.beats, position, beat),
            word: `${cluster}:${bank}:${slot.base + address}`,
          }),
        )
      }
  return accesses
}

/** The cycle at whose end each word of a COMPUTE is written. */
function writesOf(
  { stream, patch, rows, columns, output }: TimedCompute,
  firstRow: number,
  firstBeat: number,
): Access[] {
  if (output === undefined) return []
  const positions = positionsOf(firstRow, rows, patch.height, patch.width, columns)
  const layer = { wide: output.planes - 1, startBank: output.startBank, planeStride: patch.height * patch.width }
  return Array.from({ length: positions.count }, (_, position) =>
    Array.from({ length: machine.rows }, (_, row) =>
      rowPlanes(machine, layer, output.base, row).map(({ cluster, bank, address }) => ({
        cycle: writeCycle(machine, firstBeat, stream.beats, position, row),
        word: `${cluster}:${bank}:${address + positions.row[position]! * patch.width + positions.column[position]!}`,
      })),
    ),
  ).flat(2)
}

/** The least gap after which a COMPUTE reads no word before it is written. */
function leastGap(compute: TimedCompute, firstRow: number, end: number, written: ReadonlyMap<string, number>): number {
  let gap = 0
  for (const { cycle, word } of readsOf(compute, firstRow, end + 1)) {
    const last = written.get(word)
    if (last !== undefined && last >= cycle) gap = Math.max(gap, last + 1 - cycle)
  }
  return gap
}

type Draw = (low: number, high: number) => number
const columnsOf = (draw: Draw, width: number): ColumnRange => ({
  firstColumn: draw(0, width - 1),
  columns: draw(1, width),
})
const lastBeat = ({ rows, patch, columns, stream }: TimedCompute, first: number): number =>
  first + rows * (columns?.columns ?? patch.width) * stream.beats - 1

/** A few COMPUTEs: each writes a map of its own and reads one or two of the maps before it. */
function computesOf(seed: number): TimedCompute[] {
  const uniform = random(seed)
  const draw: Draw = (low, high) => low + Math.floor(uniform() * (high - low + 1))
  const patch = { height: draw(1, 3), width: draw(1, 3) }
  const area = patch.height * patch.width
  const geometry: Geometry = {
    pitch: patch.width,
    height: patch.height,
    strideY: 1,
    strideX: 1,
    offsetY: -1,
    offsetX: -1,
    dilationY: 1,
    dilationX: 1,
    columnBits: 2,
    validHeight: 2 * patch.height,
    validWidth: 2 * patch.width,
    planeStride: area,
  }
  return Array.from({ length: draw(2, 5) }, (_, index): TimedCompute => {
    const stream = emptyBeats(draw(4, 12), machine)
    const density = uniform()
    for (let i = 0; i < stream.values.length; i++) {
      stream.values[i] = uniform() < density ? draw(1, 7) : 0
      stream.selects[i] = draw(0, machine.banks - 1)
    }
    // Taps of 3×3 around the position; slot k is plane k mod 2 of map ⌊k / 2⌋.
    const newest = Math.max(0, index - 1)
    for (let i = 0; i < stream.ids.length; i++)
      stream.ids[i] =
        ((2 * draw(Math.max(0, newest - 1), newest) + draw(0, 1)) << tapBits) | (draw(0, 2) << 2) | draw(0, 2)
    return {
      layer: `layer${index}`,
      stream,
      geometries: [geometry],
      slots: Array.from({ length: 16 }, (_, k) => ({ base: k * area, geometry: 0, signed: 0, fill: 0 })),
      tapBits,
      patch,
      rows: patch.height,
      ...(draw(0, 2) === 0 ? { columns: columnsOf(draw, patch.width) } : {}),
      output: {
        base: 2 * index * area,
        planes: draw(1, 2),
        startBank: draw(0, machine.banks - 1),
        planeStride: area,
        laneSum: false,
      },
    }
  })
}

describe('the gap of every COMPUTE', () => {
  test('is the least after which no word is read before it is written', () => {
    let waits = 0
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const model = new GapModel(machine)
        const written = new Map<string, number>()
        let end = -1
        for (const compute of computesOf(seed)) {
          const { firstRow, gap } = model.chooseAndBegin(compute, [0])
          expect(gap).toBe(leastGap(compute, firstRow, end, written))
          if (gap > 0) waits++
          const first = end + 1 + gap
          for (const { word, cycle } of writesOf(compute, firstRow, first)) written.set(word, cycle)
          end = lastBeat(compute, first)
        }
      }),
      { numRuns: 150 },
    )
    expect(waits).toBeGreaterThan(100)
  })

  test('is that of the first row with which it waits least', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const model = new GapModel(machine)
        const written = new Map<string, number>()
        let end = -1
        for (const compute of computesOf(seed)) {
          const rows = Array.from({ length: compute.patch.height }, (_, row) => row)
          const { firstRow, gap } = model.chooseAndBegin(compute, rows)
          expect(gap).toBe(Math.min(...rows.map((row) => leastGap(compute, row, end, written))))
          const first = end + 1 + gap
          for (const { word, cycle } of writesOf(compute, firstRow, first)) written.set(word, cycle)
          end = lastBeat(compute, first)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('is never longer, and mostly shorter, if the beats that read what is written last come last', () => {
    let before = 0
    let after = 0
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const model = new GapModel(machine)
        const written = new Map<string, number>()
        let end = -1
        for (const given of computesOf(seed)) {
          const rows = Array.from({ length: given.patch.height }, (_, row) => row)
          const unordered = Math.min(...rows.map((row) => leastGap(given, row, end, written)))
          const compute = model.choose(given, rows).gap > 0 ? orderBeats(given, rows, model, machine) : given
          const { firstRow, gap } = model.chooseAndBegin(compute, rows)
          expect(gap).toBe(Math.min(...rows.map((row) => leastGap(compute, row, end, written))))
          expect(gap).toBe(leastGap(compute, firstRow, end, written))
          expect(gap).toBeLessThanOrEqual(unordered)
          before += unordered
          after += gap
          const first = end + 1 + gap
          for (const { word, cycle } of writesOf(compute, firstRow, first)) written.set(word, cycle)
          end = lastBeat(compute, first)
        }
      }),
      { numRuns: 100 },
    )
    expect(after).toBeLessThan(0.9 * before)
  })

  test('is zero after a bank operation, which itself waits for all words', () => {
    const [first, second] = computesOf(7)
    const model = new GapModel(machine)
    model.chooseAndBegin(first!, [0])
    model.beginBankOperation('POOL')
    expect(model.chooseAndBegin(second!, [0]).gap).toBe(0)
  })
})
