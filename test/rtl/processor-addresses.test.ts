// Addresses outside the banks in Verilator: the run ends with the status `address` at the instruction at which the semantics stop, nothing
// outside the banks is written anywhere, and the next run is unaffected.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missingTools } from '../../host/verilator/build.ts'
import { Processor } from '../../host/verilator/processor.ts'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import type { InstructionOf, LegalInstruction } from '../../isa/instruction.ts'
import { slotChannels } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { transferBytes } from '../../isa/semantics/transfers.ts'
import { constants, instruction, plainGeometry, program, table, weights } from '../simulator/programs.ts'
import { brokenProgram, faultOf } from './broken-program.ts'
import { compare } from './processor-comparison.ts'
import { odd, roomy } from './processor-machines.ts'

const buildMs = 300_000
const seedBase = Number(process.env['DLP_SEED'] ?? 1) * 1_000_000
const isHere = process.env['CI'] === 'true' || missingTools().length === 0
const end = roomy.featureWords

/** Maps of 2 × 2 patches: geometry 0 reads the position that it writes, geometry 1 two lanes away; entry 1 reads outside the banks. */
const far = { ...plainGeometry(2, 2), offsetY: 5 }
const slot = (base: number, geometry = 0) => ({ base, geometry, signed: 0, fill: 0 })
const { bytes, at } = constants(
  table(roomy, [plainGeometry(2, 2), far], [slot(0), slot(end - 3), slot(0, 1)]),
  weights(roomy, [1, 1, 1, 1]),
  weights(roomy, [0, 0, 0, 0], 1),
  weights(roomy, [0, 0, 0, 0], 2),
  weights(roomy, [0, 0, 0, 0], 128),
  new Uint8Array(1024),
)
const ready: readonly LegalInstruction[] = [
  instruction('LOADT', { address: at[0]!, slots: 3 }),
  ...[1, 2, 3, 4].map((piece, i) => instruction('LOADW', { address: at[piece]!, beat: 4 * i, beats: 4 })),
  instruction('LOADP', { address: at[5]!, groups: 1, signal: 1 }),
]
/** The first words of every bank, which addresses that wrap around would reach. */
const map = { positions: 32, planeStride: 32, channels: slotChannels(roomy) }
const mapBytes = transferBytes(roomy, { ...map, wide: 0 })
const pattern = Uint8Array.from({ length: mapBytes }, (_, i) => (i * 37 + 11) % 256)
const load = instruction('LOAD', { ...map, region: 1, signal: 2 })
const layer = instruction('LAYER', { wait: 3, patchHeight: 2, patchWidth: 2, planeStride: 4, wide: 1, high: 15 })
const compute = (fields: Partial<InstructionOf<'COMPUTE'>>) =>
  instruction('COMPUTE', { beats: 4, rows: 2, output: 100, ...fields })
const pool = (fields: Partial<InstructionOf<'POOL'>>) =>
  instruction('POOL', { rows: 2, slots: 1, output: 100, windowHeight: 1, windowWidth: 1, ...fields })
const move = (fields: Partial<InstructionOf<'MOVE'>>) =>
  instruction('MOVE', { rows: 2, slots: 1, output: 100, laneRows: 1, ...fields })
const repatch = (fields: Partial<InstructionOf<'REPATCH'>>) =>
  instruction('REPATCH', { rows: 2, slots: 1, output: 100, ...fields })

const columns = (firstColumn: number, count: number) => instruction('COLUMNS', { firstColumn, columns: count })

/** The error, the instruction that is reported, and the instructions directly before it. */
const wrong: readonly (readonly [string, LegalInstruction, ...LegalInstruction[]])[] = [
  ['COMPUTE reads outside the banks by an id that no row uses', compute({ beat: 4 })],
  ['COMPUTE reads a tap past the neighbouring lane', compute({ beat: 8 })],
  ['COMPUTE names a slot entry outside the table', compute({ beat: 12 })],
  ['COMPUTE writes outside the banks', compute({ output: end - 3 })],
  ['COMPUTE writes a lane sum outside the banks', compute({ output: end - 3, laneSum: 1 })],
  ['COMPUTE has more rows than the patch', compute({ rows: 3 })],
  ['COMPUTE has more columns than the patch', compute({}), columns(1, 3)],
  ['COMPUTE begins with a column outside the patch', compute({}), columns(2, 1)],
  ['COMPUTE writes a column outside the banks', compute({ output: end - 5, rows: 1 }), columns(1, 1)],
  ['POOL reads outside the banks', pool({ source: end - 3 })],
  ['POOL reads a tap past the neighbouring lane', pool({ geometry: 1 })],
  ['POOL writes outside the banks', pool({ output: end - 3 })],
  ['POOL writes slots far outside the banks', pool({ output: end - 1, slots: 255 })],
  ['POOL begins outside the patch', pool({ firstRow: 2 })],
  ['MOVE reads outside the banks', move({ source: end - 3 })],
  ['MOVE reads a tap past the neighbouring lane', move({ geometry: 1 })],
  ['MOVE writes outside the banks', move({ output: end - 3 })],
  ['REPATCH reads outside the banks', repatch({ source: end - 3 })],
  ['REPATCH writes outside the banks', repatch({ output: end - 3 })],
  ['STORE reads outside the banks', instruction('STORE', { ...map, region: 2, base: end - 3 })],
  ['LOAD writes outside the banks', instruction('LOAD', { ...map, region: 1, base: end - 3, wait: 4 })],
]

