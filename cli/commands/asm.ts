// dlp asm: assembly text to a program file.

import type { CommandModule } from 'yargs'
import { writeProgram } from '../../isa/container/write.ts'
import { verifyProgram } from '../../isa/container/verify.ts'
import { readFile } from '../../toolchain/files/read-file.ts'
import { writeOutput } from '../io/outputs.ts'
import { byteSize } from '../print/table.ts'
import { printLine, remark } from '../output.ts'

export const asmCommand: CommandModule<object, { text: string; output: string }> = {
  command: 'asm <text>',
  describe: 'Assemble a text to a program',
  builder: (yargs) =>
    yargs
      .positional('text', { type: 'string', demandOption: true, describe: 'a .dasm file' })
      .option('output', { alias: 'o', type: 'string', demandOption: true, describe: 'the .dlp file to write' }),
  handler: async ({ text: path, output }) => {
    const text = Buffer.from(await readFile(path, 2 ** 29)).toString('utf8')
    // Loaded when it is needed: the grammar takes longer to build than most commands to run.
    const { assemble } = await import('../../isa/assembly/assemble.ts')
    const program = assemble(text, path)
    const file = writeProgram(program)
    await writeOutput(output, file)
    // Text may say what no compiler would: it is written, and what is wrong with it is said.
    for (const rule of verifyProgram(program)) remark(`dlp: warning: ${rule}`)
    printLine(`${output}: ${program.instructions.length} instructions, ${byteSize(file.length)}`)
  },
}
