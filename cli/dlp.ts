#!/usr/bin/env node
// The `dlp` command: finds the subcommand, and turns whatever goes wrong into one line and an exit code.

import yargs from 'yargs'
import type { CommandModule } from 'yargs'
import { inspectCommand } from './commands/inspect.ts'
import { verifyCommand } from './commands/verify.ts'
import { UsageError, exitCodes, failureOf } from './io/errors.ts'

/** The subcommands, one file each. */
const commands = [inspectCommand, verifyCommand] as unknown as readonly CommandModule[]

process.exitCode = await main(process.argv.slice(2))

/** Runs one command line and gives its exit code. */
async function main(words: readonly string[]): Promise<number> {
  const parser = yargs([...words])
    .scriptName('dlp')
    .usage('$0 <command>\n\nCompiles networks for the DLP, and runs them to the bit and to the cycle.')
    .option('debug', { type: 'boolean', default: false, describe: 'print the stack of an error' })
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(message)
    })
  parser.command([...commands]).demandCommand(1, 'a command is missing')
  try {
    await parser.parseAsync()
    return exitCodes.done
  } catch (error) {
    const { text, exitCode } = failureOf(error, words.includes('--debug'))
    console.error(text)
    return exitCode
  }
}
