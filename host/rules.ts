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
