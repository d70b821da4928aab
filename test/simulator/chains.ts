// Programs whose instructions run one after the other, each waiting for the one before it, so that no accesses can be in the wrong order.
import fc from 'fast-check'
import { writeFields } from '../../base/bits.ts'
import { parameterBits, parameterFields } from '../../isa/model/formats.ts'
import { groupBytes } from '../../isa/model/sizes.ts'
import type { LegalInstruction } from '../../isa/instruction.ts'
import { instructions } from '../../isa/instructions.ts'
import { machines } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { constants, instruction, plainGeometry, program, table, weights } from './programs.ts'

const machine = machines.tiny
const slot = (base: number) => ({ base, geometry: 0, signed: 0, fill: 3 })

/** Bias, multiplier and shift of every row of a group. */
function parameters(bias: number, shift: number): Uint8Array {
  const bytes = new Uint8Array(groupBytes(machine))
  for (let row = 0; row < machine.rows; row++)
    writeFields(bytes, row * parameterBits, parameterFields, { bias, multiplier: 1, shift, even: 0 })
  return bytes
}

/** Where the maps of 4 × 4 words lie in feature memory. */
export const maps = [0, 16, 100] as const

const blocks = constants(
  table(machine, [plainGeometry(4, 4)], maps.map(slot)),
  table(machine, [plainGeometry(4, 4)], [slot(100), slot(0), slot(16)]),
  // Maps 0, 1 and 2 through slots 0, 1 and 2, with one set of weights and with another.
  ...[0, 1, 2].map((id) => weights(machine, [1, 0, 0, 0], id)),
  ...[0, 1, 2].map((id) => weights(machine, [1, -1, 1, 1], id)),
  parameters(0, 0),
  parameters(5, 1),
  new Uint8Array(512),
)
const at = { tables: blocks.at.slice(0, 2), weights: blocks.at.slice(2, 8), parameters: blocks.at.slice(8, 10) }

/** The address of constants that nothing uses. */
export const spare = blocks.at[10]!

/** The instructions of chains, each a function of the fields that vary. */
export const links = {
  layer: (block = 0) =>
    instruction('LAYER', { block, patchHeight: 4, patchWidth: 4, planeStride: 16, high: 15, validHeight: 8, validWidth: 8 }),
  table: (block = 0, slots = 3, variant = 0) =>
    instruction('LOADT', { address: at.tables[variant]!, block, slots, tapBits: 0 }),
  /** beats 0, 4 and 8 read by slots 0, 1 and 2 */
  weights: (beats = 0, variant = 0) =>
    instruction('LOADW', { address: at.weights[3 * variant + beats]!, beat: 4 * beats, beats: 4 }),
  parameters: (group = 0, variant = 0) =>
    instruction('LOADP', { address: at.parameters[variant]!, group, groups: 1 }),
  /** a transfer of one map is 256 bytes; `offset` counts 128 bytes */
  load: (region = 1, offset = 0, map = 0) =>
    instruction('LOAD', { region, address: 2 * offset, positions: 16, planeStride: 16, channels: 8, base: maps[map]! }),
  store: (region = 2, offset = 0, map = 0, positions = 16) =>
    instruction('STORE', { region, address: 2 * offset, positions, planeStride: 16, channels: 8, base: maps[map]! }),
  compute: (beats = 0, map = 1, group = 0, accumulate = 0) =>
    instruction('COMPUTE', { beat: 4 * beats, beats: 4, rows: 4, output: maps[map]!, group, accumulate }),
  logits: (beats = 0, group = 0, first = 0) =>
    instruction('COMPUTE', { beat: 4 * beats, beats: 4, rows: 4, output: 8 * first, group, laneSum: 1, logits: 1 }),
  storeLogits: (first = 0, offset = 0) => instruction('STOREL', { region: 2, address: 2 * offset, first: 8 * first, count: 8 }),
  pool: (from = 0, to = 1) =>
    instruction('POOL', { source: maps[from]!, output: maps[to]!, rows: 4, slots: 1, windowHeight: 1, windowWidth: 1 }),
  move: (from = 0, to = 1) => instruction('MOVE', { source: maps[from]!, output: maps[to]!, rows: 4, slots: 1, fill: 1 }),
} as const // prettier-ignore

