// The RTL in Verilator as a device: the calls of a card, executed by the SystemVerilog.

import { defined } from '../base/defined.ts'
import { DlpError } from '../base/error.ts'
import type { Machine } from '../isa/model/machine.ts'
import { checkMachine } from '../isa/model/machine-laws.ts'
import { packTensor, unpackTensor } from '../isa/packing.ts'
import type { Program, TensorDescriptor } from '../isa/program.ts'
import { statuses } from '../isa/status.ts'
import { instructionText } from '../isa/semantics/fault.ts'
import type { InstructionRecord } from '../simulator/record.ts'
import type { Device, DeviceRun } from './device.ts'
import { CallOrder, misuse, tensorOf } from './rules.ts'
import { Processor } from './verilator/processor.ts'
import type { ProcessorOptions } from './verilator/processor.ts'

/** A run with the cycles of its instructions: dispatch, issue and retire. */
export interface RtlRun extends DeviceRun {
  readonly records: readonly InstructionRecord[]
}

/**
 * Opens a DLP in Verilator. The first call for a machine builds it, which takes minutes.
 * @throws DlpError when the machine breaks a law, a tool is missing or the build fails
 */
export async function openVerilator(machine: Machine, options: ProcessorOptions = {}): Promise<VerilatorDevice> {
  return new VerilatorDevice(await Processor.open(checkMachine(machine), options))
}

export class VerilatorDevice implements Device {
  readonly machine: Machine
  readonly #processor: Processor
  readonly #calls: CallOrder
  readonly #inputs = new Map<string, Uint8Array>()
  #outputs: ReadonlyMap<string, Uint8Array> = new Map()

  constructor(processor: Processor) {
    this.machine = processor.machine
    this.#processor = processor
    this.#calls = new CallOrder(processor.machine)
  }

  async load(program: Program): Promise<RtlRun> {
    this.#calls.beforeLoad(program)
    this.#inputs.clear()
    await this.#processor.place(program)
    const run = await this.#run(program, program.entry.init)
    this.#calls.afterLoad(program)
    return run
  }

  writeInput(name: string, codes: ArrayLike<number>): void {
    const { inputs } = this.#calls.beforeWrite()
    this.#inputs.set(name, packTensor(codes, tensorOf(inputs, name, 'input'), this.machine))
  }

  start(): void {
    this.#calls.start()
  }

  async wait(): Promise<RtlRun> {
    const program = this.#calls.beforeWait()
    for (const tensor of program.inputs) {
      const bytes = this.#inputs.get(tensor.name)
      if (bytes === undefined) throw misuse(`input '${tensor.name}' has no bytes`, 'writeInput before start')
      await this.#processor.write('input', tensor.offset, bytes)
    }
    const run = await this.#run(program, program.entry.infer)
    this.#outputs = new Map(await Promise.all(program.outputs.map((tensor) => this.#fetch(tensor))))
    this.#calls.afterWait()
    return run
  }

  readOutput(name: string): Int32Array {
    const bytes = this.readOutputBytes(name)
    return unpackTensor(bytes, tensorOf(this.#calls.program().outputs, name, 'output'), this.machine)
  }

  /** The DRAM bytes of an output tensor. @throws DlpError as readOutput does */
  readOutputBytes(name: string): Uint8Array {
    const { outputs } = this.#calls.beforeRead()
    return defined(this.#outputs.get(tensorOf(outputs, name, 'output').name))
  }

  async close(): Promise<void> {
    this.#calls.close()
    this.#outputs = new Map()
    await this.#processor.close()
  }

  async #run(program: Program, entry: number): Promise<RtlRun> {
    const { cycles, interrupt, status, errorIndex, records } = await this.#processor.run(entry)
    if (status === 'ok' && interrupt >= 0) return { cycles, records }
    const instruction = program.instructions[errorIndex]
    const where = instruction === undefined ? `instruction ${errorIndex}` : instructionText(instruction, errorIndex)
    throw new DlpError({ what: statuses[status].summary, where: `${where}, cycle ${cycles}` })
  }

  async #fetch({ name, region, offset, bytes }: TensorDescriptor): Promise<readonly [string, Uint8Array]> {
    return [name, await this.#processor.read(region, offset, bytes)]
  }
}
