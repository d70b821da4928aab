// The rules for calls of a device, with their messages, for all implementations.

import { machineText } from '../isa/container/format.ts'
import { verifyProgram } from '../isa/container/verify.ts'
import { DlpError } from '../base/error.ts'
import type { Machine } from '../isa/model/machine.ts'
import type { Program, TensorDescriptor } from '../isa/program.ts'
import { checkVersions } from '../isa/versions.ts'

/** @throws DlpError for a program that is for another machine or another version, or breaks a rule */
export function checkProgram(program: Program, machine: Machine): void {
  if (machineText(program.machine) !== machineText(machine)) {
    const what = `program '${program.name}' is for machine '${program.machine.name}'`
    throw new DlpError({ what, where: 'device', allowed: `programs for machine '${machine.name}'` })
  }
  checkVersions(program.versions, `program '${program.name}'`)
  const [broken] = verifyProgram(program)
  if (broken !== undefined) throw new DlpError({ what: broken, where: `program '${program.name}'` })
}

/** The tensor of that name. @throws DlpError where there is none */
export function tensorOf(tensors: readonly TensorDescriptor[], name: string, side: string): TensorDescriptor {
  const found = tensors.find((tensor) => tensor.name === name)
  if (found !== undefined) return found
  const allowed = tensors.map((tensor) => `'${tensor.name}'`).join(', ')
  throw new DlpError({ what: `no ${side} '${name}'`, where: 'device', allowed })
}

/** The error of a call out of order. */
export const misuse = (what: string, allowed: string): DlpError => new DlpError({ what, where: 'device', allowed })

/** The order of a device's calls: load, then any number of (write, start, wait, read), then close. A call out of order throws a DlpError. */
export class CallOrder {
  readonly #machine: Machine
  #loaded: Program | undefined
  #state: 'idle' | 'started' | 'ended' | 'closed' = 'idle'

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** Before a load; until `afterLoad` no program is loaded. */
  beforeLoad(program: Program): void {
    if (this.#state === 'closed') throw misuse('the device is closed', 'load before close')
    if (this.#state === 'started') throw misuse('a run is in progress', 'wait before load')
    checkProgram(program, this.#machine)
    this.#loaded = undefined
    this.#state = 'idle'
  }

  afterLoad(program: Program): void {
    this.#loaded = program
  }

  /** The loaded program. @throws DlpError where there is none */
  program(): Program {
    if (this.#loaded === undefined) throw misuse('no program is loaded', 'load before anything else')
    return this.#loaded
  }

  beforeWrite(): Program {
    const program = this.program()
    if (this.#state === 'started') throw misuse('a run is in progress', 'write inputs between runs')
    return program
  }

  start(): void {
    this.program()
    if (this.#state === 'started') throw misuse('a run is in progress', 'one run at a time')
    this.#state = 'started'
  }

  /** Before a wait; if the run ends in an error there are no outputs. */
  beforeWait(): Program {
    if (this.#state !== 'started') throw misuse('nothing was started', 'start before wait')
    this.#state = 'idle'
    return this.program()
  }

  afterWait(): void {
    this.#state = 'ended'
  }

  beforeRead(): Program {
    const program = this.program()
    if (this.#state !== 'ended') throw misuse('no run has ended', 'start and wait before readOutput')
    return program
  }

  close(): void {
    this.#loaded = undefined
    this.#state = 'closed'
  }
}
