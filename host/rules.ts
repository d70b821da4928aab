// The rules of a device's calls, which every body keeps and words alike.

import { machineText } from '../isa/container/format.ts'
import { verifyProgram } from '../isa/container/verify.ts'
import { DlpError } from '../base/error.ts'
import type { Machine } from '../isa/model/machine.ts'
import type { Program, TensorDescriptor } from '../isa/program.ts'
import { checkVersions } from '../isa/versions.ts'

/** Refuses a program that is for another machine or another version, or breaks a rule. @throws DlpError */
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

/** A call out of order. */
export const misuse = (what: string, allowed: string): DlpError => new DlpError({ what, where: 'device', allowed })

/** The order of a device's calls: load, then any number of (write, start, wait, read), then close. Each refuses what comes out of order with a DlpError. */
export class CallOrder {
  readonly #machine: Machine
  #loaded: Program | undefined
  #state: 'idle' | 'started' | 'ended' | 'closed' = 'idle'

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** Before a load: until it has ended there is no program. */
  beforeLoad(program: Program): void {
    if (this.#state === 'closed') throw misuse('it is closed', 'load before close')
    if (this.#state === 'started') throw misuse('a run is under way', 'wait for it first')
    checkProgram(program, this.#machine)
    this.#loaded = undefined
    this.#state = 'idle'
  }

  afterLoad(program: Program): void {
    this.#loaded = program
  }

  /** The program that is loaded. */
  program(): Program {
    if (this.#loaded === undefined) throw misuse('no program is loaded', 'load before anything else')
    return this.#loaded
  }

  beforeWrite(): Program {
    const program = this.program()
    if (this.#state === 'started') throw misuse('a run is under way', 'write inputs between runs')
    return program
  }

  start(): void {
    this.program()
    if (this.#state === 'started') throw misuse('a run is under way', 'one run at a time')
    this.#state = 'started'
  }

  /** Before a wait; a run that ends in an error leaves nothing to read. */
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
