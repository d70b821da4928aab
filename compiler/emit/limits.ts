// What a machine with limits does not run, found in the finished program.
import { readFields } from '../../isa/bits.ts'
import { DlpError } from '../../isa/error.ts'
import { geometriesPerBlock, geometryBits, geometryFields, slotBits, slotFields } from '../../isa/formats.ts'
import { addressUnitBytes } from '../../isa/instructions.ts'
import { fieldBeyond } from '../../isa/limits.ts'
import { limitsOf } from '../../isa/machine.ts'
import type { Program } from '../../isa/program.ts'
import { refusal } from '../../isa/validate.ts'

/**
 * Refuses a program that its machine's limits do not admit.
 * @throws DlpError naming the instruction and the limit
 */
export function checkLimits({ machine, instructions, constants }: Program): void {
  if (machine.limits === undefined) return
  const { geometries, fieldBits } = limitsOf(machine)
  const refuse = (what: string, where: string, allowed: string): DlpError =>
    new DlpError({ what, where, allowed, help: `machine '${machine.name}' is too small for this model` })
  for (const [index, instruction] of instructions.entries()) {
    const broken = refusal(instruction, machine)
    if (broken !== undefined)
      throw refuse(`a ${instruction.op} that machine '${machine.name}' refuses`, `instruction ${index}`, broken)
    if (instruction.op !== 'LOADT') continue
    const first = instruction.address * addressUnitBytes * 8
    const entries = [
      ...Array.from({ length: geometries }, (_, i) => [geometryFields, first + i * geometryBits] as const),
      ...Array.from(
        { length: instruction.slots },
        (_, i) => [slotFields, first + geometriesPerBlock * geometryBits + i * slotBits] as const,
      ),
    ]
    for (const [fields, at] of entries) {
      const wide = fieldBeyond(fields, readFields(constants, at, fields), fieldBits)
      if (wide !== undefined)
        throw refuse(`${wide} of a table's entry`, `instruction ${index} (LOADT)`, `${fieldBits[wide]} bits`)
    }
  }
}
