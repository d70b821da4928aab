// The simulator as a device: the calls of a card, exact to the bit and to the cycle.

import { defined } from '../base/defined.ts'
import type { Machine } from '../isa/model/machine.ts'
import { checkMachine } from '../isa/model/machine-laws.ts'
import { packTensor, unpackTensor } from '../isa/packing.ts'
import type { Program } from '../isa/program.ts'
import { Simulator } from '../simulator/simulate.ts'
import type { SimulatedRun, SimulateOptions, TensorBytes } from '../simulator/simulate.ts'
import type { Device, DeviceRun } from './device.ts'
import { CallOrder, tensorOf } from './rules.ts'

/** A run with what only a simulator reports: timing, hazards, overflows. */
export interface SimulatorRun extends DeviceRun {
  readonly details: SimulatedRun
}

/** Opens a simulated DLP. @throws DlpError when the machine breaks a law */
export function openSimulator(machine: Machine, options: SimulateOptions = {}): SimulatorDevice {
  return new SimulatorDevice(checkMachine(machine), options)
}

export class SimulatorDevice implements Device {
  readonly machine: Machine
  readonly #options: SimulateOptions
  readonly #calls: CallOrder
  readonly #inputs = new Map<string, Uint8Array>()
  #simulator: Simulator | undefined
  #outputs: TensorBytes = {}

  constructor(machine: Machine, options: SimulateOptions) {
    this.machine = machine
    this.#options = options
    this.#calls = new CallOrder(machine)
  }

  async load(program: Program): Promise<SimulatorRun> {
    this.#calls.beforeLoad(program)
    this.#inputs.clear()
    this.#simulator = new Simulator(program, this.#options)
    const details = this.#simulator.init()
    this.#calls.afterLoad(program)
    return { cycles: details.timing.cycles, details }
  }

  writeInput(name: string, codes: ArrayLike<number>): void {
    const { inputs } = this.#calls.beforeWrite()
    this.#inputs.set(name, packTensor(codes, tensorOf(inputs, name, 'input'), this.machine))
  }

  start(): void {
    this.#calls.start()
  }

  async wait(): Promise<SimulatorRun> {
    this.#calls.beforeWait()
    const details = defined(this.#simulator).infer(Object.fromEntries(this.#inputs))
    this.#outputs = details.outputs
    this.#calls.afterWait()
    return { cycles: details.timing.cycles, details }
  }

  readOutput(name: string): Int32Array {
    const tensor = tensorOf(this.#calls.beforeRead().outputs, name, 'output')
    return unpackTensor(this.#outputs[name]!, tensor, this.machine)
  }

  async close(): Promise<void> {
    this.#calls.close()
    this.#simulator = undefined
    this.#outputs = {}
  }
}
