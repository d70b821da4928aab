// POOL against its literal reading, with a reused column, and against the window that reads every tap; its beats, one by one and by formula.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Geometry } from '../../../isa/model/formats.ts'
import type { InstructionOf } from '../../../isa/instruction.ts'
import type { Machine } from '../../../isa/model/machine.ts'
import { lanes, machines } from '../../../isa/model/machine.ts'
import { execute } from '../../../isa/semantics/execute.ts'
import { createState, wordIndex } from '../../../isa/semantics/state.ts'
import type { MachineState } from '../../../isa/semantics/state.ts'
import { reusedColumn, planeBeats, tapBeat, windowTaps, wordBeats } from '../../../isa/timing.ts'
import { instruction, plainGeometry } from '../../simulator/programs.ts'
import { arbitraryMachine } from '../arbitrary-machine.ts'
import { drawing } from './random-pass.ts'

const output = 512
const small = arbitraryMachine.map((machine): Machine => ({ ...machine, featureWords: 1024 }))

/** A random state with a LAYER and a geometry whose windows reach at most one lane away, and a POOL of it. */
function randomPool(machine: Machine, seed: number): { state: MachineState; pool: InstructionOf<'POOL'> } {
  const draw = drawing(seed)
  const state = createState(machine)
  for (let i = 0; i < state.feature.length; i++) state.feature[i] = draw(0, 15)
  const patch = { height: draw(1, 4), width: draw(1, 5) }
  const y = axis(patch.height)
  const x = axis(patch.width)
  const geometry: Geometry = {
    ...plainGeometry(y.extent, x.extent),
    strideY: y.stride,
    strideX: x.stride,
    offsetY: y.offset,
    offsetX: x.offset,
    dilationY: y.dilation,
    dilationX: x.dilation,
    validHeight: draw(0, 4 * y.extent),
    validWidth: draw(0, 4 * x.extent),
    planeStride: draw(0, 30),
  }
  state.tables[1].geometries[2] = geometry
  state.layer = instruction('LAYER', {
    block: 1,
    patchHeight: patch.height,
    patchWidth: patch.width,
    planeStride: patch.height * patch.width + draw(0, 2),
  })
  const pool = instruction('POOL', {
    source: draw(0, 9),
    output,
    firstRow: draw(0, patch.height - 1),
    rows: draw(1, patch.height),
    slots: draw(1, 3),
    geometry: 2,
    wide: draw(0, 1),
    signed: draw(0, 1),
    windowHeight: y.window,
    windowWidth: x.window,
    advance: draw(0, x.window - 1),
  })
  return { state, pool }

  function axis(positions: number) {
    const [stride, dilation, window] = [draw(0, 3), draw(0, 3), draw(1, draw(0, 3) === 0 ? 8 : 4)]
    const reach = stride * (positions - 1) + dilation * (window - 1)
    const extent = draw(Math.max(1, Math.ceil((reach + 1) / 2)), Math.max(8, reach + 2))
    const offset = draw(Math.max(-extent, -128), 2 * extent - 1 - reach)
    return { stride, dilation, window, extent, offset }
  }
}

const copyOf = (state: MachineState): MachineState => ({ ...state, feature: state.feature.slice() })

/** Channel by channel, lane by lane, in the order of the reads: the last column's maximum is all that is kept. */
function executeLiterally(state: MachineState, pool: InstructionOf<'POOL'>): void {
  const { machine, layer, tables } = state
  const { clusters, banks, gridHeight, gridWidth } = machine
  const { patchHeight, patchWidth, planeStride } = layer!
  const geometry = tables[1].geometries[pool.geometry]!
  const planes = 1 + pool.wide
  const before = state.feature.slice()
  for (let cluster = 0; cluster < clusters; cluster++)
    for (let bank = 0; bank < banks; bank++)
      for (let slot = 0; slot < pool.slots; slot++)
        for (let lane = 0; lane < lanes(machine); lane++)
          for (let row = 0; row < pool.rows; row++) {
            const oy = (pool.firstRow + row) % patchHeight
            let last: number | undefined
            for (let ox = 0; ox < patchWidth; ox++) {
              let most: number | undefined
              const kept = reusedColumn(pool, ox)
              const lastBefore = last
              for (let column = 0; column < pool.windowWidth; column++) {
                last = undefined
                if (column === kept) last = lastBefore
                else
                  for (let tapRow = 0; tapRow < pool.windowHeight; tapRow++)
                    last = greater(last, pixel({ cluster, bank, slot, lane }, oy, ox, tapRow, column))
                most = greater(most, last)
              }
              const address = pool.output + slot * planes * planeStride + oy * patchWidth + ox
              for (let plane = 0; plane < planes; plane++) {
                const own = (bank + (plane * banks) / 2) % banks
                state.feature[wordIndex(machine, cluster, own, address + plane * planeStride) + lane] =
                  ((most ?? 0) >> (4 * plane)) & 15
              }
            }
          }

  function pixel(
    of: Record<'cluster' | 'bank' | 'slot' | 'lane', number>,
    oy: number,
    ox: number,
    ty: number,
    tx: number,
  ) {
    const { height, pitch, strideY, strideX, offsetY, offsetX, dilationY, dilationX, validHeight, validWidth } =
      geometry
    const y = Math.floor(of.lane / gridWidth) * height + strideY * oy + dilationY * ty + offsetY
    const x = (of.lane % gridWidth) * pitch + strideX * ox + dilationX * tx + offsetX
    const isPixel =
      y >= 0 && x >= 0 && y < Math.min(validHeight, gridHeight * height) && x < Math.min(validWidth, gridWidth * pitch)
    if (!isPixel) return undefined
    const lane = Math.floor(y / height) * gridWidth + Math.floor(x / pitch)
    const address = pool.source + of.slot * planes * geometry.planeStride + (y % height) * pitch + (x % pitch)
    const nibble = (plane: number): number => {
      const own = (of.bank + (plane * banks) / 2) % banks
      return before[wordIndex(machine, of.cluster, own, address + plane * geometry.planeStride) + lane]!
    }
    const code = nibble(0) | (planes === 2 ? nibble(1) << 4 : 0)
    return pool.signed === 1 ? (code << (32 - 4 * planes)) >> (32 - 4 * planes) : code
  }
}

