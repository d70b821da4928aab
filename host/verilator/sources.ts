// The SystemVerilog of the package: its folder, and the files that a module needs.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const isaPackage = 'rtl/generated/dlp_isa_pkg.sv'

/** The folder that holds rtl/: the project's, or that of the installed package. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'rtl', 'dlp.sv'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('the package has no rtl/dlp.sv')
    folder = parent
  }
  return folder
}

/**
 * The sources of a module and of all that it instantiates: the ISA's package, which dlp_machine_pkg needs too, the other packages, the
 * modules; without dlp_machine_pkg, which every build generates for its machine.
 * @returns paths from the package's folder
 */
export function rtlSources(top: string, folder: string): string[] {
  const packages = new Set<string>()
  const modules = new Set<string>()
  const visit = (path: string, found: Set<string>): void => {
    if (found.has(path)) return
    found.add(path)
    const text = readFileSync(join(folder, path), 'utf8')
    for (const [, name = ''] of text.matchAll(/\b(dlp_\w+_pkg)::/g)) {
      if (name !== 'dlp_machine_pkg' && name !== nameOf(path)) visit(pathOf(name, folder), packages)
    }
    for (const [, name = ''] of text.matchAll(/^ *(dlp_\w+) (?:#\(|u_\w+ *\()/gm)) visit(pathOf(name, folder), modules)
  }
  visit(pathOf(top, folder), modules)
  packages.delete(isaPackage)
  return [isaPackage, ...[...packages].toSorted(), ...[...modules].toSorted()]
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1, -'.sv'.length)

function pathOf(name: string, folder: string): string {
  const candidates = ['rtl', 'rtl/cells', 'rtl/generated'].map((each) => `${each}/${name}.sv`)
  const found = candidates.find((path) => existsSync(join(folder, path)))
  if (found === undefined) throw new Error(`no ${name}.sv under rtl`)
  return found
}
