// The effect of each instruction on the state, in small cases worked out by hand.
import { describe, expect, test } from 'vitest'
import { machines } from '../../../isa/model/machine.ts'
import { execute } from '../../../isa/semantics/execute.ts'
import { MachineFault } from '../../../isa/semantics/fault.ts'
import { createState, wordIndex } from '../../../isa/semantics/state.ts'
import type { MachineState } from '../../../isa/semantics/state.ts'
import { instruction, plainGeometry, table, weights } from '../../simulator/programs.ts'
import { drawing } from './random-pass.ts'

const machine = machines.tiny
const layer = instruction('LAYER', { patchHeight: 2, patchWidth: 2, planeStride: 4, high: 15 })

function newState(): MachineState {
  const state = createState(machine)
  state.dram.input = new Uint8Array(4096)
  state.dram.output = new Uint8Array(4096)
  state.dram.constants = new Uint8Array(4096)
  state.tables[0].geometries[0] = plainGeometry(2, 2)
  return state
}

/** The lanes of a word. */
const word = (state: MachineState, cluster: number, bank: number, address: number): number[] => [
  ...state.feature.subarray(wordIndex(machine, cluster, bank, address)).subarray(0, 4),
]

const setWord = (state: MachineState, cluster: number, bank: number, address: number, codes: readonly number[]): void =>
  state.feature.set(codes, wordIndex(machine, cluster, bank, address))

describe('LOAD', () => {
  test('distributes channels over clusters, then banks from startBank; fewer than C·B become replicas; planes lie B/2 banks apart', () => {
    const state = newState()
    // Three channels of one position, two planes; a word is 16 bits, a group 3 words in one beat of 8 bytes.
    state.dram.input.set([0x21, 0x43, 0x65, 0x87, 0xa9, 0xcb, 0, 0, 0x11, 0x11, 0x22, 0x22, 0x33, 0x33])
    execute(
      state,
      instruction('LOAD', { region: 1, base: 7, positions: 1, planeStride: 10, channels: 3, wide: 1, startBank: 3 }),
    )
    expect(word(state, 0, 3, 7)).toEqual([1, 2, 3, 4])
    expect(word(state, 1, 3, 7)).toEqual([5, 6, 7, 8])
    expect(word(state, 0, 0, 7)).toEqual([9, 10, 11, 12])
    expect(word(state, 1, 0, 7)).toEqual([1, 2, 3, 4])
    expect(word(state, 1, 2, 7)).toEqual([5, 6, 7, 8])
    expect(word(state, 0, 1, 17)).toEqual([1, 1, 1, 1])
    expect(word(state, 0, 2, 17)).toEqual([3, 3, 3, 3])
  })

  test('writes no channel above the last of a map that fills its slots', () => {
    const state = newState()
    state.dram.input.fill(0xff)
    execute(state, instruction('LOAD', { region: 1, positions: 1, planeStride: 1, channels: 9 }))
    expect(word(state, 0, 0, 1)).toEqual([15, 15, 15, 15])
    expect(word(state, 1, 0, 1)).toEqual([0, 0, 0, 0])
  })

  test('STORE undoes it', () => {
    const state = newState()
    const draw = drawing(1)
    for (let i = 0; i < 32 * 6; i++) state.dram.input[i] = draw(0, 255)
    const fields = { positions: 6, base: 20, planeStride: 12, channels: 16, wide: 1, startBank: 1 }
    execute(state, instruction('LOAD', { region: 1, ...fields }))
    execute(state, instruction('STORE', { region: 2, ...fields }))
    expect(state.dram.output).toEqual(state.dram.input)
  })
})

test('STOREL writes int32, little-endian', () => {
  const state = newState()
  state.logits.set([-2, 258], 6)
  execute(state, instruction('STOREL', { region: 2, address: 1, first: 6, count: 2 }))
  expect([...state.dram.output.subarray(64, 72)]).toEqual([254, 255, 255, 255, 2, 1, 0, 0])
})

