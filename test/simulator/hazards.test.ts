// Every kind of hazard is reported, with the instruction that comes too early, the location and the missing cycles; programs in order report none.
import { describe, expect, test } from 'vitest'
import type { Instruction, InstructionOf, LegalInstruction } from '../../isa/instruction.ts'
import { machines } from '../../isa/model/machine.ts'
import { checkMachine } from '../../isa/model/machine-laws.ts'
import type { Hazard } from '../../simulator/hazards/hazard.ts'
import { simulate } from '../../simulator/simulate.ts'
import { constants, instruction, plainGeometry, program, table, weights } from './programs.ts'

const machine = machines.tiny
const slot = (base: number) => ({ base, geometry: 0, signed: 0, fill: 0 })
const tables = table(machine, [plainGeometry(4, 4)], [slot(0), slot(16), slot(100)])
const { bytes, at } = constants(
  tables,
  weights(machine, [1, 1, 1, 1]),
  weights(machine, [1, 1, 1, 1], 1),
  weights(machine, [1, 1, 1, 1], 2),
  new Uint8Array(1024),
)

/** Beats 0, 4 and 8 read the maps at 0, 16 and 100. */
const setUp: readonly LegalInstruction[] = [
  instruction('LOADT', { address: at[0]!, slots: 3 }),
  ...[1, 2, 3].map((piece, i) => instruction('LOADW', { address: at[piece]!, beat: 4 * i, beats: 4 })),
  instruction('LOADP', { address: at[4]!, groups: 1 }),
]
const layer = instruction('LAYER', { patchHeight: 4, patchWidth: 4, planeStride: 16, high: 15 })
const compute = (fields: Partial<InstructionOf<'COMPUTE'>> = {}) =>
  instruction('COMPUTE', { beats: 4, rows: 4, output: 16, ...fields })
const load = (fields: Partial<InstructionOf<'LOAD'>> = {}) =>
  instruction('LOAD', { region: 1, positions: 16, planeStride: 16, channels: 8, ...fields })
const run = (infer: readonly Instruction[], init = setUp) =>
  simulate(program({ init, infer, constants: bytes, inputBytes: 256, outputBytes: 4096, scratchBytes: 4096 }), {
    input: new Uint8Array(256),
  })
const begin = [load({ signal: 1 }), layer, compute({ wait: 1 })]

const brief = ({ kind, memory, index, other }: Hazard): string => `#${index} ${kind} #${other} in ${memory}`
// Infer's instructions follow init's and its HALT.
const first = setUp.length + 1
const hazardsOf = (infer: readonly Instruction[]): string[] => run(infer).hazards.map(brief)

