// dlp disasm: prints a program file as assembly text, which assembles to the same file.

import type { CommandModule } from 'yargs'
import { writeOutput } from '../io/outputs.ts'
import { loadProgram } from '../../toolchain/models/program-file.ts'
import { printableLines, print } from '../output.ts'

export const disasmCommand: CommandModule<object, { program: string; output?: string }> = {
  command: 'disasm <program>',
  describe: 'Print a program as assembly text',
  builder: (yargs) =>
    yargs.positional('program', { type: 'string', demandOption: true, describe: 'a .dlp file' }).option('output', {
      alias: 'o',
      type: 'string',
      describe: 'the .dasm file to write, instead of standard output',
    }),
  handler: async ({ program: path, output }) => {
    const { print: printProgram } = await import('../../isa/assembly/print.ts')
    const text = printProgram(await loadProgram(path))
    if (output === undefined) print(printableLines(text.trimEnd().split('\n')))
    else await writeOutput(output, text)
  },
}
