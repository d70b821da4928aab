// One command line from words to exit code: finds the subcommand, and turns whatever goes wrong into a message.

import yargs from 'yargs'
import type { CommandModule } from 'yargs'
import { DlpError } from '../isa/error.ts'
import { asmCommand } from './commands/asm.ts'
import { compileCommand } from './commands/compile.ts'
import { disasmCommand } from './commands/disasm.ts'
import { evaluateCommand } from './commands/evaluate.ts'
import { inspectCommand } from './commands/inspect.ts'
import { opsCommand } from './commands/ops.ts'
import { quantizeCommand } from './commands/quantize.ts'
import { simulateCommand } from './commands/simulate.ts'
import { verifyCommand } from './commands/verify.ts'
import { UsageError, exitCodes, failureOf } from './io/errors.ts'
import { remark } from './output.ts'

/** The subcommands, one file each. Yargs types a list of them by its first; each states its own arguments. */
const commands = [
  quantizeCommand,
  compileCommand,
  simulateCommand,
  evaluateCommand,
  asmCommand,
  disasmCommand,
  inspectCommand,
  verifyCommand,
  opsCommand,
] as unknown as CommandModule[]

/** Runs one command line and gives its exit code; never throws and never ends the process. */
export async function main(words: readonly string[]): Promise<number> {
  const parser = yargs([...words])
    .scriptName('dlp')
    .usage('$0 <command>\n\nCompiles networks for the DLP, and runs them to the bit and to the cycle.')
    .option('debug', { type: 'boolean', default: false, describe: 'print the stack of an error' })
    .command(commands)
    .demandCommand(1, 'a command is missing')
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(message)
    })
  try {
    await parser.parseAsync()
    return exitCodes.done
  } catch (error) {
    const { text, exitCode } = failureOf(error, words.includes('--debug'))
    // Errors in assembly text show lines of it and point at columns: their lines stay lines.
    remark(error instanceof DlpError && error.message.includes('\n') ? `dlp: ${error.message}` : text)
    return exitCode
  }
}
