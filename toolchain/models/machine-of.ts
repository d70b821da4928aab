// A machine by its name or file.

import { parseMachine } from '../../isa/model/machine-file.ts'
import { namedMachine } from '../../isa/model/machine.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { readFile } from '../files/read-file.ts'

/** A machine by name, or from a file whose name ends in .json. @throws DlpError when there is none or it breaks a law. */
export async function machineOf(name: string): Promise<Machine> {
  if (!name.endsWith('.json')) return namedMachine(name)
  return parseMachine(Buffer.from(await readFile(name, 2 ** 16)).toString('utf8'), name)
}
