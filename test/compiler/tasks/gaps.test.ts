// Gaps: against a model that writes down the cycle of every single read and write, none is too short and none too long.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GapModel, type ComputeTiming } from '../../../compiler/tasks/gaps.ts'
import { orderPass } from '../../../compiler/tasks/beat-order.ts'
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

/** Every read of a pass whose first beat has the given cycle. */
function readsOf(
  { stream, geometries, slots, patch, rows, columns }: ComputeTiming,
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

/** The cycle at whose end each word of a pass is written. */
function writesOf(
  { stream, patch, rows, columns, output }: ComputeTiming,
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

/** The least gap after which a pass reads no word before it is written. */
function leastGap(pass: ComputeTiming, firstRow: number, end: number, written: ReadonlyMap<string, number>): number {
  let gap = 0
  for (const { cycle, word } of readsOf(pass, firstRow, end + 1)) {
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
const lastBeat = ({ rows, patch, columns, stream }: ComputeTiming, first: number): number =>
  first + rows * (columns?.columns ?? patch.width) * stream.beats - 1

/** A few passes: each writes a map of its own and reads one or two of the maps before it. */
function passesOf(seed: number): ComputeTiming[] {
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
  return Array.from({ length: draw(2, 5) }, (_, index): ComputeTiming => {
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

describe('the gap of every pass', () => {
  test('is the least after which no word is read before it is written', () => {
    let waits = 0
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const model = new GapModel(machine)
        const written = new Map<string, number>()
        let end = -1
        for (const pass of passesOf(seed)) {
          const { firstRow, gap } = model.place(pass, [0])
          expect(gap).toBe(leastGap(pass, firstRow, end, written))
          if (gap > 0) waits++
          const first = end + 1 + gap
          for (const { word, cycle } of writesOf(pass, firstRow, first)) written.set(word, cycle)
          end = lastBeat(pass, first)
        }
      }),
      { numRuns: 150 },
    )
    expect(waits).toBeGreaterThan(100)
  })

  test('is that of the row which has to wait least', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const model = new GapModel(machine)
        const written = new Map<string, number>()
        let end = -1
        for (const pass of passesOf(seed)) {
          const rows = Array.from({ length: pass.patch.height }, (_, row) => row)
          const { firstRow, gap } = model.place(pass, rows)
          expect(gap).toBe(Math.min(...rows.map((row) => leastGap(pass, row, end, written))))
          const first = end + 1 + gap
          for (const { word, cycle } of writesOf(pass, firstRow, first)) written.set(word, cycle)
          end = lastBeat(pass, first)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('is no longer, mostly shorter, once the beats are ordered by what is written last', () => {
    let before = 0
    let after = 0
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const model = new GapModel(machine)
        const written = new Map<string, number>()
        let end = -1
        for (const given of passesOf(seed)) {
          const rows = Array.from({ length: given.patch.height }, (_, row) => row)
          const unordered = Math.min(...rows.map((row) => leastGap(given, row, end, written)))
          const pass = model.choose(given, rows).gap > 0 ? orderPass(given, rows, model, machine) : given
          const { firstRow, gap } = model.place(pass, rows)
          expect(gap).toBe(Math.min(...rows.map((row) => leastGap(pass, row, end, written))))
          expect(gap).toBe(leastGap(pass, firstRow, end, written))
          expect(gap).toBeLessThanOrEqual(unordered)
          before += unordered
          after += gap
          const first = end + 1 + gap
          for (const { word, cycle } of writesOf(pass, firstRow, first)) written.set(word, cycle)
          end = lastBeat(pass, first)
        }
      }),
      { numRuns: 100 },
    )
    expect(after).toBeLessThan(0.9 * before)
  })

  test('is none after a unit that waits for all words itself', () => {
    const [first, second] = passesOf(7)
    const model = new GapModel(machine)
    model.place(first!, [0])
    model.settle('POOL')
    expect(model.place(second!, [0]).gap).toBe(0)
  })
})
