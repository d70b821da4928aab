// Random programs with one wrong value: an address field, rows, a table entry or the columns of a beat. The static rules still hold.
import type { ProgramCase } from '../../isa/arbitraries/program.ts'
import { randomProgram } from '../../isa/arbitraries/program.ts'
import { SeededRandom } from '../../isa/arbitraries/seeded-random.ts'
import { writeFields } from '../../base/bits.ts'
import { geometriesPerBlock, geometryBits, geometryFields, slotBits, slotFields } from '../../isa/model/formats.ts'
import { beatBytes, tableBytes } from '../../isa/model/sizes.ts'
import type { InstructionOf, LegalInstruction } from '../../isa/instruction.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { executeProgram } from '../../isa/semantics/execute.ts'
import { MachineFault } from '../../isa/semantics/fault.ts'
import { createState } from '../../isa/semantics/state.ts'
import { refusal } from '../../isa/validate.ts'
import { packBeats, unpackBeats } from '../../isa/weights/beats.ts'
import { placeRegions, writeInputs } from '../../simulator/simulate.ts'

/** A random program of a seed with one change, which may or may not cause an error. */
export function brokenProgram(machine: Machine, seed: number): ProgramCase {
  const draw = new SeededRandom(seed)
  const sound = randomProgram(machine, seed, 1 + (seed % 4))
  for (;;) {
    const index = draw.int(0, sound.program.instructions.length - 1)
    const changed = change(draw, sound.program, index)
    if (changed === undefined || refusal(changed.instructions[index]!, machine) !== undefined) continue
    return { ...sound, program: { ...changed, name: `broken ${seed}, instruction ${index}` } }
  }
}

/** The index of the instruction at which the semantics stop a program, in the entry given; undefined if they do not. */
export function faultOf({ program, inputs }: ProgramCase): { readonly entry: number; readonly index: number } | undefined {
  const state = createState(program.machine)
  placeRegions(state, program)
  writeInputs(state, program, inputs)
  for (const entry of [program.entry.init, program.entry.infer]) {
    try {
      executeProgram(state, program.instructions, entry)
    } catch (error) {
      if (error instanceof MachineFault) return { entry, index: error.index }
      throw error
    }
  }
  return undefined
}

function change(draw: SeededRandom, program: Program, index: number): Program | undefined {
  const instruction = program.instructions[index]!
  switch (instruction.op) {
    case 'LOADT':
      return withConstants(program, instruction, tableBytes(program.machine, instruction.slots), (bytes) =>
        changeTable(draw, instruction, bytes),
      )
    case 'LOADW':
      if (instruction.beats === 0) return undefined
      return withConstants(program, instruction, instruction.beats * beatBytes(program.machine), (bytes) => {
        const stream = unpackBeats(bytes, instruction.beats, program.machine, 'weights')
        for (let times = draw.int(1, 3); times > 0; times--) stream.ids[draw.int(0, stream.ids.length - 1)] = draw.int(0, 255)
        bytes.set(packBeats(stream, program.machine))
      })
    case 'LOAD':
    case 'STORE':
      return withInstruction(program, index, { ...instruction, base: addressNear(draw, program.machine.featureWords) })
    case 'LAYER':
    case 'COLUMNS':
    case 'COMPUTE':
    case 'POOL':
    case 'MOVE':
    case 'REPATCH': {
      const field = draw.pick(changeable.filter((name) => name in instruction))
      const value = addresses.includes(field) ? addressNear(draw, program.machine.featureWords) : smallValue(draw, field)
      return withInstruction(program, index, { ...instruction, [field]: value })
    }
    default:
      return undefined
  }
}

const addresses: readonly string[] = ['source', 'output']
const changeable: readonly string[] = [
  ...addresses, 'firstRow', 'rows', 'firstColumn', 'columns', 'slots', 'geometry', 'windowHeight', 'windowWidth', 'advance', 'patchHeight', 'patchWidth',
  'planeStride', 'wide',
] // prettier-ignore

/** Any value, often near the end of the range. */
const addressNear = (draw: SeededRandom, words: number): number => draw.pick([draw.int(0, words - 1), words - draw.int(1, 12)])

function smallValue(draw: SeededRandom, field: string): number {
  if (field === 'geometry') return draw.int(0, 3)
  if (field === 'wide') return draw.int(0, 1)
  if (field === 'advance') return draw.int(0, 7)
  if (field === 'planeStride') return draw.pick([draw.int(0, 40), draw.int(0, 16383)])
  if (field === 'slots') return draw.pick([draw.int(1, 3), draw.int(1, 255)])
  return draw.int(0, 8)
}

function withInstruction(program: Program, index: number, instruction: LegalInstruction): Program {
  // Logits and LAYER's bounds of codes have rules of their own.
  return { ...program, instructions: program.instructions.with(index, instruction) }
}

function withConstants(
  program: Program,
  { address }: { readonly address: number },
  length: number,
  edit: (bytes: Uint8Array) => void,
): Program {
  const constants = program.constants.slice()
  const first = address * addressUnitBytes
  edit(constants.subarray(first, first + length))
  return { ...program, constants }
}

/** One field of a geometry or of a slot entry. */
function changeTable(draw: SeededRandom, load: InstructionOf<'LOADT'>, bytes: Uint8Array): void {
  const slot = load.slots > 0 && draw.chance(0.4)
  const fields = slot ? slotFields : geometryFields
  const start = slot ? geometriesPerBlock * geometryBits + draw.int(0, load.slots - 1) * slotBits : draw.int(0, 3) * geometryBits
  const name = draw.pick(Object.keys(fields) as (keyof typeof fields)[])
  const { bits, signed = false } = (fields as Record<string, { bits: number; signed?: boolean }>)[name]!
  const low = signed ? -(2 ** (bits - 1)) : 0
  const value = draw.chance(0.5) ? draw.int(low, low + 2 ** bits - 1) : draw.int(0, Math.min(6, low + 2 ** bits - 1))
  const offset = Object.keys(fields)
    .slice(0, Object.keys(fields).indexOf(name))
    .reduce((sum, each) => sum + (fields as Record<string, { bits: number }>)[each]!.bits, 0)
  const field = { [name]: { bits, signed, summary: '' } }
  writeFields(bytes, start + offset, field, { [name]: value })
}
