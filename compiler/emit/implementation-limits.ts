// Refuses instructions that a machine's implementation limits exclude.
import { readFields } from '../../base/bits.ts'
import { geometriesPerBlock, geometryBits, geometryFields, slotBits, slotFields } from '../../isa/model/formats.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import { fieldAboveLimit } from '../../isa/model/implementation-limits.ts'
import { limitsOf } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { refusal } from '../../isa/validate.ts'
import { type Refusal, capacityRefusal } from '../refusal.ts'

/** Bytes of the constants region, from a byte address on. */
export type ConstantsAt = (address: number) => { readonly bytes: Uint8Array; readonly at: number }

/**
 * Refuses a program that its machine's implementation limits exclude, naming the first such instruction and the limit.
 * @param constantsAt the constants, by byte address
 * @param whereOf the name of an instruction in messages, by its index
 */
export function checkImplementationLimits(
  { machine, instructions }: Pick<Program, 'machine' | 'instructions'>,
  constantsAt: ConstantsAt,
  whereOf = (index: number): string => `instruction ${index}`,
): Refusal | undefined {
  if (machine.limits === undefined) return undefined
  const { geometries, fieldBits } = limitsOf(machine)
  const refuse = (what: string, where: string, allowed: string): Refusal =>
    capacityRefusal('limits', 0, { what, where, allowed })
  for (const [index, instruction] of instructions.entries()) {
    const broken = refusal(instruction, machine)
    if (broken !== undefined)
      return refuse(`a ${instruction.op} that machine '${machine.name}' refuses`, whereOf(index), broken)
    if (instruction.op !== 'LOADT') continue
    const { bytes, at: from } = constantsAt(instruction.address * addressUnitBytes)
    const first = from * 8
    const entries = [
      ...Array.from({ length: geometries }, (_, i) => [geometryFields, first + i * geometryBits] as const),
      ...Array.from(
        { length: instruction.slots },
        (_, i) => [slotFields, first + geometriesPerBlock * geometryBits + i * slotBits] as const,
      ),
    ]
    for (const [fields, at] of entries) {
      const wide = fieldAboveLimit(fields, readFields(bytes, at, fields), fieldBits)
      if (wide !== undefined)
        return refuse(`${wide} of an entry of its table (LOADT)`, whereOf(index), `${fieldBits[wide]} bits`)
    }
  }
  return undefined
}
