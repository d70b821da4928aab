// REPATCH against its literal reading, against a direct relayout of the image, and to another layout and back.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Geometry } from '../../../isa/model/formats.ts'
import { lanes } from '../../../isa/model/machine.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import { execute } from '../../../isa/semantics/execute.ts'
import { executeRepatchLiterally } from '../../../isa/semantics/literal.ts'
import { createState, wordIndex } from '../../../isa/semantics/state.ts'
import type { MachineState } from '../../../isa/semantics/state.ts'
import { instruction, plainGeometry } from '../../simulator/programs.ts'
import { arbitraryMachine } from '../arbitrary-machine.ts'
import { drawing } from './random-pass.ts'

const words = 256
const small = arbitraryMachine.map((machine): Machine => ({ ...machine, featureWords: words }))

/** A map of an image: rows and columns of it, and of a lane's patch. */
interface Layout {
  readonly height: number
  readonly width: number
  readonly patchHeight: number
  readonly patchWidth: number
  readonly base: number
}

const layerOf = (block: number, { patchHeight, patchWidth }: Layout) =>
  instruction('LAYER', { block, patchHeight, patchWidth, planeStride: patchHeight * patchWidth, high: 15 })

const geometryOf = ({ height, width, patchHeight, patchWidth }: Layout, own: Partial<Geometry> = {}): Geometry => ({
  ...plainGeometry(patchHeight, patchWidth),
  validHeight: height,
  validWidth: width,
  ...own,
})

/** The code of a pixel of the channel whose plane 0 lies in a bank of cluster 0, slot 0. */
function pixel(
  { machine, feature }: MachineState,
  at: Layout,
  bank: number,
  wide: number,
  y: number,
  x: number,
): number {
  const { patchHeight, patchWidth, base } = at
  const lane = Math.floor(y / patchHeight) * machine.gridWidth + Math.floor(x / patchWidth)
  const local = (y % patchHeight) * patchWidth + (x % patchWidth)
  const nibble = (plane: number): number => {
    const own = (bank + (plane * machine.banks) / 2) % machine.banks
    return feature[wordIndex(machine, 0, own, base + plane * patchHeight * patchWidth + local) + lane]!
  }
  return nibble(0) | (wide === 1 ? nibble(1) << 4 : 0)
}

function randomState(machine: Machine, seed: number): MachineState {
  const state = createState(machine)
  const draw = drawing(seed)
  for (let i = 0; i < state.feature.length; i++) state.feature[i] = draw(0, 15)
  return state
}

/** The smallest patch that holds so many rows or columns in so many lanes, or a little more. */
const patchOf = (extent: number, count: number, extra: number): number => Math.ceil(extent / count) + extra

