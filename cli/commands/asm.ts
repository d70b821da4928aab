// dlp asm: assembles a text to a program file.

import type { CommandModule } from 'yargs'
import { writeProgram } from '../../isa/container/write.ts'
import { verifyProgram } from '../../isa/container/verify.ts'
import { readFile } from '../../toolchain/files/read-file.ts'
import { writeOutput } from '../io/outputs.ts'
import { byteSize } from '../print/table.ts'
import { printLine, printMessages } from '../output.ts'

export const asmCommand: CommandModule<object, { text: string; output: string }> = {
  command: 'asm <text>',
  describe: 'Assemble a text file to a program',
  builder: (yargs) =>
    yargs
      .positional('text', { type: 'string', demandOption: true, describe: 'a .dasm file' })
      .option('output', { alias: 'o', type: 'string', demandOption: true, describe: 'the .dlp file to write' }),
  handler: async ({ text: path, output }) => {
    const text = Buffer.from(await readFile(path, 2 ** 29)).toString('utf8')
    // Loaded only here: building the grammar takes longer than most commands run.
    const { assemble } = await import('../../isa/assembly/assemble.ts')
    const program = assemble(text, path)
    const file = writeProgram(program)
    await writeOutput(output, file)
    // Assembly may break rules on purpose: the program is written, with a warning for each broken rule.
    for (const rule of verifyProgram(program)) printMessages(`dlp: warning: ${rule}`)
    printLine(`${output}: ${program.instructions.length} instructions, ${byteSize(file.length)}`)
  },
}
