// Statements in order to a program: what each adds, which may occur once, which are required.

import type { IToken } from 'chevrotain'
import type { InstructionSet } from '../codec.ts'
import { unreachable } from '../../base/error.ts'
import { instructionBits } from '../instructions.ts'
import type { InstructionTable } from '../instructions.ts'
import type { InstructionIn } from '../instruction.ts'
import type { Machine } from '../model/machine.ts'
import { namedMachine } from '../model/machine.ts'
import { parseMachine } from '../model/machine-file.ts'
import type { LayerRecord, Program, TensorDescriptor } from '../program.ts'
import { mostVersion, versionsOf } from '../versions.ts'
import type { Versions } from '../versions.ts'
import { hexToBytes } from './bytes.ts'
import { evaluate, ExpressionError } from './expression.ts'
import { classOf, layerOf, nameOf, scratchBytesOf, tensorOf } from './metadata-lines.ts'
import { mostRegionBytes } from '../instructions.ts'
import { instructionOf } from './operands.ts'
import type { SourceLocation } from './problems.ts'
import type { Statement } from './syntax.ts'

/** Thrown for a statement that has no meaning; `location` if it is not the statement's own. */
export class StatementError extends Error {
  readonly location: SourceLocation | undefined

  constructor(message: string, location?: SourceLocation) {
    super(message)
    this.location = location
  }
}

export class Builder<Table extends InstructionTable> {
  readonly #set: InstructionSet<Table>
  readonly #given = new Map<string, number>()
  readonly #names = new Map<string, number>()
  readonly #instructions: InstructionIn<Table>[] = []
  readonly #labels = new Map<string, number>()
  readonly #inputs: TensorDescriptor[] = []
  readonly #outputs: TensorDescriptor[] = []
  readonly #layers: LayerRecord[] = []
  readonly #bytes: Uint8Array[] = []
  #constantBytes = 0
  /** The `.constants` that no `.end` has closed. */
  #openConstants: IToken | undefined
  #machine: Machine | undefined
  #name = ''
  readonly #versions: Partial<Record<keyof Versions, number>> = {}
  #weightsIn: Program['weightsIn'] = 'resident'
  #scratchBytes = 0
  readonly #classes: string[] = []

  constructor(set: InstructionSet<Table>) {
    this.#set = set
  }

