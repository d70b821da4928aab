// Constants of the power estimate: those of the machine's device, and a user's from a JSON file, which take precedence.

import { parseJson } from '../../base/json.ts'
import type { Machine } from '../../isa/model/machine.ts'
import { constantsForm, givenConstants } from '../../simulator/power/constants.ts'
import type { PowerConstants } from '../../simulator/power/constants.ts'
import { constantsFor } from '../../simulator/power/device.ts'
import { readFile } from '../files/read-file.ts'

/** The constants for a machine, with those of a file where one is named. @throws DlpError where it is not JSON or names an unknown constant */
export async function powerConstantsOf(path: string | undefined): Promise<(machine: Machine) => PowerConstants> {
  if (path === undefined) return constantsFor
  const text = Buffer.from(await readFile(path, 2 ** 16)).toString('utf8')
  const given = givenConstants(parseJson(text, path, constantsForm), path)
  return (machine) => ({ ...constantsFor(machine), ...given })
}
