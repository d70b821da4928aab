// Constants of the power estimate as a user gives them: a small JSON file.

import { parseJson } from '../isa/json.ts'
import { constantsForm, constantsWith, powerConstants } from '../simulator/power/constants.ts'
import type { PowerConstants } from '../simulator/power/constants.ts'
import { readFile } from './io/read-file.ts'

/** The constants, with those of a file where one is named. @throws DlpError where it is no JSON or names none of them */
export async function powerConstantsOf(path: string | undefined): Promise<PowerConstants> {
  if (path === undefined) return powerConstants
  const text = Buffer.from(await readFile(path, 2 ** 16)).toString('utf8')
  return constantsWith(parseJson(text, path, constantsForm), path)
}