describe('REPATCH', () => {
  test('the fast path equals the literal reading, for any geometry', () => {
    fc.assert(
      fc.property(small, fc.integer(), (machine, seed) => {
        const draw = drawing(seed)
        const geometry: Geometry = {
          ...plainGeometry(draw(1, 5), draw(1, 5)),
          strideY: draw(0, 15),
          strideX: draw(0, 3),
          offsetY: draw(-128, 127),
          offsetX: draw(-5, 5),
          dilationY: draw(0, 15),
          validHeight: draw(0, draw(0, 1) === 0 ? 20 : 4095),
          validWidth: draw(0, 20),
          planeStride: draw(0, 12),
        }
        const [patchHeight, patchWidth, wide] = [draw(1, 4), draw(1, 4), draw(0, 1)]
        const [source, output] = draw(0, 1) === 0 ? [100, 0] : [draw(0, 60), draw(0, 60)]
        const repatch = instruction('REPATCH', {
          source,
          output,
          firstRow: draw(0, patchHeight - 1),
          rows: draw(1, patchHeight),
          slots: draw(1, 3),
          geometry: 2,
          wide,
          fill: draw(0, wide === 1 ? 255 : 15),
        })
        const [fast, slow] = [randomState(machine, seed), randomState(machine, seed)]
        for (const state of [fast, slow]) {
          state.layer = instruction('LAYER', { block: 1, patchHeight, patchWidth, planeStride: draw(16, 20) })
          state.tables[1].geometries[2] = geometry
        }
        slow.layer = fast.layer
        execute(fast, repatch)
        executeRepatchLiterally(slow, repatch)
        expect(Buffer.compare(fast.feature, slow.feature)).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  test('is a relayout of the image: strides subsample, offsets crop and pad, and outside the map is the fill', () => {
    fc.assert(
      fc.property(small, fc.integer(), (machine, seed) => {
        const draw = drawing(seed)
        const from = layout(draw, machine, 0)
        const to = layout(draw, machine, 128)
        const [strideY, strideX, offsetY, offsetX] = [draw(1, 3), draw(1, 3), draw(-4, 4), draw(-4, 4)]
        const [wide, fill] = [draw(0, 1), draw(0, 15)]
        const state = randomState(machine, seed)
        state.tables[0].geometries[0] = geometryOf(from, { strideY, strideX, offsetY, offsetX })
        execute(state, layerOf(0, to))
        execute(state, instruction('REPATCH', { output: to.base, rows: to.patchHeight, slots: 1, wide, fill }))
        for (let y = 0; y < to.height; y++) {
          for (let x = 0; x < to.width; x++) {
            const [fromY, fromX] = [strideY * y + offsetY, strideX * x + offsetX]
            const inside = fromY >= 0 && fromY < from.height && fromX >= 0 && fromX < from.width
            const expected = inside ? pixel(state, from, 1, wide, fromY, fromX) : fill
            expect(pixel(state, to, 1, wide, y, x)).toBe(expected)
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  test('from one patch layout to another and back is the identity on the map', () => {
    fc.assert(
      fc.property(small, fc.integer(), (machine, seed) => {
        const draw = drawing(seed)
        const one = layout(draw, machine, 0)
        const other = { ...layout(draw, machine, 64, one), height: one.height, width: one.width }
        const back = { ...one, base: 128 }
        const wide = draw(0, 1)
        const state = randomState(machine, seed)
        state.tables[0].geometries[0] = geometryOf(one)
        state.tables[1].geometries[0] = geometryOf(other)
        execute(state, layerOf(0, other))
        execute(state, instruction('REPATCH', { output: other.base, rows: other.patchHeight, slots: 1, wide }))
        execute(state, layerOf(1, back))
        execute(
          state,
          instruction('REPATCH', { source: other.base, output: back.base, rows: back.patchHeight, slots: 1, wide }),
        )
        for (let bank = 0; bank < machine.banks; bank++) {
          for (let y = 0; y < one.height; y++) {
            for (let x = 0; x < one.width; x++)
              expect(pixel(state, back, bank, wide, y, x)).toBe(pixel(state, one, bank, wide, y, x))
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  test('a source without rows or columns gives the fill', () => {
    const machine = { ...fc.sample(small, { numRuns: 1, seed: 1 })[0]!, gridHeight: 2, gridWidth: 2 }
    const state = randomState(machine, 1)
    execute(state, instruction('LAYER', { patchHeight: 1, patchWidth: 1, planeStride: 1, high: 15 }))
    execute(state, instruction('REPATCH', { rows: 1, slots: 1, fill: 5 }))
    expect([...state.feature.subarray(0, lanes(machine))]).toEqual([5, 5, 5, 5])
  })
})

/** A layout of an image of up to 9 × 9, or of another's image, in patches of any size that hold it. */
function layout(draw: ReturnType<typeof drawing>, machine: Machine, base: number, image?: Layout): Layout {
  const most = (count: number): number => Math.min(9, 5 * count)
  const height = image?.height ?? draw(1, most(machine.gridHeight))
  const width = image?.width ?? draw(1, most(machine.gridWidth))
  const [patchHeight, patchWidth] = [
    patchOf(height, machine.gridHeight, draw(0, 1)),
    patchOf(width, machine.gridWidth, 0),
  ]
  return { height, width, patchHeight, patchWidth, base }
}
