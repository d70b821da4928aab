// One command line from words to exit code: finds the subcommand, and turns whatever goes wrong into a message.

import yargs from 'yargs'
import type { CommandModule } from 'yargs'
import { DlpError } from '../isa/error.ts'
import { UsageError, exitCodes, failureOf } from './io/errors.ts'
import { remark } from './output.ts'

/** The subcommands, one file each, loaded when it is called: what the others need would take longer to load than most of them to run. */
const commands: Readonly<Record<string, () => Promise<object>>> = {
  quantize: async () => (await import('./commands/quantize.ts')).quantizeCommand,
  compile: async () => (await import('./commands/compile.ts')).compileCommand,
  simulate: async () => (await import('./commands/simulate.ts')).simulateCommand,
  evaluate: async () => (await import('./commands/evaluate.ts')).evaluateCommand,
  asm: async () => (await import('./commands/asm.ts')).asmCommand,
  disasm: async () => (await import('./commands/disasm.ts')).disasmCommand,
  inspect: async () => (await import('./commands/inspect.ts')).inspectCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  ops: async () => (await import('./commands/ops.ts')).opsCommand,
}

/** What a command line asks for, on its way out of yargs, which after a handler would render the help that nobody asked for. */
class Call {
  readonly run: () => Promise<void>

  constructor(run: () => Promise<void>) {
    this.run = run
  }
}

/** The subcommand that the first word names; all of them where it names none, to be listed. Each handler throws its call. */
async function commandsFor([first = '']: readonly string[]): Promise<CommandModule[]> {
  const wanted = Object.hasOwn(commands, first) ? [commands[first]!] : Object.values(commands)
  // Yargs types no list of different ones.
  const loaded = (await Promise.all(wanted.map((load) => load()))) as CommandModule[]
  return loaded.map(({ handler, ...rest }) => ({
    ...rest,
    handler: (words) => {
      throw new Call(async () => handler(words))
    },
  }))
}

/** Runs one command line and gives its exit code; never throws and never ends the process. */
export async function main(words: readonly string[]): Promise<number> {
  const parser = yargs([...words])
    .scriptName('dlp')
    .usage('$0 <command>\n\nCompiles networks for the DLP, and runs them to the bit and to the cycle.')
    .option('debug', { type: 'boolean', default: false, describe: 'print the stack of an error' })
    .command(await commandsFor(words))
    .demandCommand(1, 'a command is missing')
    .strict()
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(message)
    })
  try {
    const call = await callOf(() => parser.parseAsync())
    await call?.run()
    return exitCodes.done
  } catch (error) {
    const { text, exitCode } = failureOf(error, words.includes('--debug'))
    // Errors in assembly text show lines of it and point at columns: their lines stay lines.
    remark(error instanceof DlpError && error.message.includes('\n') ? `dlp: ${error.message}` : text)
    return exitCode
  }
}

/** The call that parsing ends with; undefined where yargs has printed a help or a version. */
async function callOf(parse: () => unknown): Promise<Call | undefined> {
  try {
    await parse()
  } catch (thrown) {
    if (thrown instanceof Call) return thrown
    throw thrown
  }
}
