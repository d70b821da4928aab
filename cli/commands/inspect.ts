// dlp inspect: prints the contents of a program file, without running it.

import type { CommandModule } from 'yargs'
import { inspectProgram } from '../../toolchain/models/inspect-program.ts'
import { print, printJson } from '../output.ts'
import { inspectionText } from '../print/inspection.ts'

export const inspectCommand: CommandModule<object, { program: string; json: boolean }> = {
  command: 'inspect <program>',
  describe: 'Show sections, layers, instructions, density and memory use of a program file',
  builder: (yargs) =>
    yargs
      .positional('program', { type: 'string', demandOption: true, describe: 'a .dlp file' })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' }),
  handler: async ({ program, json }) => {
    const found = await inspectProgram(program)
    if (json) printJson(found)
    else print(inspectionText(found))
  },
}
