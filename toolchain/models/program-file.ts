// Reads program files, to inspect them or to run them.

import { readProgram } from '../../isa/container/read.ts'
import { verifyProgram } from '../../isa/container/verify.ts'
import { DlpError } from '../../base/error.ts'
import type { Program } from '../../isa/program.ts'
import { checkVersions } from '../../isa/versions.ts'
import { readFile } from '../files/read-file.ts'

/** Reads a program without checking its rules. @throws DlpError when the file is damaged. */
export async function loadProgram(path: string): Promise<Program> {
  return readProgram(await readFile(path, 2 ** 31), path)
}

/** Reads a program that will run. @throws DlpError when the file is damaged, or the program is made for another version or breaks a rule. */
export async function loadVerifiedProgram(path: string): Promise<Program> {
  const program = await loadProgram(path)
  checkVersions(program.versions, path)
  const [first, ...others] = verifyProgram(program)
  if (first === undefined) return program
  const more = others.length === 0 ? '' : `, and ${others.length} more rules broken`
  throw new DlpError({ what: `${first}${more}`, where: path, help: `dlp verify ${path} lists them all` })
}