describe('hazards of feature memory', () => {
  test('none where the next layer reads in the order in which the last one wrote', () => {
    expect(hazardsOf([...begin, compute({ beat: 4, output: 32 })])).toEqual([])
  })

  test('a read before the write, by how much, and the gap that removes it', () => {
    // Position 12 is read 7 cycles after its COMPUTE begins, and written 13 · 4 − 1 + 26 cycles after the COMPUTE before began.
    const late = { beat: 4, output: 32, firstRow: 3 }
    const { hazards } = run([...begin, compute(late)])
    expect(hazards.map(brief)).toEqual([`#${first + 3} read before write #${first + 2} in feature memory`])
    expect(hazards[0]).toMatchObject({ cycles: 77 + 1 - 71, count: 4, location: 'cluster 0, bank 0, address 28' })
    expect(hazards[0]!.text).toMatch(
      /^#9 COMPUTE beat=4 .* reads feature memory cluster 0, bank 0, address 28 .*7 cycles before #8 COMPUTE .* has written it$/,
    )
    expect(hazardsOf([...begin, compute({ ...late, gap: 7 })])).toEqual([])
    expect(hazardsOf([...begin, compute({ ...late, gap: 6 })])).toHaveLength(1)
  })

  test('a write before an earlier read', () => {
    expect(hazardsOf([...begin, load()])).toContain(`#${first + 3} write before read #${first + 2} in feature memory`)
    expect(hazardsOf([load({ signal: 1 }), layer, compute({ wait: 1, signal: 2 }), load({ wait: 2 })])).toEqual([])
  })

  test('a COMPUTE that overwrites what it still reads', () => {
    // In place is fine; two rows further on is not.
    expect(hazardsOf([load({ signal: 1 }), layer, compute({ wait: 1, output: 0 })])).toEqual([])
    const { hazards } = run([load({ signal: 1 }), layer, compute({ wait: 1, output: 8 })])
    // Address 8 + p is read in every beat of position 8 + p and written after position p.
    expect(hazards[0]).toMatchObject({ cycles: 4 * 8 + 3 + 7 - (3 + 26), count: 8 })
    expect(hazards.map(brief)).toEqual([`#${first + 2} write before read #${first + 2} in feature memory`])
  })

  test('a write before an earlier write', () => {
    expect(hazardsOf([...begin, load({ base: 16 })])).toEqual([
      `#${first + 3} write before write #${first + 2} in feature memory`,
    ])
  })

  test('a read of what nothing has written', () => {
    const { hazards } = run([layer, compute({ beat: 8 })])
    expect(hazards.map(brief)).toEqual([`#${first + 1} uninitialised read #-1 in feature memory`])
    expect(hazards[0]!.text).toMatch(
      /reads feature memory cluster 0, bank 0, address 100 \(and 15 more words\) in cycle \d+, which nothing has written/,
    )
  })

  test('POOL of an unwritten map is reported where its result is used', () => {
    const pool = instruction('POOL', { source: 200, output: 100, rows: 4, slots: 1, windowHeight: 1, windowWidth: 1 })
    expect(hazardsOf([layer, pool])).toEqual([])
    expect(hazardsOf([layer, pool, compute({ beat: 8 })])).toEqual([
      `#${first + 2} uninitialised read #-1 in feature memory`,
    ])
    expect(hazardsOf([load({ signal: 1 }), layer, { ...pool, source: 0, wait: 1 }, compute({ beat: 8 })])).toEqual([])
  })

  test('REPATCH reads before a LOAD has written, and must not write what its later lanes still read', () => {
    const repatch = instruction('REPATCH', { rows: 4, slots: 1, output: 100 })
    const held = { ...layer, wait: 1 }
    expect(hazardsOf([load(), layer, repatch])).toEqual([`#${first + 2} read before write #${first} in feature memory`])
    expect(hazardsOf([load({ signal: 1 }), held, repatch])).toEqual([])
    expect(hazardsOf([load({ signal: 1 }), held, { ...repatch, output: 0 }])).toEqual([])
    expect(hazardsOf([load({ signal: 1 }), held, { ...repatch, output: 8 }])).toEqual([
      `#${first + 2} write before read #${first + 2} in feature memory`,
    ])
  })

  test('REPATCH reads nothing outside the map: only values from unwritten words are uninitialised', () => {
    const geometries = [plainGeometry(4, 4), { ...plainGeometry(4, 4), validHeight: 1, validWidth: 1 }]
    const pieces = constants(
      table(machine, geometries, [slot(100)]),
      weights(machine, [1, 1, 1, 1]),
      new Uint8Array(1024),
    )
    const init = [
      instruction('LOADT', { address: pieces.at[0]!, slots: 1 }),
      instruction('LOADW', { address: pieces.at[1]!, beats: 4 }),
      instruction('LOADP', { address: pieces.at[2]!, groups: 1 }),
    ]
    const infer = (geometry: number): LegalInstruction[] => [
      load({ positions: 1, signal: 1 }),
      { ...layer, wait: 1 },
      instruction('REPATCH', { rows: 4, slots: 1, output: 100, geometry }),
      compute({ output: 300 }),
    ]
    const found = (geometry: number): string[] =>
      simulate(program({ init, infer: infer(geometry), constants: pieces.bytes, inputBytes: 256 }), {
        input: new Uint8Array(256),
      }).hazards.map(brief)
    expect(found(1)).toEqual([])
    expect(found(0)).toEqual([`#${init.length + 4} uninitialised read #-1 in feature memory`])
  })

  test('POOL and STORE read before a LOAD has written', () => {
    const pool = instruction('POOL', { output: 100, rows: 4, slots: 1, windowHeight: 1, windowWidth: 1 })
    expect(hazardsOf([load(), layer, pool])).toEqual([`#${first + 2} read before write #${first} in feature memory`])
    const store = instruction('STORE', { region: 2, positions: 16, planeStride: 16, channels: 8 })
    expect(hazardsOf([load(), store])).toEqual([`#${first + 1} read before write #${first} in feature memory`])
  })
})

