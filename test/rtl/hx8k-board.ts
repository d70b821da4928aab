// The board of rtl/hx8k in Verilator, accessed by its link alone: a program is placed and run and its memory read back, as a script of frames.
import { encodeProgramWords } from '../../isa/codec.ts'
import { machineHash } from '../../isa/container/format.ts'
import { regionBytes } from '../../isa/container/verify-memory.ts'
import { regions } from '../../isa/instructions.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { identification, registers, versionsOfWords } from '../../isa/registers.ts'
import { checkVersions } from '../../isa/versions.ts'
import type { TensorBytes } from '../../simulator/simulate.ts'
import { buildBench, run } from './verilator.ts'

/** The outcome of a run by the link. */
export interface BoardRun {
  /** identification and machine hash are right (a board of other versions than the program needs is refused) */
  readonly known: boolean
  /** STATUS after each reset */
  readonly resets: readonly number[]
  /** after init, after the image: the interrupt came, STATUS */
  readonly ends: readonly { readonly irq: boolean; readonly status: number }[]
  readonly output: Uint8Array
  readonly scratch: Uint8Array
}

const mostCycles = 4_000_000
/** after which no burst of before a reset is on the bus */
const flushCycles = 4_000

/** Builds the board's bench, or finds it built. */
export const buildBoard = (machine: Machine): string =>
  buildBench({
    top: 'dlp_hx8k_top',
    module: 'dlp',
    machine,
    files: [...['link', 'memory', 'top'].map((name) => `rtl/hx8k/dlp_hx8k_${name}.sv`), 'rtl/bench/hx8k.cpp'],
    macros: {},
    options: ['-DDLP_BLOCK_MEMORY'],
  })

/**
 * Places a program and an image, runs init and the image, reads output and scratch.
 * @param cutOff cycles, each of a run of the image that is reset so long after its start, before the one that counts
 */
export function runOnBoard(board: string, program: Program, inputs: TensorBytes, cutOff: readonly number[] = []): BoardRun {
  const script = new Script()
  const id = script.readRegisters('identification', 1)
  const hash = script.readRegisters('machineHash', 8)
  const versions = script.readRegisters('isaVersion', 2)
  const sizes = regionBytes(program)
  let end = 0
  const bases = regions.map((region) => {
    const base = end
    end = base + Math.ceil(sizes[region] / 4096) * 4096
    return base
  })
  const base = (region: (typeof regions)[number]): number => bases[regions.indexOf(region)]!
  script.writeRegisters('regions', bases.flatMap((each) => [each, 0])) // prettier-ignore
  script.writeMemory(base('constants'), program.constants)
  for (const { name, offset } of program.inputs) script.writeMemory(base('input') + offset, inputs[name]!)
  script.writeRegisters('watchdog', [mostCycles])
  script.writeRegisters('programAddress', [0])
  const words = encodeProgramWords(program.instructions)
  const view = new DataView(words.buffer)
  // items of a frame go to rising addresses: a frame a word
  for (let at = 0; at < words.length; at += 4) script.writeRegisters('programData', [view.getUint32(at, true)])
  const resets: number[] = []
  const ends = [program.entry.init, program.entry.infer].map((entry) => {
    for (const cycles of entry === program.entry.infer ? cutOff : []) {
      script.writeRegisters('entry', [entry])
      script.writeRegisters('control', [0b001])
      script.wait(cycles)
      script.writeRegisters('control', [0b010])
      // Transfers on the bus are completed first.
      script.wait(flushCycles)
      resets.push(script.readRegisters('status', 1))
    }
    script.writeRegisters('entry', [entry])
    script.writeRegisters('control', [0b101])
    const irq = script.wait(mostCycles)
    const status = script.readRegisters('status', 1)
    script.writeRegisters('status', [0b10])
    return { irq, status }
  })
  const output = script.readMemory(base('output'), sizes.output)
  const scratch = script.readMemory(base('scratch'), sizes.scratch)

  const answers = run(board, [], script.text()).trimEnd().split('\n')
  const words32 = (line: number): number[] => {
    // after the header, each item is preceded by 8 undefined bits
    const view = new DataView(bytesOf(answers[line]!).buffer)
    return Array.from({ length: Math.floor((view.byteLength - 3) / 5) }, (_, i) => view.getUint32(3 + 5 * i + 1))
  }
  const memory = ({ lines, bytes }: MemoryRead): Uint8Array => {
    const found = lines.flatMap((line) => {
      const view = new DataView(bytesOf(answers[line]!).buffer)
      return Array.from({ length: Math.floor((view.byteLength - 3) / 3) }, (_, i) => view.getUint16(3 + 3 * i + 1)).flatMap((word) => [word & 255, word >> 8]) // prettier-ignore
    })
    return Uint8Array.from(found).slice(0, bytes)
  }
  const expectedHash = new DataView(Uint8Array.from(machineHash(program.machine)).buffer)
  const [isaWord = 0, timing = 0] = words32(versions)
  checkVersions(program.versions, program.name, { ...versionsOfWords(isaWord, timing), name: 'the board', update: 'load the newer bitstream' })
  return {
    known: words32(id)[0] === identification && words32(hash).every((word, i) => word === expectedHash.getUint32(4 * i, true)),
    resets: resets.map((status) => words32(status)[0]!),
    ends: ends.map(({ irq, status }) => ({ irq: answers[irq] === 'irq 1', status: words32(status)[0]! })),
    output: memory(output),
    scratch: memory(scratch),
  }
}

interface MemoryRead {
  readonly lines: readonly number[]
  readonly bytes: number
}

const bytesOf = (answer: string): Uint8Array => {
  if (!answer.startsWith('frame ')) throw new Error(answer)
  return Uint8Array.from(Buffer.from(answer.slice('frame '.length), 'hex'))
}

/** Lines for rtl/bench/hx8k.cpp; each gives the number of its answer. */
class Script {
  readonly #lines: string[] = []

  text(): string {
    return `${this.#lines.join('\n')}\n`
  }

  wait(cycles: number): number {
    return this.#add(`wait ${cycles}`)
  }

  writeRegisters(name: keyof typeof registers, words: readonly number[]): number {
    const items = words.flatMap((word) => [word >>> 24, (word >> 16) & 255, (word >> 8) & 255, word & 255])
    return this.#frame(0x80, registers[name].address, items)
  }

  readRegisters(name: keyof typeof registers, count: number): number {
    return this.#frame(0x00, registers[name].address, new Array<number>(5 * count).fill(0))
  }

  /** Bytes from an even address on; a last odd one is paired with a zero. */
  writeMemory(address: number, bytes: Uint8Array): void {
    const items = Array.from({ length: Math.ceil(bytes.length / 2) }, (_, i) => [bytes[2 * i + 1] ?? 0, bytes[2 * i]!]).flat()
    if (items.length > 0) this.#frame(0xc0, address / 2, items)
  }

  readMemory(address: number, bytes: number): MemoryRead {
    const words = Math.ceil(bytes / 2)
    return { lines: words === 0 ? [] : [this.#frame(0x40, address / 2, new Array<number>(3 * words).fill(0))], bytes }
  }

  #frame(flags: number, address: number, items: readonly number[]): number {
    return this.#add(`frame ${Buffer.from([flags, address >> 8, address & 255, ...items]).toString('hex')}`)
  }

  #add(line: string): number {
    return this.#lines.push(line) - 1
  }
}