const greater = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || (other !== undefined && other > one) ? other : one

describe('POOL', () => {
  test('equals its literal reading, for any geometry and advance', () => {
    fc.assert(
      fc.property(small, fc.integer(), (machine, seed) => {
        const { state: fast, pool } = randomPool(machine, seed)
        const slow = copyOf(fast)
        execute(fast, pool)
        executeLiterally(slow, pool)
        expect(Buffer.compare(fast.feature, slow.feature)).toBe(0)
      }),
    )
  })

  test('that reuses a column where windows overlap writes the codes that it writes when it reads every tap', () => {
    let kept = 0
    fc.assert(
      fc.property(small, fc.integer(), (machine, seed) => {
        const { state, pool } = randomPool(machine, seed)
        const geometry = state.tables[1].geometries[2]!
        const advance = pool.windowWidth - 1 - (seed & 1)
        if (advance < 1) return
        state.tables[1].geometries[2] = { ...geometry, strideX: advance * geometry.dilationX, offsetX: 0, pitch: 12 }
        const every = copyOf(state)
        if (faults(() => execute(every, { ...pool, advance: 0 }))) return
        execute(state, { ...pool, advance })
        expect(Buffer.compare(state.feature, every.feature)).toBe(0)
        kept++
      }),
      { numRuns: 400 },
    )
    expect(kept).toBeGreaterThan(100)
  })
})

/** Windows that reach outside the neighbouring lanes. */
function faults(run: () => void): boolean {
  try {
    run()
    return false
  } catch {
    return true
  }
}

describe('the beats of POOL', () => {
  const window = fc
    .record({ windowHeight: fc.integer({ min: 1, max: 8 }), windowWidth: fc.integer({ min: 1, max: 8 }) })
    .chain((sides) => fc.integer({ min: 0, max: sides.windowWidth - 1 }).map((advance) => ({ ...sides, advance })))
    .map((fields) => ({ op: 'POOL', ...fields }) as const)

  test('add up to those of a plane', () => {
    fc.assert(
      fc.property(
        window,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 100 }),
        (work, width, positions) => {
          let beats = 0
          for (let position = 0; position < positions; position++)
            beats += wordBeats(machines.tiny, work, position % width)
          expect(planeBeats(machines.tiny, work, width, positions)).toBe(beats)
        },
      ),
    )
  })

  test('read every tap that is not reused once, column by column', () => {
    fc.assert(
      fc.property(window, fc.integer({ min: 0, max: 3 }), (work, column) => {
        const taps = Array.from({ length: work.windowHeight * work.windowWidth }, (_, tap) => tap)
        const beats = taps.flatMap((tap) => tapBeat(work, column, tap) ?? [])
        expect(beats).toEqual(Array.from({ length: windowTaps(work, column) }, (_, beat) => beat))
      }),
    )
  })

  test('of a 3×3 window at stride 2 are 9 at the first position of a row and 6 at the others', () => {
    const work = { op: 'POOL', windowHeight: 3, windowWidth: 3, advance: 2 } as const
    expect([0, 1, 7].map((column) => wordBeats(machines.card, work, column))).toEqual([9, 6, 6])
    expect(planeBeats(machines.card, work, 8, 64)).toBe(8 * (9 + 7 * 6))
  })
})