const { store } = links

/** Loads of all weights, parameters and tables, and of the first `loadedMaps` maps. */
export const everything = (loadedMaps: number): LegalInstruction[] => [
  links.layer(),
  links.table(0),
  links.table(1),
  ...[0, 1, 2].map((beats) => links.weights(beats)),
  links.parameters(0),
  links.parameters(1),
  ...[0, 1, 2].slice(0, loadedMaps).map((map) => links.load(1, 0, map)),
  ...(loadedMaps > 0 ? [links.logits(0, 0, 0), links.logits(0, 1, 1)] : []),
]

/** The program of a chain. */
export function chain(init: readonly LegalInstruction[], infer: readonly LegalInstruction[]): Program {
  const parts = { init: chained(init), infer: chained([links.layer(), ...infer]) }
  return program({ ...parts, constants: blocks.bytes, inputBytes: 1024, outputBytes: 2048, scratchBytes: 2048 })
}

/** Each instruction signals the next at retirement; there is a semaphore for each pair of queues. */
function chained(list: readonly LegalInstruction[]): LegalInstruction[] {
  const queues = ['load', 'parameter', 'compute']
  const queueOf = (index: number): number => queues.indexOf(instructions[list[index]!.op].queue)
  const between = (index: number): number =>
    index <= 0 || index >= list.length ? 0 : 1 << (3 * queueOf(index - 1) + queueOf(index))
  return list.map((each, index) => ({ ...each, wait: between(index), signal: between(index + 1) }))
}

const below = (bound: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: bound - 1 })
const withFields = <Values extends readonly number[]>(
  make: (...values: Values) => LegalInstruction,
  ...bounds: { readonly [I in keyof Values]: number }
): fc.Arbitrary<LegalInstruction> =>
  fc.tuple(...bounds.map(below)).map((values) => make(...(values as unknown as Values)))

const link: fc.Arbitrary<LegalInstruction> = fc.oneof(
  withFields((block: number) => links.layer(block), 2),
  withFields((block: number, slots: number, variant: number) => links.table(block, slots + 1, variant), 2, 3, 2),
  withFields((beats: number, variant: number) => links.weights(beats, variant), 3, 2),
  withFields((group: number, variant: number) => links.parameters(group, variant), 2, 2),
  withFields((region: number, offset: number, map: number) => links.load(region + 1, offset, map), 3, 2, 3),
  withFields((region: number, offset: number, map: number) => links.store(region + 2, offset, map), 2, 4, 3),
  withFields(
    (offset: number, map: number, positions: number) => links.store(3, offset, map, 4 * positions + 4),
    4,
    3,
    4,
  ),
  { weight: 4, arbitrary: withFields((...[beats, map, group, more]: [number, number, number, number]) => links.compute(beats, map, group, more === 3 ? 1 : 0), 3, 3, 2, 4) }, // prettier-ignore
  withFields((beats: number, group: number, first: number) => links.logits(beats, group, first), 3, 2, 2),
  withFields((first: number, offset: number) => links.storeLogits(first, offset), 2, 4),
  withFields((from: number, to: number) => links.pool(from, to), 3, 3),
  withFields((from: number, to: number) => links.move(from, to), 3, 3),
)

/** Any chain: init loads everything, most often all maps too; the run loads nothing, some or all of it once more; results are stored at the end. */
export const anyChain: fc.Arbitrary<Program> = fc
  .tuple(
    fc.constantFrom(3, 3, 3, 3, 1),
    fc.oneof(fc.constantFrom(everything(3), [], []), fc.subarray(everything(3))),
    fc.array(link, { minLength: 1, maxLength: 12 }),
  )
  .map(([loadedMaps, reloads, links]) =>
    chain(everything(loadedMaps), [...reloads, ...links, store(2, 4, 1), store(2, 6, 2)]),
  )
