// The SystemVerilog that the package brings: where it lies, and which files a module needs.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const isaPackage = 'rtl/generated/dlp_isa_pkg.sv'

/** The folder that holds rtl/: the project's, or that of the installed package. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'rtl', 'dlp.sv'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('the package has no rtl/dlp.sv')
    folder = above
  }
  return folder
}

/**
 * The sources of a module and of all that it instantiates: the ISA's package, which dlp_machine_pkg needs too, the other packages, the
 * modules; without dlp_machine_pkg, which every build makes for its machine.
 * @returns paths from the package's folder
 */
export function rtlSources(top: string, folder: string): string[] {
  const packages = new Set<string>()
  const modules = new Set<string>()
  const visit = (path: string, into: Set<string>): void => {
    if (into.has(path)) return
    into.add(path)
    const text = readFileSync(join(folder, path), 'utf8')
    for (const [, name = ''] of text.matchAll(/\b(dlp_\w+_pkg)::/g)) {
      if (name !== 'dlp_machine_pkg' && name !== nameOf(path)) visit(placeOf(name, folder), packages)
    }
    for (const [, name = ''] of text.matchAll(/^ *(dlp_\w+) (?:#\(|u_\w+ *\()/gm)) visit(placeOf(name, folder), modules)
  }
  visit(placeOf(top, folder), modules)
  packages.delete(isaPackage)
  return [isaPackage, ...[...packages].toSorted(), ...[...modules].toSorted()]
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1, -'.sv'.length)

function placeOf(name: string, folder: string): string {
  const places = ['rtl', 'rtl/cells', 'rtl/generated'].map((each) => `${each}/${name}.sv`)
  const found = places.find((path) => existsSync(join(folder, path)))
  if (found === undefined) throw new Error(`no ${name}.sv under rtl`)
  return found
}