test('LOADW, LOADP and LOADT decode the data formats', () => {
  const state = newState()
  state.dram.constants.set(weights(machine, [3, -8, 7, 1], 9))
  const parameters = new DataView(state.dram.constants.buffer, 1024)
  parameters.setInt32(8, -5, true)
  parameters.setInt16(12, -300, true)
  parameters.setUint8(14, 47)
  state.dram.constants.set(
    table(machine, [plainGeometry(3, 5)], [{ base: 0x1234, geometry: 2, signed: 1, fill: 9 }]),
    2048,
  )
  execute(state, instruction('LOADW', { beat: 2, beats: 4 }))
  execute(state, instruction('LOADP', { address: 16, group: 1, groups: 1 }))
  execute(state, instruction('LOADT', { address: 32, block: 1, slots: 1, tapBits: 3 }))
  expect([2, 3, 4, 5].map((beat) => state.weights.values[beat * 16])).toEqual([3, -8, 7, 1])
  expect(state.weights.ids[2 * 8]).toBe(9)
  const row = machine.rows + 1
  expect([state.parameters.bias[row], state.parameters.multiplier[row], state.parameters.shift[row]]).toEqual([
    -5, -300, 47,
  ])
  expect(state.tables[1].geometries[0]).toMatchObject({ height: 3, pitch: 5 })
  expect(state.tables[1].slots[0]).toEqual({ base: 0x1234, geometry: 2, signed: 1, fill: 9 })
  expect(state.tables[1].tapBits).toBe(3)
})

describe('POOL', () => {
  const pool = instruction('POOL', { rows: 2, slots: 1, output: 40, windowHeight: 2, windowWidth: 2 })

  test('takes the maximum over the window, across lanes, and ignores pixels outside the map', () => {
    const state = newState()
    state.layer = layer
    state.tables[0].geometries[0] = { ...plainGeometry(2, 2), validHeight: 4, validWidth: 3 }
    // Pixel (y, x) of the 4×4 map holds 4y + x in cluster 1, bank 2.
    for (let local = 0; local < 4; local++) {
      const [y, x] = [local >> 1, local & 1]
      setWord(
        state,
        1,
        2,
        local,
        [0, 1, 2, 3].map((lane) => 4 * (2 * (lane >> 1) + y) + 2 * (lane & 1) + x),
      )
    }
    execute(state, pool)
    // Output (y, x) is the maximum of (y..y+1, x..x+1) where x ≤ 2, y ≤ 3; lanes are quadrants.
    const expected = (y: number, x: number): number => (x > 2 ? 0 : 4 * Math.min(y + 1, 3) + Math.min(x + 1, 2))
    for (let local = 0; local < 4; local++) {
      const [y, x] = [local >> 1, local & 1]
      expect(word(state, 1, 2, 40 + local)).toEqual(
        [0, 1, 2, 3].map((lane) => expected(2 * (lane >> 1) + y, 2 * (lane & 1) + x)),
      )
    }
  })

  test('compares two planes as one code, signed or not, in whichever banks the channel’s planes lie', () => {
    for (const [signed, expected] of [
      [0, 0x93],
      [1, 0x7f],
    ] as const) {
      const state = newState()
      state.layer = { ...layer, patchHeight: 1, patchWidth: 1, planeStride: 1, wide: 1 }
      state.tables[0].geometries[0] = { ...plainGeometry(2, 1), planeStride: 2 }
      // Plane 0 in bank 3, plane 1 in bank 1: codes 0x7f and 0x93 one above the other.
      setWord(state, 0, 3, 0, [0xf, 0xf, 0xf, 0xf])
      setWord(state, 0, 1, 2, [0x7, 0x7, 0x7, 0x7])
      setWord(state, 0, 3, 1, [0x3, 0x3, 0x3, 0x3])
      setWord(state, 0, 1, 3, [0x9, 0x9, 0x9, 0x9])
      execute(state, { ...pool, rows: 1, wide: 1, windowWidth: 1, signed })
      expect(word(state, 0, 3, 40)[0]).toBe(expected & 15)
      expect(word(state, 0, 1, 41)[0]).toBe(expected >> 4)
    }
  })
})