describe('hazards of the other memories', () => {
  test.each([
    ['weight memory', instruction('LOADW', { address: at[1]!, beats: 4 })],
    ['parameter memory', instruction('LOADP', { address: at[4]!, groups: 1 })],
    ['table block', instruction('LOADT', { address: at[0]!, slots: 3 })],
  ])('%s: used before it is loaded, and loaded while it is used', (memory, transfer) => {
    const before = [load({ signal: 1 }), transfer, layer, compute({ wait: 1 })]
    // Delays the data of the parameter queue.
    const busy = instruction('LOADW', { address: at[4]!, beat: 100, beats: 30 })
    const after = [load({ signal: 1 }), layer, compute({ wait: 1 }), transfer]
    expect(hazardsOf([busy, ...before])).toEqual([`#${first + 4} read before write #${first + 2} in ${memory}`])
    expect(hazardsOf(after)).toEqual([`#${first + 3} write before read #${first + 2} in ${memory}`])
    const orderly = [load({ signal: 1 }), { ...transfer, signal: 2 }, layer, compute({ wait: 3 })]
    expect(hazardsOf(orderly)).toEqual([])
  })

  test('table block: a COMPUTE with a serial post unit has read it before it ends', () => {
    const serial = checkMachine({
      ...machine,
      clusters: 1,
      rows: 4,
      drainRows: 1,
      limits: { geometries: 1, bankSide: false, laneSums: false, postInterval: 40 },
    })
    const own = constants(
      table(serial, [plainGeometry(4, 4)], [slot(0)]),
      weights(serial, [1, 1, 1, 1]),
      new Uint8Array(1024),
    )
    const init = [
      instruction('LOADT', { address: own.at[0]!, slots: 1 }),
      instruction('LOADW', { address: own.at[1]!, beats: 4 }),
      instruction('LOADP', { address: own.at[2]!, groups: 1 }),
    ]
    const reload = (semaphore: number) => [
      load({ channels: 4, signal: 1 }),
      layer,
      compute({ wait: 1, signal: semaphore }),
      instruction('LOADT', { address: own.at[0]!, slots: 1, wait: semaphore }),
    ]
    const hazards = (semaphore: number) =>
      simulate(
        program({
          machine: serial,
          init,
          infer: reload(semaphore),
          constants: own.bytes,
          inputBytes: 256,
          outputBytes: 64,
        }),
        { input: new Uint8Array(256) },
      ).hazards.map(brief)
    expect(hazards(2)).toEqual([])
    expect(hazards(0)).toEqual(['#7 write before read #6 in table block'])
  })

  test('weights and parameters that were never loaded', () => {
    const { hazards } = run(
      [load({ signal: 1 }), layer, compute({ wait: 1, beat: 96, beats: 8, group: 5 })],
      [...setUp, instruction('LOADW', { address: at[1]!, beat: 100, beats: 4 })],
    )
    expect(
      hazards.map(({ memory, kind, location, count }) => `${kind}, ${memory} ${location}, ${count} in all`),
    ).toEqual([
      'uninitialised read, weight memory beat 96, 4 in all',
      'uninitialised read, parameter memory group 5, 1 in all',
    ])
  })

  test('logits: stored before they are computed', () => {
    const logits = compute({ wait: 1, output: 0, laneSum: 1, logits: 1 })
    const storeLogits = instruction('STOREL', { region: 2, count: 8 })
    expect(hazardsOf([load({ signal: 1 }), layer, logits, storeLogits])).toEqual([
      `#${first + 3} read before write #${first + 2} in logits memory`,
    ])
    expect(hazardsOf([load({ signal: 1 }), layer, { ...logits, signal: 2 }, { ...storeLogits, wait: 2 }])).toEqual([])
  })

  test('DRAM: loaded before it is stored, and stored while it is loaded', () => {
    const store = instruction('STORE', { region: 3, positions: 16, planeStride: 16, channels: 8 })
    const back = load({ region: 3, base: 64 })
    expect(hazardsOf([load({ signal: 1 }), { ...store, wait: 1 }, back])).toEqual([
      `#${first + 2} read before write #${first + 1} in DRAM`,
    ])
    expect(hazardsOf([load({ signal: 1 }), { ...store, wait: 1, signal: 2 }, { ...back, wait: 2 }])).toEqual([])
    const early = hazardsOf([load({ signal: 1 }), load({ region: 3, positions: 32, base: 64 }), { ...store, wait: 1 }])
    expect(early).toContain(`#${first + 2} write before read #${first + 1} in DRAM`)
  })
})
