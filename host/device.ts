// A DLP as its host sees it: load a program once, then run one input after the other; the same for every body.

import type { Machine } from '../isa/model/machine.ts'
import type { Program } from '../isa/program.ts'

/** What one run, from doorbell to interrupt, tells. */
export interface DeviceRun {
  /** cycles from the doorbell to the interrupt */
  readonly cycles: number
}

/** An open DLP. Calls come in this order: load, then any number of (writeInput, start, wait, readOutput), then close. */
export interface Device {
  /** the machine that it is; programs for another are refused */
  readonly machine: Machine

  /**
   * Puts a program's constants into DRAM and runs its init entry, which leaves resident weights on the chip.
   * @throws DlpError when the program is for another machine, breaks a rule or faults
   */
  load(program: Program): Promise<DeviceRun>

  /**
   * Writes an input tensor into DRAM.
   * @param codes [channels, height, width]
   * @throws DlpError when no program is loaded, there is no such input, or the codes do not fit it
   */
  writeInput(name: string, codes: ArrayLike<number>): void

  /** Rings the doorbell: runs the infer entry. @throws DlpError when no program is loaded or a run is under way. */
  start(): void

  /** Waits for the interrupt. @throws DlpError when nothing was started, or the run ended in an error. */
  wait(): Promise<DeviceRun>

  /**
   * Reads an output tensor from DRAM.
   * @returns codes [channels, height, width] of a map, [count] of logits
   * @throws DlpError when no run has ended or there is no such output
   */
  readOutput(name: string): Int32Array

  /** Gives the device back; it cannot be used again. */
  close(): Promise<void>
}
