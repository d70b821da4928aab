// The error of an instruction that breaks the machine's contract; it names the instruction.
import type { Fields } from '../../base/bits.ts'
import { DlpError } from '../../base/error.ts'
import type { Instruction } from '../instruction.ts'
import { commonFields, instructions } from '../instructions.ts'

/** Thrown when an instruction breaks the machine's contract: an address error, an illegal encoding, clusters that disagree. */
export class MachineFault extends DlpError {
  readonly instruction: Instruction
  /** index in the program, −1 where it is not known */
  readonly index: number

  constructor(what: string, allowed: string, instruction: Instruction, index: number) {
    super({ what, where: instructionText(instruction, index), allowed })
    this.name = 'MachineFault'
    this.instruction = instruction
    this.index = index
  }
}

/** One line for reports: `#12 COMPUTE beat=0 beats=9 …`; masks and fields of value zero are left out, an illegal word shows its hex. */
export function instructionText(instruction: Instruction, index = -1): string {
  const head = index < 0 ? '' : `#${index} `
  if (instruction.op === 'Illegal') return `${head}Illegal 0x${instruction.word.toString(16)} (${instruction.reason})`
  const values = instruction as unknown as Readonly<Record<string, number>>
  const fields: Fields = { ...instructions[instruction.op].fields, ...commonFields }
  const shown = Object.keys(fields).filter((name) => values[name] !== 0)
  const texts = shown.map((name) => `${name}=${fields[name]?.names?.[values[name]!] ?? values[name]}`)
  return head + [instruction.op, ...texts].join(' ')
}
