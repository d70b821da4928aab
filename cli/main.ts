// Runs one command line, from words to exit code: finds the subcommand, and turns every error into a message.

import yargs from 'yargs'
import type { ArgumentsCamelCase, Argv, CommandModule } from 'yargs'
import { defined } from '../base/defined.ts'
import { didYouMean } from '../base/did-you-mean.ts'
import { checkFlags, type Options } from './flags.ts'
import { UsageError, exitCodes, failureOf } from './io/errors.ts'
import { claimOutputs, releaseOutputs } from './io/outputs.ts'
import { standardInput } from '../toolchain/files/standard-input.ts'
import { printableLines, print, printMessages } from './output.ts'
import { ownVersion } from './version.ts'

/** The subcommands, one file each. Only the one that is called is loaded, since loading all of them takes longer than most commands run. */
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

/** The command that a command line requests. */
type Call = () => Promise<void>

/** The subcommand of a name, or all subcommands for a list where none is named. Their handlers only pass their call to `onCall`. */
async function commandsFor(
  named: string | undefined,
  words: readonly string[],
  onCall: (call: Call) => void,
): Promise<CommandModule[]> {
  if (named !== undefined && !Object.hasOwn(commands, named)) {
    const advice = didYouMean(named, Object.keys(commands)) ?? `there are ${Object.keys(commands).join(', ')}`
    throw new UsageError(`Unknown command: ${named}; ${advice}`)
  }
  const selected = Object.entries(commands).filter(([name]) => named === undefined || name === named)
  // The types of yargs do not allow a list of different commands.
  const loaded = await Promise.all(
    selected.map(async ([name, load]) => [name, (await load()) as CommandModule] as const),
  )
  return loaded.map(([name, { command, builder, handler, ...rest }]) => ({
    ...rest,
    // As the parser's default command ($0): for a named command yargs would render the help in every case.
    command: named === undefined ? command : String(command).replace(named, '$0'),
    builder: (parser: Argv) => {
      const built = (builder as (parser: Argv) => Argv)(parser)
      // For a default command yargs does not mark required words in the help.
      for (const [, word] of String(command).matchAll(/<(\w+)>/g)) built.demandOption(defined(word))
      checkFlags(words, optionsOf(built))
      return built
    },
    handler: (parsed) =>
      onCall(async () => {
        const given = withDashes(parsed)
        await claimOutputs(given, name)
        await handler(given)
      }),
  }))
}

/** The words in a form that yargs accepts: it takes a word that begins with `-` as a value only if it is a plain number. */
function forYargs(words: readonly string[]): string[] {
  const all: string[] = []
  for (const word of words) {
    const before = all.at(-1)
    if (/^-[\d.]/.test(word) && before !== undefined && /^-[^=]+$/.test(before))
      all[all.length - 1] = `${before}=${word}`
    else all.push(word === standardInput ? dash : word)
  }
  return all
}

/** Stands for `-` within yargs, which reads a `-` that is not the value of an option as an empty word. No argument of a process can contain this character. */
const dash = '\0-'

function withDashes(parsed: ArgumentsCamelCase): ArgumentsCamelCase {
  const own = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(own) : value === dash ? standardInput : value
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, own(value)])) as ArgumentsCamelCase
}

/** Refuses options before the subcommand, since the value of one would be taken for the subcommand. */
function checkLeading(words: readonly string[]): void {
  const found = words.find((word) => !/^(-h|--(no-)?debug|--(debug|help|version)(=.*)?)$/.test(word))
  if (found !== undefined) throw new UsageError(`${found}: options must follow the command`)
}

/** The options as yargs stores them, which its types do not declare. */
const optionsOf = (parser: Argv): Options => (parser as unknown as { getOptions(): Options }).getOptions()

/** A parser of a subcommand's words, or of those of a command line that names none. */
function parserOf(named: string | undefined, loaded: readonly CommandModule[]): Argv {
  const parser = yargs()
    .option('debug', { type: 'boolean', default: false, describe: 'print the stack of an error' })
    .alias('help', 'h')
    .version(ownVersion())
    .command([...loaded])
    .strict()
    // Messages are in English, as all other text is.
    .locale('en')
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? new UsageError(message)
    })
  if (named !== undefined) return parser.scriptName(`dlp ${named}`)
  return parser
    .scriptName('dlp')
    .usage('$0 <command>\n\nCompiles networks for the DLP, and simulates them exactly, to the bit and to the cycle.')
    .demandCommand(1, 'no command is given')
}

/** Runs one command line and returns its exit code; never throws and never ends the process. */
export async function main(args: readonly string[]): Promise<number> {
  const words = args[0] === 'help' ? [...args.slice(1), '--help'] : args
  let call: Call | undefined
  try {
    const at = words.findIndex((word) => !word.startsWith('-'))
    const named = words[at]
    checkLeading(words.slice(0, Math.max(at, 0)))
    const loaded = await commandsFor(named, words, (found) => {
      call = found
    })
    const parser = parserOf(named, loaded)
    if (words.length === 0) {
      print(printableLines((await parser.getHelp()).split('\n')))
      return exitCodes.usage
    }
    const text = await parse(parser, words.toSpliced(at, named === undefined ? 0 : 1))
    // Outside of yargs, which would print its help after an error of the command.
    if (call !== undefined) await call()
    else if (text !== '') print(printableLines(text.trimEnd().split('\n')))
    return exitCodes.done
  } catch (error) {
    const { lines, exitCode } = failureOf(error, words.includes('--debug'))
    printMessages(...lines)
    return exitCode
  } finally {
    releaseOutputs()
  }
}

/** Parses the words. @returns the help or the version, where one is requested */
async function parse(parser: Argv, words: readonly string[]): Promise<string> {
  let text = ''
  await parser.parseAsync(forYargs(words), {}, (_error, _parsed, output) => {
    text = output
  })
  return text
}