describe.skipIf(!isHere)('addresses outside the banks in Verilator', () => {
  let processor: Processor
  beforeAll(async () => {
    processor = await Processor.open(roomy)
  }, buildMs)
  afterAll(() => processor?.close())

  const infer = (instructions: readonly LegalInstruction[]): Program =>
    program({ machine: roomy, infer: instructions, constants: bytes, inputBytes: mapBytes, outputBytes: mapBytes })

  const cases = wrong.map(([name, instructionAtFault, ...before]) => ({ name, instructionAtFault, before }))
  test.each(cases)('$name', async ({ instructionAtFault, before }) => {
    const parts = [...ready, load, layer]
    // The next instruction of the compute queue is wrong as well: the first is reported.
    const next = instructionAtFault.op === 'LOAD' ? [] : [compute({ output: end - 1 })]
    const failing = infer([...parts, compute({ output: 200, signal: next.length === 0 ? 4 : 0 }), ...before, instructionAtFault, ...next])
    const index = failing.entry.infer + parts.length + 1 + before.length
    expect(faultOf({ program: failing, inputs: { input: pattern } })).toEqual({ entry: failing.entry.infer, index })
    await processor.place(failing)
    await processor.write('input', 0, pattern)
    await processor.run(failing.entry.init)
    const { status, errorIndex, interrupt } = await processor.run(failing.entry.infer, 2_000_000)
    expect({ status, errorIndex }).toEqual({ status: 'address', errorIndex: index })
    expect(interrupt).toBeGreaterThan(0)
    // Words that were loaded before are unchanged.
    const after = infer([instruction('STORE', { ...map, region: 2 })])
    await processor.place(after)
    expect((await processor.run(after.entry.infer, 100_000)).status).toBe('ok')
    expect(Buffer.from(await processor.read('output', 0, mapBytes))).toEqual(Buffer.from(pattern))
    expect((await compare(processor, randomProgram(roomy, seedBase + 3, 3))).difference).toBeUndefined()
  })

  test('a run without a LAYER has no patch', async () => {
    const first = infer([...ready, load, layer, compute({})])
    await processor.place(first)
    expect((await processor.run(first.entry.infer, 100_000)).status).toBe('ok')
    const second = infer([compute({})])
    expect(faultOf({ program: second, inputs: { input: pattern } })?.index).toBe(second.entry.infer)
    await processor.place(second)
    const { status, errorIndex } = await processor.run(second.entry.infer, 1_000_000)
    expect({ status, errorIndex }).toEqual({ status: 'address', errorIndex: second.entry.infer })
  })
})

describe.skipIf(!isHere).each([roomy, odd])('programs with one wrong field: $name', (machine) => {
  test('150 of them end with the status `address` exactly where the semantics stop', { timeout: buildMs }, async () => {
    let broken = 0
    for (let seed = seedBase; seed < seedBase + 150; seed++) {
      const each = brokenProgram(machine, seed)
      const fault = faultOf(each)
      if (fault !== undefined) broken++
      // Tables that a program does not load have the power-on state on both sides.
      const processor = await Processor.open(machine)
      await processor.place(each.program)
      for (const { name, offset } of each.program.inputs) await processor.write('input', offset, each.inputs[name]!)
      let outcome = await processor.run(each.program.entry.init, 1_000_000)
      let entry = each.program.entry.init
      if (outcome.status === 'ok') {
        entry = each.program.entry.infer
        outcome = await processor.run(entry, 20_000_000)
      }
      await processor.close()
      const { status, errorIndex } = outcome
      const found = status === 'ok' ? undefined : { status, entry, index: errorIndex }
      const name = each.program.name
      expect({ name, found }).toEqual({ name, found: fault && { status: 'address', ...fault } })
    }
    expect(broken).toBeGreaterThan(40)
  })
})
