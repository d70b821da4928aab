// dlp verify: checks that a program file is undamaged and that the program breaks no rule.

import type { CommandModule } from 'yargs'
import { verifyProgram } from '../../isa/container/verify.ts'
import { DlpError } from '../../base/error.ts'
import { counted } from '../../base/words.ts'
import { loadProgram } from '../../toolchain/models/program-file.ts'
import { printLine, printMessages } from '../output.ts'

export const verifyCommand: CommandModule<object, { program: string }> = {
  command: 'verify <program>',
  describe: 'Check a program file: checksums, instructions, memory ranges, weights',
  builder: (yargs) => yargs.positional('program', { type: 'string', demandOption: true, describe: 'a .dlp file' }),
  handler: async ({ program: path }) => {
    const program = await loadProgram(path)
    const broken = verifyProgram(program)
    for (const rule of broken) printMessages(`${path}: ${rule}`)
    if (broken.length > 0) throw new DlpError({ what: `breaks ${counted(broken.length, 'rule')}`, where: path })
    printLine(`${path}: valid; ${program.instructions.length} instructions for machine '${program.machine.name}'`)
  },
}