  /** Adds a statement. @throws StatementError, ExpressionError or DlpError with what is wrong with it. */
  add(statement: Statement): void {
    const { kind, at } = statement
    switch (kind) {
      case 'label':
        if (at.image !== 'init' && at.image !== 'infer')
          throw new StatementError(`no entry '${at.image}'; allowed: init, infer`)
        this.#once(`${at.image}:`, at)
        this.#labels.set(at.image, this.#instructions.length)
        return
      case 'instruction':
        this.#instructions.push(instructionOf(this.#set, at, statement.fields, this.#names))
        return
      case 'word':
        this.#instructions.push(this.#set.decode(wordOf(at)))
        return
      case 'const':
        if (this.#names.has(at.image)) throw new StatementError(`constant '${at.image}' is defined twice`)
        this.#names.set(
          at.image,
          evaluate(statement.value, (name) => this.#names.get(name)),
        )
        return
      case 'program':
        this.#once('.program', at)
        this.#name = nameOf(at.image)
        return
      case 'machine':
        this.#once('.machine', at)
        this.#machine = parseMachine(jsonOf(at), 'machine')
        return
      case 'machineName':
        this.#once('.machine', at)
        this.#machine = namedMachine(at.image, '.machine')
        return
      case 'isa':
      case 'timing':
        this.#once(`.${kind}`, at)
        this.#versions[kind] = versionOf(at)
        return
      case 'weights':
        this.#once('.weights', at)
        if (at.image !== 'resident' && at.image !== 'streamed')
          throw new StatementError(`weights are '${at.image}'; allowed: resident, streamed`)
        this.#weightsIn = at.image
        return
      case 'scratch':
        this.#once('.scratch', at)
        this.#scratchBytes = scratchBytesOf(evaluate(statement.value, (name) => this.#names.get(name)))
        return
      case 'class':
        this.#classes.push(classOf(at.image))
        return
      case 'input':
        this.#inputs.push(tensorOf(jsonOf(at)))
        return
      case 'output':
        this.#outputs.push(tensorOf(jsonOf(at)))
        return
      case 'layer':
        this.#layers.push(layerOf(jsonOf(at)))
        return
      case 'constants':
        this.#once('.constants', at)
        this.#openConstants = at
        return
      case 'hex':
        this.#addBytes(bytesOf(at))
        return
      case 'zero':
        this.#addBytes(Number(at.image.slice('.zero'.length)))
        return
      case 'end':
        this.#openConstants = undefined
        return
      default:
        unreachable(kind)
    }
  }

  /** The program of all statements. @throws StatementError with what is missing. */
  finish(): Program<InstructionIn<Table>> {
    const [init, infer] = [this.#labels.get('init'), this.#labels.get('infer')]
    if (this.#machine === undefined) throw new StatementError('the text has no .machine')
    if (!this.#given.has('.program')) throw new StatementError('the text has no .program')
    if (init === undefined) throw new StatementError("the text has no entry 'init:'")
    if (infer === undefined) throw new StatementError("the text has no entry 'infer:'")
    if (this.#openConstants !== undefined) {
      const { startLine = 1, startColumn = 1, image } = this.#openConstants
      throw new StatementError('.constants has no .end', { line: startLine, column: startColumn, length: image.length })
    }
    return {
      machine: this.#machine,
      versions: { ...versionsOf(this.#instructions, this.#set.table), ...this.#versions },
      name: this.#name,
      instructions: this.#instructions,
      entry: { init, infer },
      constants: this.#constants(),
      inputs: this.#inputs,
      outputs: this.#outputs,
      layers: this.#layers,
      weightsIn: this.#weightsIn,
      scratchBytes: this.#scratchBytes,
      ...(this.#classes.length === 0 ? {} : { classes: this.#classes }),
    }
  }

  #once(what: string, at: IToken): void {
    const before = this.#given.get(what)
    if (before !== undefined) throw new StatementError(`${what} is given twice; first in line ${before}`)
    this.#given.set(what, at.startLine ?? 0)
  }

  /** Adds bytes, or so many zeros. */
  #addBytes(added: Uint8Array | number): void {
    const length = typeof added === 'number' ? added : added.length
    if (this.#constantBytes + length > mostRegionBytes)
      throw new StatementError(`more than ${mostRegionBytes} bytes of constants`)
    this.#constantBytes += length
    this.#bytes.push(typeof added === 'number' ? new Uint8Array(added) : added)
  }

  #constants(): Uint8Array {
    const all = new Uint8Array(this.#constantBytes)
    let at = 0
    for (const part of this.#bytes) {
      all.set(part, at)
      at += part.length
    }
    return all
  }
}

function wordOf(at: IToken): bigint {
  const word = BigInt(at.image)
  if (word >> BigInt(instructionBits) === 0n) return word
  throw new ExpressionError(`the word has more than ${instructionBits} bits`, at)
}

function versionOf(at: IToken): number {
  const version = Number(at.image)
  if (version >= 1 && version <= mostVersion) return version
  throw new ExpressionError(`a version is 1 to ${mostVersion}`, at)
}

/** What follows the directive. */
const jsonOf = ({ image }: IToken): string => image.slice(image.indexOf('{'))

function bytesOf({ image, startLine = 1, startColumn = 1 }: IToken): Uint8Array {
  const bytes = hexToBytes(image)
  if (bytes instanceof Uint8Array) return bytes
  const lineStart = image.lastIndexOf('\n', bytes.offset) + 1
  const column = bytes.offset - lineStart + (bytes.line === 0 ? startColumn : 1)
  const location = { line: startLine + bytes.line, column, length: bytes.length }
  throw new StatementError('an odd number of hex digits', location)
}
