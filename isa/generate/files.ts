// Every generated file of the project: its path and its text.

import { machines } from '../machine.ts'
import { isaPackage } from './isa-package.ts'
import { machinePackage } from './machine-package.ts'
import { manual } from './manual.ts'

export interface GeneratedFile {
  /** from the project's root */
  readonly path: string
  readonly text: string
}

/** All generated files, in a fixed order. */
export function generatedFiles(): GeneratedFile[] {
  return [
    { path: 'isa/MANUAL.md', text: manual() },
    { path: 'rtl/generated/dlp_isa_pkg.sv', text: isaPackage() },
    ...Object.values(machines).map((machine) => ({
      path: `rtl/generated/${machine.name}/dlp_machine_pkg.sv`,
      text: machinePackage(machine),
    })),
  ]
}
