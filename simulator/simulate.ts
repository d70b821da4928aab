// Simulates a program: cycles and values together.
import { regionBytes } from '../isa/container/verify-memory.ts'
import { elementAt } from '../base/defined.ts'
import { DlpError } from '../base/error.ts'
import type { Program, TensorDescriptor } from '../isa/program.ts'
import { executeIn, executionOf } from '../isa/semantics/execute.ts'
import type { Overflow } from '../isa/semantics/execution.ts'
import { beginRun, createState } from '../isa/semantics/state.ts'
import { checkVersions } from '../isa/versions.ts'
import type { MachineState } from '../isa/semantics/state.ts'
import type { InterRunDependence } from './hazards/inter-run-dependence.ts'
import { HazardCheck } from './hazards/check.ts'
import type { Hazard } from './hazards/hazard.ts'
import { runTiming } from './run-timing.ts'
import type { TimedRun } from './run-timing.ts'
import { imageStatistics } from './statistics.ts'
import type { ImageStatistics } from './statistics.ts'

/** DRAM bytes of tensors by name, as `packTensor` makes them. */
export type TensorBytes = Readonly<Record<string, Uint8Array>>

/** An overflow and the instruction in which it happens. */
export interface OverflowReport extends Overflow {
  readonly index: number
}

/** One run from doorbell to interrupt. */
export interface SimulatedRun {
  readonly timing: TimedRun
  /** empty where the check is off */
  readonly hazards: readonly Hazard[]
  readonly overflows: readonly OverflowReport[]
  readonly outputs: TensorBytes
  /** what runs of infer read of earlier runs, decided by the first run after init; unknown before that run, and where the check is off */
  readonly interRunDependence: InterRunDependence
}

export interface SimulateOptions {
  /** report hazards and overflows; default true */
  readonly check?: boolean
  /**
   * Check every run, also where the first one has proved the runs independent and therefore that no later run has other hazards
   * (`hazards/inter-run-dependence.ts`); default false.
   */
  readonly recheck?: boolean
}

/** A machine with a program loaded: `init` once, then `infer` for each image. */
export class Simulator {
  readonly program: Program
  readonly state: MachineState
  readonly #hazardCheck: HazardCheck | undefined
  readonly #timings = new Map<number, TimedRun>()
  #interRunDependence: InterRunDependence = 'unknown'
  readonly #recheck: boolean

  /** @throws DlpError where the program is made for another version of the ISA or of its timing */
  constructor(program: Program, { check = true, recheck = false }: SimulateOptions = {}) {
    checkVersions(program.versions, `program '${program.name}'`)
    this.program = program
    this.#recheck = recheck
    this.state = createState(program.machine)
    this.#hazardCheck = check ? new HazardCheck(program.machine) : undefined
    placeRegions(this.state, program)
  }

  /** Runs the init entry. @throws MachineFault or DlpError as `runTiming` and `execute` do */
  init(): SimulatedRun {
    return this.#run(this.program.entry.init)
  }

  /** Runs the infer entry on one image. @throws DlpError also where an input is missing or has the wrong size */
  infer(inputs: TensorBytes): SimulatedRun {
    writeInputs(this.state, this.program, inputs)
    return this.#run(this.program.entry.infer)
  }

  #run(first: number): SimulatedRun {
    const { program, state } = this
    const hazardCheck = this.#hazardCheck
    const timing = this.#timings.get(first) ?? runTiming(program.machine, program.instructions, first)
    this.#timings.set(first, timing)
    const overflows: OverflowReport[] = []
    const observer =
      hazardCheck === undefined
        ? {}
        : { overflow: (each: Overflow, index: number) => overflows.push({ ...each, index }) }
    // Runs that do not depend on each other have the hazards of the first one.
    const isProved = first === program.entry.infer && this.#interRunDependence === 'none' && !this.#recheck
    const checking = isProved ? undefined : hazardCheck
    checking?.newRun()
    beginRun(state)
    for (const record of timing.records) {
      const instruction = program.instructions[record.index]!
      const execution = executionOf(state, instruction, observer, record.index)
      checking?.track(execution, instruction, record)
      executeIn(execution, instruction)
    }
    const hazards = checking?.hazards(program) ?? []
    if (first === program.entry.infer && this.#interRunDependence === 'unknown' && checking !== undefined)
      this.#interRunDependence = checking.interRunDependence(program)
    const outputs = readOutputs(state, program)
    return { timing, hazards, overflows, outputs, interRunDependence: this.#interRunDependence }
  }
}

/** The result of one image on a machine that ran nothing before. */
export interface Simulation extends ImageStatistics {
  readonly outputs: TensorBytes
  readonly initCycles: number
  readonly init: SimulatedRun
  readonly infer: SimulatedRun
  /** of init and all runs */
  readonly hazards: readonly Hazard[]
  readonly overflows: readonly OverflowReport[]
}

/** Runs init and one image. */
export function simulate(program: Program, inputs: TensorBytes, options: SimulateOptions = {}): Simulation {
  const simulator = new Simulator(program, options)
  return simulationOf(program, simulator.init(), [simulator.infer(inputs)])
}

/**
 * Joins init and the runs after it: cycles and outputs of the first run, hazards and overflows of all.
 * @param runs at least one
 */
export function simulationOf(program: Program, init: SimulatedRun, runs: readonly SimulatedRun[]): Simulation {
  const infer = elementAt(runs, 0)
  return {
    ...imageStatistics(program, infer.timing),
    outputs: infer.outputs,
    initCycles: init.timing.cycles,
    init,
    infer,
    hazards: [init, ...runs].flatMap(({ hazards }) => hazards),
    overflows: [init, ...runs].flatMap(({ overflows }) => overflows),
  }
}

/** Cycles, stalls and layers of a program without running its values. @throws DlpError where it is made for another version of the ISA or of its timing */
export function simulateTiming(
  program: Program,
): ImageStatistics & { readonly initCycles: number; readonly timing: TimedRun } {
  checkVersions(program.versions, `program '${program.name}'`)
  const init = runTiming(program.machine, program.instructions, program.entry.init)
  const infer = runTiming(program.machine, program.instructions, program.entry.infer)
  return { ...imageStatistics(program, infer), initCycles: init.cycles, timing: infer }
}

/** Gives a state its DRAM: the constants, and zeros elsewhere. */
export function placeRegions(state: MachineState, program: Program): void {
  const sizes = regionBytes(program)
  state.dram.constants = program.constants
  state.dram.input = new Uint8Array(sizes.input)
  state.dram.output = new Uint8Array(sizes.output)
  state.dram.scratch = new Uint8Array(sizes.scratch)
}

/** Writes every input tensor into its region. @throws DlpError where one is missing or has the wrong size */
export function writeInputs(state: MachineState, program: Program, inputs: TensorBytes): void {
  for (const tensor of program.inputs) {
    const bytes = inputs[tensor.name]
    if (bytes?.length !== tensor.bytes) {
      throw new DlpError({
        what: bytes === undefined ? 'no bytes' : `${bytes.length} bytes`,
        where: `input '${tensor.name}'`,
        allowed: `${tensor.bytes} bytes`,
      })
    }
    state.dram[tensor.region].set(bytes, tensor.offset)
  }
}

/** Copies of the output tensors. */
export function readOutputs(state: MachineState, program: Program): TensorBytes {
  const read = ({ region, offset, bytes }: TensorDescriptor): Uint8Array =>
    state.dram[region].slice(offset, offset + bytes)
  return Object.fromEntries(program.outputs.map((tensor) => [tensor.name, read(tensor)]))
}
