// The processor in Verilator as registers and DRAM: places a program, rings the doorbell, and reads the cycles of every instruction.

import { encodeProgramWords } from '../../isa/codec.ts'
import { machineHash } from '../../isa/container/format.ts'
import { regionBytes } from '../../isa/container/verify-memory.ts'
import { defined, elementAt } from '../../base/defined.ts'
import { DlpError } from '../../base/error.ts'
import { limitsOf } from '../../isa/model/machine.ts'
import { haltOf } from '../../isa/instruction.ts'
import { regions } from '../../isa/instructions.ts'
import type { Machine } from '../../isa/model/machine.ts'
import type { Program } from '../../isa/program.ts'
import { identification, interfaceVersion, registers, versionsOfWords } from '../../isa/registers.ts'
import type { RegisterName } from '../../isa/registers.ts'
import { statuses } from '../../isa/status.ts'
import type { StatusName } from '../../isa/status.ts'
import { haltToInterruptCycles } from '../../isa/timing.ts'
import { checkVersions } from '../../isa/versions.ts'
import type { Owner } from '../../isa/versions.ts'
import { newRecord } from '../../simulator/record.ts'
import type { InstructionRecord } from '../../simulator/record.ts'
import { BenchProcess } from './bench.ts'
import type { Disturbance } from './bench.ts'
import { buildProcessor } from './build.ts'
import type { BuildOptions } from './build.ts'

export type RegionName = (typeof regions)[number]

/** A reset by the CONTROL register, of the processor alone while DRAM continues, or of both. */
export type Reset = 'soft' | 'alone' | 'hard'

/** The result of a run. */
export interface RunOutcome {
  /** the CYCLES register: doorbell to interrupt, counted as in the simulator */
  readonly cycles: number
  /** the cycle in which the interrupt rose; −1: it did not, −2: the run was reset */
  readonly interrupt: number
  readonly status: StatusName
  /** index of the instruction that failed */
  readonly errorIndex: number
  /** [instructions of the run] dispatch, issue and retire; −1 where a stage was not reached */
  readonly records: readonly InstructionRecord[]
}

export interface ProcessorOptions extends Omit<BuildOptions, 'waveform'>, Disturbance {
  /** cycles without progress after which the watchdog ends a run with an error */
  readonly watchdogCycles?: number
}

/** Hard cycle limit of a run, if the watchdog does not end it. */
const hardCycleLimit = 2 ** 40
/** Write strobes of a register's word: all four bytes. */
const allBytes = 15
/** Bytes transferred by one command. */
const chunkBytes = 1 << 20
/** Distance of the regions' bases: above 4 GB, so that the high words of addresses are used. */
const spacing = 2 ** 33

const deviceName = 'the RTL in Verilator'

export class Processor {
  readonly machine: Machine
  readonly #bench: BenchProcess
  #program: Program | undefined
  /** the versions that its registers state */
  #owner: Owner | undefined

  /** Builds the processor where needed, starts it and checks its identification registers. @throws DlpError */
  static async open(machine: Machine, options: ProcessorOptions = {}): Promise<Processor> {
    const { watchdogCycles = 2 ** 20, waveform, ...others } = options
    const path = await buildProcessor(machine, { ...others, waveform: waveform !== undefined })
    const processor = new Processor(machine, new BenchProcess(path, options))
    await processor.#checkIdentity()
    await processor.latency(machine.dramLatencyCycles)
    await processor.#bench.command('watchdog', watchdogCycles)
    return processor
  }

  private constructor(machine: Machine, bench: BenchProcess) {
    this.machine = machine
    this.#bench = bench
  }

  /**
   * Sets the regions of a program and writes its constants and instruction words. @param words written in place of the encoded instructions
   * @throws DlpError where the device's registers state another version than the program is made for
   */
  async place(program: Program, words = encodeProgramWords(program.instructions)): Promise<void> {
    checkVersions(program.versions, `program '${program.name}'`, this.#owner)
    const sizes = regionBytes(program)
    const bases = regionBases(sizes, this.machine)
    for (const [index, region] of regions.entries())
      await this.#bench.command('region', index, elementAt(bases, index), sizes[region])
    await this.write('constants', 0, program.constants)
    await this.#bench.command('program', hex(words))
    this.#program = program
  }

  async write(region: RegionName, offset: number, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const part = bytes.subarray(at, at + chunkBytes)
      await this.#bench.command('write', regions.indexOf(region), offset + at, hex(part))
    }
  }

  async read(region: RegionName, offset: number, count: number): Promise<Uint8Array> {
    if (count === 0) return new Uint8Array(0)
    const [line = ''] = await this.#bench.command('read', regions.indexOf(region), offset, count)
    return new Uint8Array(Buffer.from(line.slice('bytes '.length), 'hex'))
  }

  /** Makes the burst of this number fail in the next run. */
  async fail(side: 'read' | 'write', burst: number): Promise<void> {
    await this.#bench.command('fail', side, burst)
  }

  /** Makes the beat of write data of this number wait for so many cycles in the next run before DRAM accepts it. */
  async stall(beat: number, cycles: number): Promise<void> {
    await this.#bench.command('stall', beat, cycles)
  }

  /** Resets the next run in this cycle. */
  async resetAt(cycle: number, how: Reset): Promise<void> {
    await this.#bench.command('reset-at', cycle, how)
  }

