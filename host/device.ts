// The interface of a DLP to its host: load a program once, then run one input after the other; the same for every implementation.

import type { Machine } from '../isa/model/machine.ts'
import type { Program } from '../isa/program.ts'

/** The result of one run. */
export interface DeviceRun {
  /** cycles from the doorbell to the interrupt */
  readonly cycles: number
}

/** An open DLP. Calls come in this order: load, then any number of (writeInput, start, wait, readOutput), then close. */
export interface Device {
  /** the machine that the device is; programs for other machines are refused */
  readonly machine: Machine

  /**
   * Writes a program's constants to DRAM and runs its init entry, which leaves resident weights on the chip.
   * @throws DlpError when the program is for another machine, breaks a rule or faults
   */
  load(program: Program): Promise<DeviceRun>

  /**
   * Writes an input tensor into DRAM.
   * @param codes [channels, height, width]
   * @throws DlpError when no program is loaded, there is no such input, or the codes do not fit it
   */
  writeInput(name: string, codes: ArrayLike<number>): void

  /** Rings the doorbell: runs the infer entry. @throws DlpError when no program is loaded or a run is in progress. */
  start(): void

  /** Waits for the interrupt. @throws DlpError when nothing was started, or the run ended in an error. */
  wait(): Promise<DeviceRun>

  /**
   * Reads an output tensor from DRAM.
   * @returns codes [channels, height, width] of a map, [count] of logits
   * @throws DlpError when no run has ended or there is no such output
   */
  readOutput(name: string): Int32Array

  /** Releases the device; it cannot be used afterwards. */
  close(): Promise<void>
}