test('MOVE shifts by lanes and fills where there is no pixel', () => {
  const state = newState()
  state.layer = layer
  setWord(state, 0, 1, 3, [4, 5, 6, 7])
  execute(state, instruction('MOVE', { rows: 2, slots: 1, output: 40, laneColumns: 1, fill: 9 }))
  expect(word(state, 0, 1, 43)).toEqual([5, 9, 7, 9])
  execute(state, instruction('MOVE', { rows: 2, slots: 1, output: 40, laneRows: -1, fill: 2 }))
  expect(word(state, 0, 1, 43)).toEqual([2, 2, 4, 5])
})

describe('faults name the instruction', () => {
  test.each([
    [
      'a DRAM access outside its region',
      /LOAD .*bytes 0 to 8192 of region input/,
      instruction('LOAD', { region: 1, positions: 512, channels: 8 }),
    ],
    [
      'an address outside feature memory',
      /last address 512/,
      instruction('LOAD', { region: 1, positions: 500, base: 13, channels: 1 }),
    ],
    ['a rule of the encoding', /positions is at least 1/, instruction('LOAD', { region: 1 })],
    [
      'rows outside the patch',
      /POOL .*rows 1 \+ 3/,
      instruction('POOL', { firstRow: 1, rows: 3, slots: 1, windowHeight: 1, windowWidth: 1 }),
    ],
    [
      'a window outside the neighbouring lanes',
      /window tap at position \(0, 0\)/,
      instruction('POOL', { rows: 1, slots: 1, windowHeight: 5, windowWidth: 1 }),
    ],
    ['no end', /a last beat without end/, instruction('COMPUTE', { rows: 1, beats: 4 })],
    [
      'logits between two words',
      /logits from 3; allowed: multiples/,
      instruction('STOREL', { region: 2, first: 3, count: 2 }),
    ],
    ['an illegal word', /unknown opcode/, { op: 'Illegal', word: 0n, reason: 'unknown opcode' }],
  ] as const)('%s', (_, message, wrong) => {
    const state = newState()
    state.dram.input = new Uint8Array(4096)
    state.layer = layer
    expect(() => execute(state, wrong, {}, 12)).toThrow(MachineFault)
    expect(() => execute(state, wrong, {}, 12)).toThrow(message)
    expect(() => execute(state, wrong, {}, 12)).toThrow(/^#12 /)
  })

  test('COMPUTE before any LAYER', () => {
    expect(() => execute(newState(), instruction('COMPUTE', { rows: 1, beats: 4 }))).toThrow(/no LAYER came before/)
  })

  test('COMPUTE over columns outside the patch', () => {
    const state = newState()
    execute(state, layer)
    const compute = instruction('COMPUTE', { rows: 1, beats: 4 })
    for (const [firstColumn, columns] of [
      [0, 3],
      [2, 1],
    ] as const) {
      execute(state, instruction('COLUMNS', { firstColumn, columns }))
      expect(() => execute(state, compute)).toThrow(`columns ${firstColumn} + ${columns}`)
    }
    // A LAYER sets all of them again.
    execute(state, layer)
    expect(() => execute(state, compute)).toThrow(/a last beat without end/)
  })

  test('clusters that disagree, a short part and an end in the middle', () => {
    const state = newState()
    state.layer = layer
    const compute = instruction('COMPUTE', { rows: 1, beats: 8 })
    state.weights.flags[2 * 7] = 2
    expect(() => execute(state, compute)).toThrow(/beat 7: clusters 0 and 1 disagree/)
    state.weights.flags.fill(0)
    state.weights.flags.fill(6, 2 * 2, 2 * 3)
    expect(() => execute(state, compute)).toThrow(
      /a part of 3 beats that ends in beat 2; allowed: at least rows ÷ drainRows = 4/,
    )
    state.weights.flags.fill(0)
    state.weights.flags.fill(2, 2 * 4, 2 * 5)
    expect(() => execute(state, compute)).toThrow(/an end without keep in beat 4 of 8/)
  })
})