  /** Resets the next run once the beat of `stall` has waited for so many cycles. */
  async resetStalled(cycles: number, how: Reset): Promise<void> {
    await this.#bench.command('reset-stalled', cycles, how)
  }

  /** Resets the chip; its registers must be set afterwards (`place`). */
  async reset(watchdogCycles = 2 ** 20): Promise<void> {
    await this.#bench.command('reset')
    await this.#bench.command('watchdog', watchdogCycles)
  }

  /** Resets the processor for so many cycles while DRAM continues; afterwards it is busy while transfers are outstanding on the bus. */
  async resetAlone(cycles: number): Promise<void> {
    await this.#bench.command('reset-alone', cycles)
  }

  /** Sets the latency of DRAM; initially it is the machine's. */
  async latency(cycles: number): Promise<void> {
    await this.#bench.command('latency', cycles)
  }

  /** Reads the first word of a register. */
  async peek(register: RegisterName): Promise<number> {
    const [line = ''] = await this.#bench.command('peek', registers[register].address)
    return elementAt(numbersOf(line), 0)
  }

  /** Writes the first word of a register. @returns AXI's response: 0 okay, 2 refused */
  async poke(register: RegisterName, data: number): Promise<number> {
    const [line = ''] = await this.#bench.command('poke', registers[register].address, data, allBytes)
    return elementAt(numbersOf(line), 0)
  }

  /** Runs from an instruction to its HALT, to an error, or for so many cycles. */
  async run(entry: number, limitCycles = hardCycleLimit): Promise<RunOutcome> {
    const program = this.#program
    if (program === undefined) throw new Error('place a program before a run')
    const lines = await this.#bench.command('run', entry, limitCycles)
    const [status = 0, error = 0, errorIndex = 0, cycles = 0, interrupt = -1] = numbersOf(defined(lines.pop()))
    const records = recordsOf(program, entry, lines)
    const failed = registers.status.bits.indexOf('error')
    const name = (status & (1 << failed)) === 0 ? 'ok' : statusOf(error)
    const last = defined(records.at(-1))
    if (name === 'ok' && interrupt >= 0) last.issue = last.retire = cycles - haltToInterruptCycles
    return { cycles, interrupt, status: name, errorIndex, records }
  }

  close(): Promise<void> {
    return this.#bench.close()
  }

  async #checkIdentity(): Promise<void> {
    const [line = ''] = await this.#bench.command('identify')
    const [, id = '', version = '', hash = '', isa = '', timing = ''] = line.split(' ')
    const words = hash.match(/.{8}/g) ?? []
    const bytes = Buffer.concat(words.map((word) => Buffer.from(word, 'hex').reverse()))
    const problem =
      parseInt(id, 16) !== identification
        ? `the device has identification ${id}`
        : parseInt(version, 16) !== interfaceVersion
          ? `the device has interface version ${parseInt(version, 16)}, this software ${interfaceVersion}`
          : bytes.equals(machineHash(this.machine))
            ? undefined
            : `the device is not machine '${this.machine.name}'`
    this.#owner = {
      ...versionsOfWords(parseInt(isa, 16), parseInt(timing, 16)),
      name: deviceName,
      update: 'build the device of the newer dlp’s RTL',
    }
    if (problem === undefined) return
    await this.close()
    throw new DlpError({ what: problem, where: deviceName })
  }
}

function recordsOf(program: Program, first: number, lines: readonly string[]): InstructionRecord[] {
  const halt = haltOf(program.instructions, first)
  const end = halt < 0 ? program.instructions.length : halt + 1
  const records = Array.from({ length: end - first }, (_, i) => newRecord(first + i))
  for (const line of lines) {
    const numbers = numbersOf(line)
    const record = records[(numbers.at(-1) ?? NaN) - first]
    if (record === undefined)
      throw new DlpError({ what: `'${line}' is of no instruction of the run`, where: 'the RTL' })
    const stage = line.startsWith('d') ? 'dispatch' : line.startsWith('i') ? 'issue' : 'retire'
    if (record[stage] >= 0)
      throw new DlpError({ what: `'${line}': instruction ${record.index} twice`, where: 'the RTL' })
    record[stage] = elementAt(numbers, 0)
  }
  return records
}

function statusOf(code: number): StatusName {
  const found = (Object.keys(statuses) as StatusName[]).find((name) => statuses[name].code === code)
  if (found === undefined) throw new DlpError({ what: `status code ${code}`, where: 'the RTL' })
  return found
}

const numbersOf = (line: string): number[] => line.split(' ').slice(1).map(Number)
const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')

/** Base addresses of the regions: far apart, or contiguous where the machine's addresses are short. */
function regionBases(sizes: Readonly<Record<RegionName, number>>, machine: Machine): number[] {
  const { dramAddressBits } = limitsOf(machine)
  if (dramAddressBits === 64) return regions.map((_, index) => (index + 1) * spacing + index * 4096)
  let end = 0
  const bases = regions.map((region) => {
    const base = end
    end = base + Math.ceil(sizes[region] / 4096) * 4096
    return base
  })
  if (end > 2 ** dramAddressBits)
    throw new DlpError({
      what: `the program's regions take ${end} bytes of DRAM`,
      where: `machine '${machine.name}'`,
      allowed: `at most ${2 ** dramAddressBits}`,
    })
  return bases
}
