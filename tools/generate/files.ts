// All generated files of the project, with path and text.

import { machines } from '../../isa/model/machine.ts'
import { isaPackage } from '../../isa/generate/isa-package.ts'
import { machinePackage } from '../../isa/generate/machine-package.ts'
import { manual } from '../../isa/generate/manual.ts'
import { simulationReportSchema } from '../../toolchain/reports/simulation-schema.ts'
import { idiomPage } from './idiom-page.ts'
import { operatorPage } from './operator-page.ts'

export interface GeneratedFile {
  /** from the project's root */
  readonly path: string
  readonly text: string
}

/** All generated files, in a fixed order. */
export function generatedFiles(): GeneratedFile[] {
  return [
    { path: 'isa/MANUAL.md', text: manual() },
    { path: 'compiler/OPERATORS.md', text: operatorPage() },
    {
      path: 'toolchain/reports/simulation-report.schema.json',
      text: `${JSON.stringify(simulationReportSchema, undefined, 2)}\n`,
    },
    { path: 'compiler/onnx/IDIOMS.md', text: idiomPage() },
    { path: 'rtl/generated/dlp_isa_pkg.sv', text: isaPackage() },
    ...Object.values(machines).map((machine) => ({
      path: `rtl/generated/${machine.name}/dlp_machine_pkg.sv`,
      text: machinePackage(machine),
    })),
  ]
}
