// The simulator as a device: the same calls as for a card, exact to the bit and to the cycle.

import type { Machine } from '../isa/model/machine.ts'
import { checkMachine } from '../isa/model/machine-laws.ts'
import { packTensor, unpackTensor } from '../isa/packing.ts'
import type { Program } from '../isa/program.ts'
import { Simulator } from '../simulator/simulate.ts'
import type { Run as SimulatedRun, SimulateOptions, TensorBytes } from '../simulator/simulate.ts'
import type { Device, Run } from './device.ts'
import { checkProgram, misuse, tensorOf } from './rules.ts'

/** A run with what only a simulator knows of it: timing, hazards, overflows. */
export interface SimulatorRun extends Run {
  readonly details: SimulatedRun
}

/** Opens a simulated DLP. @throws DlpError when the machine breaks a law */
export function openSimulator(machine: Machine, options: SimulateOptions = {}): SimulatorDevice {
  return new SimulatorDevice(checkMachine(machine), options)
}

export class SimulatorDevice implements Device {
  readonly machine: Machine
  private readonly options: SimulateOptions
  private readonly inputs = new Map<string, Uint8Array>()
  private simulator: Simulator | undefined
  private outputs: TensorBytes | undefined
  private started = false
  private closed = false

  constructor(machine: Machine, options: SimulateOptions) {
    this.machine = machine
    this.options = options
  }

  async load(program: Program): Promise<SimulatorRun> {
    if (this.closed) throw misuse('it is closed', 'load before close')
    if (this.started) throw misuse('a run is under way', 'wait for it first')
    checkProgram(program, this.machine)
    const simulator = new Simulator(program, this.options)
    const details = simulator.init()
    this.simulator = simulator
    this.inputs.clear()
    this.outputs = undefined
    return { cycles: details.timing.cycles, details }
  }

  writeInput(name: string, codes: ArrayLike<number>): void {
    const { program } = this.loaded()
    if (this.started) throw misuse('a run is under way', 'write inputs between runs')
    this.inputs.set(name, packTensor(codes, tensorOf(program.inputs, name, 'input'), this.machine))
  }

  start(): void {
    this.loaded()
    if (this.started) throw misuse('a run is under way', 'one run at a time')
    this.started = true
  }

  async wait(): Promise<SimulatorRun> {
    if (!this.started) throw misuse('nothing was started', 'start before wait')
    this.started = false
    this.outputs = undefined
    const details = this.loaded().infer(Object.fromEntries(this.inputs))
    this.outputs = details.outputs
    return { cycles: details.timing.cycles, details }
  }

  readOutput(name: string): Int32Array {
    const { program } = this.loaded()
    if (this.outputs === undefined) throw misuse('no run has ended', 'start and wait before readOutput')
    const tensor = tensorOf(program.outputs, name, 'output')
    return unpackTensor(this.outputs[name]!, tensor, this.machine)
  }

  async close(): Promise<void> {
    this.closed = true
    this.simulator = undefined
    this.outputs = undefined
    this.started = false
  }

  private loaded(): Simulator {
    if (this.simulator === undefined) throw misuse('no program is loaded', 'load before anything else')
    return this.simulator
  }
}
